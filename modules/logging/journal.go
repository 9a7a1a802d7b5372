package logging

import (
	zapbuffer "go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"
)

// priority is an encoder that begins each line with its priority, which systemd's
// journal reads (sd-daemon(3)): so journalctl -p warning shows warnings. The
// journal does not keep the prefix. If an entry has several lines, as with a stack
// in the format console, all but the first have the priority info.
type priority struct{ zapcore.Encoder }

func (p priority) Clone() zapcore.Encoder { return priority{p.Encoder.Clone()} }

func (p priority) EncodeEntry(e zapcore.Entry, fields []zapcore.Field) (*zapbuffer.Buffer, error) {
	line, err := p.Encoder.EncodeEntry(e, fields)
	if err != nil {
		return nil, err
	}
	defer line.Free()
	b := lines.Get()
	b.AppendString(prefixOf(e.Level))
	_, err = b.Write(line.Bytes())
	return b, err
}

var lines = zapbuffer.NewPool()

// prefixOf returns the priority of syslog(3) for a level.
func prefixOf(l zapcore.Level) string {
	switch {
	case l <= zapcore.DebugLevel:
		return "<7>"
	case l == zapcore.InfoLevel:
		return "<6>"
	case l == zapcore.WarnLevel:
		return "<4>"
	case l == zapcore.ErrorLevel:
		return "<3>"
	}
	return "<2>" // a panic, or the end of the process
}
