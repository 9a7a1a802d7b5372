package systemd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestLifeFromStartToSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		a.Add(app.Hook{Name: "db", OnStart: func(context.Context) error {
			a.Wiring().SetAddress("http", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080})
			return nil
		}, OnStop: func(context.Context) error { time.Sleep(1500 * time.Millisecond); return nil }})
		start(t, a)

		said := m.notices()
		sameKeys(t, said, "READY")
		if got, want := said[0].text, "STATUS=starting\nEXTEND_TIMEOUT_USEC=10000000"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := said[len(said)-1].text, "READY=1\nSTATUS=ready: http 127.0.0.1:8080"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}

		stop(t, a, sigterm)
		said = m.notices()
		sameKeys(t, said, "STOPPING")
		// The stop does not wait for its observers.
		if got, want := strings.Replace(said[0].text, "=stopping (", "=draining (", 1), "STOPPING=1\nSTATUS=draining (SIGTERM)\nEXTEND_TIMEOUT_USEC=10000000"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		var texts []string
		for _, n := range said {
			texts = append(texts, value(n.text, "STATUS="))
		}
		got := strings.Join(texts, "; ")
		for _, want := range []string{"STATUS=stopping (SIGTERM);", "STATUS=stopping (SIGTERM): waiting for resources db (", "STATUS=stopped (SIGTERM) in 1.5s; exit code 0"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q lacks %q", got, want)
			}
		}
	})
}

func TestSlowStartSaysWhatItWaitsForAndExtends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		a.Add(app.Hook{Name: "migrate", OnStart: func(context.Context) error { time.Sleep(20*time.Second + time.Millisecond); return nil }})
		start(t, a)
		extended := with(m.notices(), "EXTEND_TIMEOUT_USEC=")
		if got, want := len(extended), 21; got != want {
			t.Fatalf("got %d extensions, want %d: %q", got, want, extended)
		}
		if got, want := value(extended[1], "STATUS="), "STATUS=starting: waiting for resources migrate ("; !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q...", got, want)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if said := m.notices(); len(said) > 0 {
			t.Errorf("a service that is ready goes on saying %v", said)
		}
		stop(t, a, sigterm)
	})
}

// An extension must never keep a process alive longer than its own budget.
func TestExtensionsEndWithTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{Stop: func() time.Duration { return 5 * time.Second }})
		a.Add(app.Hook{Name: "stuck", OnStop: func(context.Context) error { time.Sleep(15 * time.Second); return nil }})
		start(t, a)
		m.notices()
		began := time.Since(m.began)
		stop(t, a, sigterm)
		for _, n := range m.notices() {
			text, ok := strings.CutPrefix(value(n.text, "EXTEND_TIMEOUT_USEC="), "EXTEND_TIMEOUT_USEC=")
			if !ok {
				continue
			}
			us, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			if got, limit := n.at+time.Duration(us)*time.Microsecond-began, 5*time.Second+margin; got > limit {
				t.Errorf("extended to %v after the stop began, beyond %v", got, limit)
			}
		}
		time.Sleep(15 * time.Second) // the hook that was abandoned
	})
}

func TestFailedStartGivesTheErrno(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		a.Add(app.Hook{Name: "http", StartIn: app.Bind, OnStart: func(context.Context) error {
			return &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
		}})
		if err := a.Start(t.Context()); err == nil {
			t.Fatal("started")
		}
		said := m.notices()
		sameKeys(t, said, "STOPPING", "ERRNO")
		last := said[len(said)-1].text
		if want := fmt.Sprintf("ERRNO=%d", int(syscall.EADDRINUSE)); !strings.HasSuffix(last, want) || !strings.Contains(last, "address already in use") {
			t.Errorf("got %q, want it to end with %q", last, want)
		}
	})
}

// systemctl reload waits for READY=1, whatever the outcome of the reload.
func TestReloadAlwaysEndsWithReady(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler app.Handler
		text    string
	}{
		{"done", func(context.Context, app.Request) (app.Answer, error) { return app.Answer{Text: "1 changed"}, nil }, "reload done (SIGHUP): 1 changed"},
		{"refused", func(context.Context, app.Request) (app.Answer, error) {
			return app.Answer{Outcome: app.OutcomeRefused, Text: "todo.yaml:3:1: bad\nMAINPID=1"}, nil
		}, "reload refused (SIGHUP): todo.yaml:3:1: bad MAINPID=1"},
		{"failed", func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, errors.New("disk") }, "reload failed (SIGHUP): disk"},
		{"panicked", func(context.Context, app.Request) (app.Answer, error) { panic("oh") }, "reload failed (SIGHUP): panic: oh"},
		{"unhandled", nil, "reload refused (SIGHUP): reload: no module handles this command"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newManager()
				a := followed(m, Config{})
				if test.handler != nil {
					a.Handle(app.Reload, test.handler)
				}
				start(t, a)
				m.notices()
				_, _ = a.Do(t.Context(), app.Request{Command: app.Reload, By: "SIGHUP"})
				synctest.Wait()
				said := m.notices()
				sameKeys(t, said, "RELOADING MONOTONIC_USEC", "READY")
				if got := said[1].text; !strings.Contains(got, test.text) || strings.Count(got, "\n") != 1 {
					t.Errorf("got %q, want %q on one line", got, test.text)
				}
				stop(t, a, sigterm)
			})
		})
	}
}

