package apptest

import (
	"context"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/logging"
	"github.com/gracefulfx/graceful/modules/signals"
)

// patience is how long something that must happen may take on a slow machine.
const patience = time.Minute

// App is an application in a test. It has the methods of *app.App, except those
// that the ones below replace.
type App struct {
	*app.App
	// Fx is the application as fx sees it.
	Fx *fx.App

	t      testing.TB
	fake   signals.Fake
	log    *testLog
	client *http.Client
	leaks  *leaks

	mu      sync.Mutex // guards everything below
	seen    []app.State
	changed chan struct{} // closed, and replaced, when a state is entered
	exits   []int
	judged  bool // the test has seen the report itself
}

// New builds an application from graceful.Module and opts, and fails the test
// if that is not possible. It does not start it. A parallel test must call
// t.Parallel before. The address of the section http is 127.0.0.1:0, and there is
// no admin socket, unless the environment sets them. An option of the test that
// replaces the environment of the configuration (config.WithSource) must set both
// itself.
func New(t testing.TB, opts ...fx.Option) *App {
	t.Helper()
	return build(t, graceful.Module, opts)
}

// NewCore is New for applications on graceful.Core, which bring their own
// *zap.Logger and *http.Server.
func NewCore(t testing.TB, opts ...fx.Option) *App {
	t.Helper()
	return build(t, graceful.Core, opts)
}

func build(t testing.TB, base fx.Option, opts []fx.Option) *App {
	t.Helper()
	x := &App{t: t, log: &testLog{t: t}, leaks: newLeaks(t), changed: make(chan struct{}),
		client: &http.Client{Transport: &http.Transport{}}}
	env := signals.Env{Source: &x.fake, Exit: x.exit, Stderr: x.log}
	x.leaks.own(func() {
		x.Fx = fx.New(
			fx.WithLogger(x.log.fx), // first, so that an option of the test wins
			base,
			apart(),
			fx.Supply(env, logging.Sink{W: x.log, Terminal: true}),
			fx.Populate(&x.App),
			fx.Invoke(func(a *app.App) { a.Observe(x.observe) }),
			fx.Options(opts...),
		)
	})
	t.Cleanup(x.cleanup)
	if err := x.Fx.Err(); err != nil {
		t.Fatalf("build the application: %v", err)
	}
	return x
}

func (x *App) observe(e app.Event) {
	c, ok := e.(app.StateChanged)
	if !ok {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.seen = append(x.seen, c.To)
	close(x.changed)
	x.changed = make(chan struct{})
}

func (x *App) exit(code int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.exits = append(x.exits, code)
}

// Start starts the application, fails the test if it does not start, and returns x.
// A start that a signal ends is not a failure; see State. It blocks until the start
// is over.
func (x *App) Start() *App {
	x.t.Helper()
	if err := x.start(); err != nil {
		x.judge()
		x.t.Fatalf("start the application: %v", err)
	}
	return x
}

// StartFails starts the application, fails the test if that succeeds, and
// returns the error.
func (x *App) StartFails() error {
	x.t.Helper()
	err := x.start()
	x.judge()
	if err == nil {
		x.t.Fatalf("the application started (it is %v), want an error", x.State())
	}
	return err
}

func (x *App) start() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), x.Fx.StartTimeout())
	defer cancel()
	x.leaks.own(func() { err = x.Fx.Start(ctx) })
	return err
}

// Stop stops the application, waits for the end, fails the test if something was
// not clean, and returns the report. It may be called more than once.
func (x *App) Stop() app.Report {
	x.t.Helper()
	x.client.CloseIdleConnections() // the stop would wait for them
	report, err := x.stop()
	x.judge()
	if err != nil {
		x.t.Errorf("stop the application: %v", err)
	}
	return report
}

// stop goes through fx, so that hooks that are not under the plan run as well.
func (x *App) stop() (app.Report, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	x.leaks.own(func() {
		err = x.Fx.Stop(ctx)
		if x.State() == app.StateNew { // then fx has called no hook
			x.App.Stop(app.Reason{Kind: app.Requested, By: "test", Text: "never started"})
		}
	})
	report, unclean := x.App.Wait(ctx)
	if err == nil {
		err = unclean
	}
	return report, err
}

// Wait waits for an end that something else brings about, such as a signal, and
// returns the report. It does not check the report: that is for the test.
func (x *App) Wait() app.Report {
	x.t.Helper()
	x.judge()
	x.client.CloseIdleConnections()
	select {
	case <-x.Done():
	case <-time.After(patience):
		x.t.Fatalf("the application has not ended within %v; so far: %v", patience, x.Report())
	}
	return x.Report()
}

// Signal sends sig as the operating system would. If nothing catches it, the test
// fails, since a real process might have died.
func (x *App) Signal(sig os.Signal) {
	x.t.Helper()
	if !x.fake.Send(sig) {
		x.t.Errorf("%s is not caught (the application is %v): a real process would get the system's default action", app.SignalName(sig), x.State())
	}
}

// WaitState waits until the application has been in state s, if only for a moment.
// The test fails if the application ends without.
func (x *App) WaitState(s app.State) {
	x.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		x.mu.Lock()
		past, changed := slices.Clone(x.seen), x.changed
		x.mu.Unlock()
		switch {
		case s == app.StateNew || slices.Contains(past, s):
			return
		case slices.Contains(past, app.StateStopped) || slices.Contains(past, app.StateFailed):
			x.t.Fatalf("the application ended without having been %v, after %v: %v", s, past, x.Report())
		}
		select {
		case <-changed:
		case <-timeout.C:
			x.t.Fatalf("the application is not %v within %v, after %v", s, patience, past)
		}
	}
}

// Exits returns the exit codes with which the process would have exited at
// once, at a third stop signal.
func (x *App) Exits() []int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.exits)
}

// URL returns the address of a server, such as "http", as "http://host:port".
// The test fails if there is no such server.
func (x *App) URL(server string) string {
	x.t.Helper()
	var known []string
	for _, a := range x.Addresses() {
		if a.Server == server {
			return "http://" + a.Addr
		}
		known = append(known, a.Server)
	}
	x.t.Fatalf("no server %q is bound, only %q (the application is %v)", server, known, x.State())
	return ""
}

// Client returns a client whose idle connections are closed before the application
// stops, so that the stop does not wait for them and they do not count as leaks.
func (x *App) Client() *http.Client { return x.client }

func (x *App) judge() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.judged = true
}

// cleanup runs at the end of the test.
func (x *App) cleanup() {
	x.client.CloseIdleConnections()
	if x.App != nil && x.Fx.Err() == nil {
		x.mu.Lock()
		judged := x.judged
		x.mu.Unlock()
		if _, err := x.stop(); err != nil && !judged {
			x.t.Errorf("stop the application at the end of the test: %v", err)
		}
	}
	x.leaks.check()
	x.log.end()
}
