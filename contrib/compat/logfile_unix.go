//go:build unix

package compat

import (
	"context"
	"os"
	"sync"
	"syscall"

	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/gracefulfx/graceful/modules/signals"
)

// snippet: log-file
// A logFile is a log that logrotate may move away: after SIGUSR1 the next line
// makes the file again. Two processes, as during an upgrade, may append to it.
type logFile struct {
	path string

	mu   sync.Mutex
	file *os.File // nil: the next Write opens it
}

func (l *logFile) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		if err != nil {
			return 0, err
		}
		l.file = f
	}
	return l.file.Write(line)
}

func (l *logFile) Sync() error { return nil } // a line is with the system already

func (l *logFile) Close() (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		err, l.file = l.file.Close(), nil
	}
	return err
}

func logToFile(file *logFile) fx.Option {
	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	return fx.Options(
		fx.Supply(zap.New(zapcore.NewCore(encoder, file, zap.InfoLevel))),
		signals.On(syscall.SIGUSR1, signals.Func("reopen the log", func(context.Context, signals.Event) error {
			return file.Close()
		})),
	)
}

// end
