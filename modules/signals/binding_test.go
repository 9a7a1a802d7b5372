//go:build unix

package signals

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestSignalsAreCaughtFromStartToEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		if got := r.Caught(); len(got) > 0 {
			t.Errorf("before the start: got %v, want none", got)
		}
		r.start(t, Row{Signal: syscall.SIGUSR1, Action: Ignore})
		want := []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE, syscall.SIGTERM}
		if got := r.Caught(); !slices.Equal(got, want) {
			t.Errorf("started: got %v, want %v", got, want)
		}
		r.Send(syscall.SIGUSR1)
		r.end(t)
		if got := r.Caught(); !slices.Equal(got, []os.Signal{syscall.SIGPIPE}) {
			t.Errorf("after the end: got %v, want SIGPIPE alone", got)
		}
	})
}

func TestStopSignals(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes []Row
		send    []os.Signal
		cut     bool // the drain is cut short
		exits   []int
	}{
		{"first", nil, []os.Signal{syscall.SIGTERM}, false, nil},
		{"second", nil, []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, true, nil},
		{"second of another kind", nil, []os.Signal{syscall.SIGINT, syscall.SIGTERM}, true, nil},
		{"third", nil, []os.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGINT}, true, []int{130}},
		{"third SIGTERM", nil, []os.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGTERM}, true, []int{143}},
		{"stop now", []Row{{Signal: syscall.SIGQUIT, Action: StopNow}}, []os.Signal{syscall.SIGQUIT}, true, nil},
		{"stop now, again", []Row{{Signal: syscall.SIGQUIT, Action: StopNow}}, []os.Signal{syscall.SIGQUIT, syscall.SIGQUIT}, true, []int{131}},
		{"stop now second", []Row{{Signal: syscall.SIGQUIT, Action: StopNow}}, []os.Signal{syscall.SIGTERM, syscall.SIGQUIT}, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRig()
				r.app.At(app.Drain, "clients", func(ctx context.Context) error {
					<-ctx.Done()
					var reason *app.Reason
					if errors.As(context.Cause(ctx), &reason) {
						app.Count(ctx, "hurried", 1)
					}
					return nil
				})
				r.app.Add(app.Hook{Name: "database", OnStop: func(context.Context) error {
					time.Sleep(time.Second) // of the bubble
					return nil
				}})
				r.start(t, c.changes...)
				for _, sig := range c.send {
					r.Send(sig)
					synctest.Wait()
					time.Sleep(sameWish) // of the bubble
				}
				report := r.end(t)
				if got := report.Reason; got.Kind != app.Signalled || got.Signal != c.send[0] || got.By != app.SignalName(c.send[0]) {
					t.Errorf("reason: got %+v, want that of the first signal", got)
				}
				if got := report.Counts()["hurried"] > 0; got != c.cut {
					t.Errorf("drain cut short: got %v, want %v", got, c.cut)
				}
				if got := r.exits(); !slices.Equal(got, c.exits) {
					t.Errorf("exit codes: got %v, want %v", got, c.exits)
				}
				if got := strings.Contains(r.said(), "exiting at once with code"); got != (c.exits != nil) {
					t.Errorf("stderr: got %q", r.said())
				}
			})
		})
	}
}

// timeout(1) signals the process and then its group.
func TestRepeatedSignalCountsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		r.app.At(app.Drain, "clients", aSecond)
		r.start(t)
		for range 5 {
			r.Send(syscall.SIGTERM)
		}
		report := r.end(t)
		hurried := slices.ContainsFunc(report.Also, func(r *app.Reason) bool { return r.By == "SIGTERM" })
		if report.State != app.StateStopped || hurried {
			t.Errorf("got %v and %v, want a stop that waits", report, report.Also)
		}
		if got := r.exits(); got != nil {
			t.Errorf("exit codes: got %v", got)
		}
	})
}

func TestFirstSignalDoesNotHurryAStopThatRunsForAnotherReason(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		r.app.At(app.Drain, "clients", aSecond)
		r.start(t)
		r.app.Stop(app.Reason{Kind: app.Requested, By: "admin"})
		r.Send(syscall.SIGTERM)
		report := r.end(t)
		if report.Reason.By != "admin" || len(report.Also) == 0 || report.Also[0].By != "SIGTERM" {
			t.Errorf("got %v and %v, want admin, then SIGTERM", report.Reason, report.Also)
		}
		if got, want := r.notes(), []string{"already stopping"}; !slices.Equal(got, want) {
			t.Errorf("notes: got %q, want %q", got, want)
		}
	})
}

func TestSignalDuringReloadIsOneMoreReload(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, b := newRig(), newBlocker()
		r.app.Handle(app.Reload, b.handle)
		r.start(t)
		r.Send(syscall.SIGHUP)
		<-b.began
		for range 5 {
			r.Send(syscall.SIGHUP)
		}
		synctest.Wait()
		close(b.release)
		synctest.Wait()
		r.end(t)
		if b.runs != 2 {
			t.Errorf("reloads: got %d, want 2", b.runs)
		}
		if got := r.answers(); len(got) != 2 || got[0].By != "SIGHUP" {
			t.Errorf("answers: got %+v, want two by SIGHUP", got)
		}
	})
}

