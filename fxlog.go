package graceful

import (
	"sync"
	"time"

	"go.uber.org/fx/fxevent"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/gracefulfx/graceful/internal/twice"
)

// fxLog is the log of fx under Run. It logs at level debug, since Run and the plan
// report what goes wrong, once and without a trace of constructors. It holds its
// events until there is a logger, and cannot depend on one: a wrong configuration
// leaves none, and fx would then print everything. fx never waits for it: a log
// that nothing reads would hold up the start and the stop.
type fxLog struct {
	mu    sync.Mutex // guards everything below
	to    fxevent.Logger
	off   func() bool // reports whether to would write nothing; nil: it writes
	queue []fxevent.Event
	idle  chan struct{} // closed when the queue is written; nil when nothing is
}

// LogEvent implements fxevent.Logger. It does not block.
func (l *fxLog) LogEvent(e fxevent.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, e)
	l.startLocked()
}

// use writes to log what was held, and every later event.
func (l *fxLog) use(log *zap.Logger) {
	to := &fxevent.ZapLogger{Logger: log.Named("fx").WithOptions(zap.WithCaller(false))}
	to.UseLogLevel(zapcore.DebugLevel)
	to.UseErrorLevel(zapcore.DebugLevel)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to, l.off = to, func() bool { return to.Logger.Check(zapcore.DebugLevel, "") == nil }
	l.startLocked()
}

// explain describes a type that is provided twice, or returns "".
func (l *fxLog) explain() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return twice.Explain(constructors(l.queue))
}

func constructors(events []fxevent.Event) (all []twice.Constructor) {
	for _, e := range events {
		switch e := e.(type) {
		case *fxevent.Provided:
			all = append(all, twice.Constructor{Name: e.ConstructorName, Types: e.OutputTypeNames, Err: e.Err})
		case *fxevent.Supplied:
			all = append(all, twice.Constructor{Name: "fx.Supply", Types: []string{e.TypeName}, Err: e.Err})
		}
	}
	return all
}

func (l *fxLog) startLocked() {
	if l.to == nil || l.idle != nil || len(l.queue) == 0 {
		return
	}
	if l.off != nil && l.off() {
		l.queue = nil
		return
	}
	l.idle = make(chan struct{})
	go l.write(l.to)
}

// write empties the queue.
func (l *fxLog) write(to fxevent.Logger) {
	for {
		l.mu.Lock()
		if len(l.queue) == 0 {
			close(l.idle)
			l.idle, l.queue = nil, nil
			l.mu.Unlock()
			return
		}
		next := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()
		to.LogEvent(next)
	}
}

// flush returns when everything is written, or after d.
func (l *fxLog) flush(d time.Duration) {
	l.mu.Lock()
	idle := l.idle
	l.mu.Unlock()
	if idle == nil {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-idle:
	case <-t.C:
	}
}
