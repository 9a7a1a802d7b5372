package admin

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/build"
)

// cacheFor is the longest age of a status that is used again. Checks of readiness
// belong to the application, and may be expensive.
const cacheFor = 500 * time.Millisecond

// statusCache lets watchers share a status. The mutex is held while one is made, so
// that the others wait for it instead of making another.
type statusCache struct {
	mu    sync.Mutex
	s     Status
	at    time.Time
	event uint64 // the previous one
}

func (s *Server) status(ctx context.Context) Status {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	// A reader that has just seen an event must not see an older status.
	if now, event := time.Now(), s.journal.lastID(); now.Sub(s.cache.at) > cacheFor || event != s.cache.event || s.cache.s.State != s.app.State().String() {
		s.cache.s, s.cache.at, s.cache.event = s.currentStatus(ctx, now), now, event
	}
	st := s.cache.s
	st.Access = accessOf(ctx).String()
	return st
}

// currentStatus makes a Status.
func (s *Server) currentStatus(ctx context.Context, now time.Time) Status {
	ready, text := s.app.Wiring().Readiness(ctx)
	answers, successor := s.journal.recent()
	st := Status{
		Schema: Schema, App: s.app.Name(), Build: s.build, Process: s.process(), State: s.app.State().String(), Reason: reasonOf(s.app.Reason()),
		Generation: s.app.Generation(), PID: os.Getpid(), Successor: successor, Upgrades: s.app.Wiring().Upgrades(),
		Started: s.started, Uptime: now.Sub(s.started), Addresses: s.app.Addresses(),
		Readiness: Readiness{ready, text}, Answers: answers, Operation: s.ops.current(),
		InFlight: s.app.Wiring().InFlight(5), Metrics: s.metrics(), Graph: s.graph != "",
	}
	if st.Addresses == nil {
		st.Addresses = []app.Address{}
	}
	for _, d := range s.app.Wiring().RunningHooks() {
		st.Waiting = append(st.Waiting, Waiting{Phase: d.Phase.String(), Name: d.Name, Source: d.Source, For: now.Sub(d.Began)})
	}
	if reason := s.app.Reason(); reason != nil {
		st.Stop = &Stop{Began: reason.At, Deadline: s.app.StopDeadline(), Requests: s.app.RequestDeadline()}
	}
	if s.store != nil {
		st.Settings = s.settings()
	}
	return st
}

func (s *Server) settings() Settings {
	now, last := s.store.Snapshot(), s.store.Last()
	c := Settings{Revision: now.Revision(), Hash: now.Hash(), At: now.At(), Files: s.store.Files()}
	if c.Files == nil {
		c.Files = []string{}
	}
	for i, f := range c.Files {
		if abs, err := filepath.Abs(f); err == nil {
			c.Files[i] = abs
		}
	}
	if last.Err() == nil {
		c.Pending = last.PendingRestart
	} else {
		c.Rejected = &last
		for _, r := range s.store.History() { // the last one that was accepted
			c.Pending = r.PendingRestart
		}
	}
	for _, f := range s.store.Metrics() {
		c.Drift = c.Drift || f.Name == "config_drift" && f.Value != 0
	}
	return c
}

// metrics returns those of every part, of the configuration, and a few of the
// process.
func (s *Server) metrics() []app.Metric {
	all := append([]app.Metric{}, s.app.Wiring().Metrics()...)
	if s.store != nil {
		all = append(all, s.store.Metrics()...)
	}
	watchers, dropped := s.journal.counts()
	all = append(all,
		app.Metric{Name: "admin_watchers", Help: "Readers of the event stream.", Value: float64(watchers)},
		app.Metric{Name: "admin_watchers_dropped_total", Help: "Readers that were too slow.", Value: float64(dropped), Total: true},
		app.Metric{Name: "go_goroutines", Help: "Goroutines.", Value: float64(runtime.NumGoroutine())},
	)
	all = append(all, s.build.metric())
	if g := s.guard.Load(); g != nil {
		all = append(all,
			app.Metric{Name: "admin_requests_refused_total", Help: "Requests without permission.", Value: float64(g.refused.Load()), Total: true},
			app.Metric{Name: "admin_requests_bad_total", Help: "Requests that were refused for their content, or because of their moment.", Value: float64(g.bad.Load()), Total: true},
		)
	}
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	if heap[0].Value.Kind() == metrics.KindUint64 {
		all = append(all, app.Metric{Name: "go_heap_bytes", Help: "Heap in use.", Value: float64(heap[0].Value.Uint64())})
	}
	return all
}

func buildOf(given Version) Build {
	b := build.Read(string(given))
	return Build{Path: b.Path, Version: b.Version, Revision: b.Revision, Modified: b.Modified, Go: b.Go}
}

// metric is 1 with what was built as labels, as is usual for such.
func (b Build) metric() app.Metric {
	return app.Metric{Name: "build_info", Help: "1; the labels say what was built.", Value: 1,
		Labels: []string{"version", b.Version, "revision", b.Revision, "modified", strconv.FormatBool(b.Modified), "go", b.Go}}
}

// processOf returns what does not change while the process runs. The name of its
// user is looked up at the first call.
func processOf() func() Process {
	p := Process{User: strconv.Itoa(os.Geteuid())}
	p.Executable, _ = os.Executable() // empty where the system does not report it
	p.Dir, _ = os.Getwd()
	return sync.OnceValue(func() Process {
		if u, err := user.Current(); err == nil {
			p.User = u.Username
		}
		return p
	})
}