func TestReloadThatHangsDoesNotDelayTheStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, b := newRig(), newBlocker()
		r.app.Handle(app.Reload, b.handle)
		r.start(t)
		r.Send(syscall.SIGHUP)
		<-b.began
		begun := time.Now()
		r.Send(syscall.SIGTERM)
		r.end(t)
		if took := time.Since(begun); took > 0 {
			t.Errorf("got a stop of %v, want none of it spent waiting", took)
		}
		if got := r.answers(); len(got) != 1 || got[0].Outcome != app.OutcomeFailed || !strings.Contains(got[0].Text, "SIGTERM") {
			t.Errorf("answer: got %+v, want a failure naming SIGTERM", got)
		}
	})
}

func TestReloadWhenNotReadyIsRefusedAndTheProcessLives(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, b := newRig(), newBlocker()
		r.app.Handle(app.Reload, b.handle)
		slow := func(context.Context) error {
			r.Send(syscall.SIGHUP)
			r.Send(syscall.SIGUSR2)
			time.Sleep(time.Second) // of the bubble
			return nil
		}
		r.app.Add(app.Hook{Name: "slow", OnStart: slow, OnStop: slow})
		r.start(t)
		if got := r.app.State(); got != app.StateReady {
			t.Fatalf("state: got %v, want ready", got)
		}
		r.end(t)
		var got []string
		for _, a := range r.answers() {
			got = append(got, string(a.Command)+" "+string(a.Outcome)+": "+a.Text)
		}
		slices.Sort(got)
		for i, want := range []string{
			"reload refused: reload: " + app.ErrNotReady.Error(), "reload refused: reload: " + app.ErrStopping.Error(),
			"upgrade refused: upgrade: " + app.ErrUnhandled.Error(), "upgrade refused: upgrade: " + app.ErrUnhandled.Error(),
		} {
			if i >= len(got) {
				t.Fatalf("got %q, want 4 answers", got)
			}
			if !strings.HasPrefix(got[i], want) && !strings.Contains(strings.Join(got, "\n"), want) {
				t.Errorf("got %q, want %q among them", got, want)
			}
		}
	})
}

func TestSignalBeforeFxStopIsTheReasonAndCountsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		r.app.At(app.Drain, "clients", func(ctx context.Context) error { return context.Cause(ctx) })
		r.start(t, Row{Signal: syscall.SIGTERM, Before: []Hook{{"slow", func(ctx context.Context, _ Event) error {
			<-ctx.Done()
			return nil
		}}}})
		r.Send(syscall.SIGTERM) // and to fx's Run, which now calls
		if err := r.app.StopWait(t.Context()); err != nil {
			t.Fatal(err)
		}
		report := r.app.Report()
		if report.Reason.Signal != syscall.SIGTERM || len(report.Also) > 0 {
			t.Errorf("got %v and %v, want SIGTERM alone", report.Reason, report.Also)
		}
	})
}

func TestHangupIgnoredByTheParentStaysIgnored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, b := newRig(), newBlocker()
		r.IgnoreFromParent(syscall.SIGHUP)
		r.app.Handle(app.Reload, b.handle)
		r.start(t, Row{Signal: syscall.SIGHUP, Action: Reload})
		r.Send(syscall.SIGHUP)
		synctest.Wait()
		r.end(t)
		if b.runs != 0 {
			t.Errorf("reloads: got %d, want 0", b.runs)
		}
		if got, want := r.notes(), []string{"signal stays ignored, as the parent process (nohup) wishes"}; !slices.Equal(got, want) {
			t.Errorf("notes: got %q, want %q", got, want)
		}
	})
}

// `todo | less`, and nobody scrolls on: the log blocks every writer.
func TestThirdSignalExitsThoughTheLogBlocks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, unblock := newRig(), make(chan struct{})
		r.app.Add(app.Hook{Name: "stuck", OnStop: func(context.Context) error { <-unblock; return nil }})
		r.start(t)
		r.app.Observe(func(app.Event) { <-unblock })
		for range 3 {
			r.Send(syscall.SIGINT)
			synctest.Wait()
			time.Sleep(2 * patience) // of the bubble
		}
		if got, want := r.exits(), []int{130}; !slices.Equal(got, want) {
			t.Errorf("exit codes: got %v, want %v", got, want)
		}
		if got := r.app.Reason(); got == nil || got.Signal != syscall.SIGINT {
			t.Errorf("reason: got %v, want SIGINT", got)
		}
		close(unblock)
		r.end(t)
	})
}

func TestTableOfItsOwnThatIsWrongFailsTheStart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		Join(r.app, Table{{Signal: syscall.SIGKILL, Action: Stop}}, nil, r.env)
		err := r.app.Start(t.Context())
		if err == nil || !strings.Contains(err.Error(), "SIGKILL cannot be caught") {
			t.Errorf("got %v, want that SIGKILL cannot be caught", err)
		}
	})
}
