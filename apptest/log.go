package apptest

import (
	"strings"
	"sync"
	"testing"

	"go.uber.org/fx/fxevent"

	"github.com/gracefulfx/graceful/modules/logging"
)

// testLog writes to the log of a test, but not after the end of the test.
type testLog struct {
	t testing.TB

	mu   sync.Mutex // guards over
	over bool
}

func (l *testLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.t.Log(strings.TrimSuffix(string(b), "\n"))
	}
	return len(b), nil
}

// Sync implements zapcore.WriteSyncer.
func (l *testLog) Sync() error { return nil }

func (l *testLog) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// fx returns a logger for fx's own events, of which only errors are worth a line.
func (l *testLog) fx() fxevent.Logger {
	log, _ := logging.New(logging.Defaults(), logging.Sink{W: l, Terminal: true})
	return logging.FxLogger(log)
}
