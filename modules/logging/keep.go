package logging

import (
	"go.uber.org/zap/zapcore"

	"github.com/gracefulfx/graceful/internal/recent"
)

// keeper is a sink whose last lines are kept, including those that it cannot write.
type keeper struct {
	zapcore.WriteSyncer
	lines *recent.Lines
}

// keep returns s with a writer whose last lines are kept. s must have a writer.
func keep(lines *recent.Lines, s Sink) Sink {
	s.W = keeper{s.W, lines}
	return s
}

func (k keeper) Write(line []byte) (int, error) {
	k.lines.Add(line)
	return k.WriteSyncer.Write(line)
}
