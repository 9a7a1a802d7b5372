package graceful

import (
	"sync"

	"go.uber.org/fx/fxevent"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// fxLog is fx's own log under Run: at level debug, since what goes wrong is
// said by Run and by the plan, once and without a trace of constructors. It
// holds its events until there is a logger, and must not need one: a
// configuration that is wrong leaves none, and fx would then print everything.
type fxLog struct {
	mu   sync.Mutex
	to   fxevent.Logger
	held []fxevent.Event
}

// LogEvent implements fxevent.Logger.
func (l *fxLog) LogEvent(e fxevent.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to == nil {
		l.held = append(l.held, e)
		return
	}
	l.to.LogEvent(e)
}

// use writes to log from now on, and what was held.
func (l *fxLog) use(log *zap.Logger) {
	to := &fxevent.ZapLogger{Logger: log.Named("fx").WithOptions(zap.WithCaller(false))}
	to.UseLogLevel(zapcore.DebugLevel)
	to.UseErrorLevel(zapcore.DebugLevel)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
	for _, e := range l.held {
		to.LogEvent(e)
	}
	l.held = nil
}