// If a caller gives up waiting for its turn, the manager must not see the end of
// another caller's reload.
func TestGivenUpReloadDoesNotEndTheOneThatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		a.Handle(app.Reload, func(context.Context, app.Request) (app.Answer, error) {
			time.Sleep(time.Minute)
			return app.Answer{}, nil
		})
		start(t, a)
		m.notices()
		go func() { _, _ = a.Do(context.Background(), app.Request{Command: app.Reload, By: "SIGHUP"}) }()
		synctest.Wait()
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _ = a.Do(brief, app.Request{Command: app.Reload, By: "api"})
		synctest.Wait()
		sameKeys(t, m.notices(), "RELOADING MONOTONIC_USEC")
		time.Sleep(time.Minute)
		synctest.Wait()
		sameKeys(t, m.notices(), "READY")
		stop(t, a, sigterm)
	})
}

// READY=1 would be wrong before the start is over, and after STOPPING=1 as well.
func TestReloadBeforeAndAfterReadyIsNoReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		a.Handle(app.Reload, func(ctx context.Context, _ app.Request) (app.Answer, error) {
			<-ctx.Done()
			return app.Answer{}, context.Cause(ctx)
		})
		reload := func() { _, _ = a.Do(context.Background(), app.Request{Command: app.Reload, By: "SIGHUP"}) }
		a.Add(app.Hook{Name: "early", OnStart: func(context.Context) error { reload(); return nil },
			OnStop: func(context.Context) error { reload(); return nil }})
		start(t, a)
		go reload() // the stop ends it
		synctest.Wait()
		sameKeys(t, m.notices(), "READY", "RELOADING MONOTONIC_USEC")
		stop(t, a, sigterm)
		said := m.notices()
		if len(said) > 0 && strings.HasPrefix(said[0].text, "READY=1") { // the end of the reload may come first
			said = said[1:]
		}
		sameKeys(t, said, "STOPPING")
	})
}

func TestReplacedProcessNamesTheSuccessorAndNeverStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{Env: environment(watchdogUsec, "10000000")})
		a.Handle(app.Upgrade, func(context.Context, app.Request) (app.Answer, error) {
			a.Wiring().Commit(os.Getppid())
			a.Stop(app.Reason{Kind: app.Replaced, By: "SIGUSR2"})
			return app.Answer{Text: "pid 2"}, nil
		})
		a.Add(app.Hook{Name: "drain", StopIn: app.Drain, OnStop: func(context.Context) error { time.Sleep(15 * time.Second); return nil }})
		start(t, a)
		m.notices()
		_, _ = a.Do(t.Context(), app.Request{Command: app.Upgrade, By: "SIGUSR2"})
		<-a.Done()
		synctest.Wait()
		said := m.notices()
		sameKeys(t, said, "RELOADING MONOTONIC_USEC", "MAINPID READY WATCHDOG", "BARRIER")
		if got, want := value(said[1].text, "MAINPID="), fmt.Sprintf("MAINPID=%d", os.Getppid()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// The stop is hurried, and comes to its end before the goroutine of the upgrade has
// reported the successor.
func TestReplacedProcessDoesNotLeaveBeforeItHasNamedTheSuccessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		start(t, a)
		m.notices()
		a.Stop(app.Reason{Kind: app.Replaced})
		a.Hurry(app.Reason{Kind: app.Signalled})
		synctest.Wait()
		a.Wiring().Commit(os.Getppid())
		<-a.Done()
		synctest.Wait()
		sameKeys(t, m.notices(), "MAINPID READY", "BARRIER")
	})
}

func TestReplacedProcessWaitsForTheManagerButNotForEver(t *testing.T) {
	for _, test := range []struct {
		name     string
		knows    time.Duration
		took     time.Duration
		warnings int
	}{
		{"answers", time.Second, time.Second, 0},
		{"is deaf", time.Hour, barrierTimeout, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newManager()
				m.knows = make(chan struct{})
				a := followed(m, Config{})
				a.Wiring().Configure(app.DefaultStart, func() app.StopConfig { return app.StopConfig{Timeout: 10 * time.Minute} })
				w := warningsOf(a)
				start(t, a)
				began := time.Now()
				timer := time.AfterFunc(test.knows, func() { close(m.knows) })
				defer timer.Stop()
				a.Wiring().Commit(4711)
				stop(t, a, app.Reason{Kind: app.Replaced})
				if got := time.Since(began); got != test.took {
					t.Errorf("left after %v, want %v", got, test.took)
				}
				if got := w.all(); len(got) != test.warnings {
					t.Errorf("got %q, want %d warnings", got, test.warnings)
				}
			})
		})
	}
}
