package app_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
)

// script records what servers do on the way down, in order.
type script struct {
	mu   sync.Mutex
	done []string
}

func (s *script) add(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, what)
}

// server adds a server that drains for the given time, or until its context ends.
func (s *script) server(a *app.App, name string, takes time.Duration) {
	a.Add(app.Hook{Name: name, StartIn: app.Bind, StopIn: app.Unbind, OnStop: func(context.Context) error {
		s.add("unbind " + name)
		return nil
	}})
	a.Add(app.Hook{Name: name, StartIn: app.Serve, StopIn: app.Drain, OnStop: func(ctx context.Context) error {
		select {
		case <-time.After(takes):
			s.add("drained " + name)
		case <-ctx.Done():
			s.add("cut " + name)
		}
		return nil
	}})
}

func TestCalledServersTakeCallsUntilTheirCallersAreDrained(t *testing.T) {
	const forever = 24 * time.Hour
	for name, tt := range map[string]struct {
		edge, http, grpc time.Duration
		hurry            bool
		reason           app.Reason
		want             string
	}{
		"each in its turn": {time.Second, 2 * time.Second, time.Second, false, app.Reason{},
			"unbind edge, unbind alone, drained edge, drained alone, unbind http, drained http, unbind grpc, drained grpc"},
		"a caller that hangs": {time.Second, forever, 0, false, app.Reason{},
			"unbind edge, unbind alone, drained edge, drained alone, unbind http, cut http, unbind grpc, drained grpc"},
		"a stop that is hurried": {forever, forever, forever, true, app.Reason{},
			"unbind edge, unbind alone, cut edge, cut alone, unbind http, cut http, unbind grpc, cut grpc"},
		"a successor answers the calls": {0, 0, 0, false, app.Reason{Kind: app.Replaced}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, s := app.New("test"), &script{}
				a.Calls("edge", "http")
				a.Calls("http", "grpc")
				alone := tt.edge + time.Millisecond
				s.server(a, "grpc", tt.grpc)
				s.server(a, "alone", alone)
				s.server(a, "http", tt.http)
				s.server(a, "edge", tt.edge)
				if err := a.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				a.Stop(tt.reason)
				if tt.hurry {
					a.Hurry(app.Reason{Kind: app.Requested})
				}
				report, err := a.Wait(t.Context())
				if err != nil || report.Code != 0 || len(report.Abandoned()) > 0 {
					t.Errorf("got %v, %v", report, err)
				}
				if took := time.Since(began); took > app.DefaultStop().Timeout {
					t.Errorf("the stop took %v", took)
				}
				got := strings.Join(s.done, ", ")
				switch {
				case tt.want == "" && !strings.Contains(strings.Split(got, "drained")[0], "unbind grpc"):
					t.Errorf("got %s, want all listeners closed before the first is drained", got)
				case tt.want != "" && sorted(got) != sorted(tt.want):
					t.Errorf("got  %s\nwant %s", got, tt.want)
				case tt.want != "" && !inTurn(got):
					t.Errorf("got %s, want each in its turn", got)
				}
			})
		})
	}
}

func sorted(list string) string {
	all := strings.Split(list, ", ")
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// inTurn reports whether http begins after edge has ended, and grpc after http.
func inTurn(list string) bool {
	at := func(what string) int { return strings.Index(list, what) }
	ended := func(server string) int { return max(at("drained "+server), at("cut "+server)) }
	return ended("edge") < at("unbind http") && ended("http") < at("unbind grpc") && at("unbind alone") < ended("edge")
}

func TestRequestsLeaveTimeToServersThatAreCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := app.New("test"), &script{}
		s.server(a, "grpc", 0)
		s.server(a, "http", 24*time.Hour)
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Wiring().AddInFlight(func(int) []app.InFlight { return nil })
		before, _ := a.Wiring().RequestTime()
		least := a.Wiring().LeastRequestTime(app.DefaultStop())
		a.Calls("http", "grpc")
		after, _ := a.Wiring().RequestTime()
		if before-after < 900*time.Millisecond || before-after > time.Second {
			t.Errorf("got %v instead of %v, want a second less", after, before)
		}
		if got := a.Wiring().LeastRequestTime(app.DefaultStop()); got >= least || got > after {
			t.Errorf("got %v at least, before %v", got, least)
		}
		began := time.Now()
		a.Stop(app.Reason{})
		if _, err := a.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, step := range a.Report().Steps {
			if step.Name == "http" && step.Phase == app.Drain && step.Took < after {
				t.Errorf("http got %v of %v", step.Took, after)
			}
		}
		if took := time.Since(began); took > app.DefaultStop().Timeout {
			t.Errorf("the stop took %v", took)
		}
	})
}

func TestOrderThatCannotBeFailsTheStart(t *testing.T) {
	for name, tt := range map[string]struct {
		opts fx.Option
		want string
	}{
		"a cycle":       {fx.Options(app.Calls("http", "grpc"), app.Calls("grpc", "http")), "none of them can stop before the other"},
		"itself":        {app.Calls("http", "http"), "http calls http"},
		"no such name":  {app.Calls("http", "gprc"), `app.Calls names the server "gprc", which is not there: there are grpc, http`},
		"no such callr": {app.Calls("htp", "grpc"), `"htp"`},
		"right":         {app.Calls("http", "grpc"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{}
			f := fx.New(app.Module, tt.opts, fx.NopLogger, fx.Invoke(func(a *app.App) {
				s.server(a, "http", 0)
				s.server(a, "grpc", 0)
			}))
			err := errors.Join(f.Err(), f.Start(t.Context()))
			if err == nil {
				defer f.Stop(context.Background())
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestServersKnowOfADrainBeforeTheirHandlersDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s script
		a := app.New("test")
		draining := app.Draining(a.Wiring().WithDraining(t.Context()))
		for _, name := range []string{"http", "grpc"} {
			s.server(a, name, 0)
			a.Wiring().BeforeDraining(name, func() {
				select {
				case <-draining:
					t.Errorf("%s learns of the drain when its handlers know already", name)
				default:
				}
				s.add("before " + name)
			})
		}
		a.Calls("http", "grpc")
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Stop(app.Reason{})
		<-a.Done()
		if got := strings.Join(s.done, ", "); !strings.HasPrefix(got, "before http, unbind http, ") || strings.Contains(got, "before grpc") {
			t.Errorf("got %s, want http to know first, and grpc, which http calls, not yet", got)
		}
	})
}
