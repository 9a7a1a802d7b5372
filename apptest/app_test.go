package apptest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func hello() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
}

func get(t *testing.T, x *apptest.App) string {
	t.Helper()
	resp, err := x.Client().Get(x.URL("http") + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestServeAndStopBySignal(t *testing.T) {
	t.Parallel()
	x := apptest.New(t, graceful.Name("todo"), fx.Provide(hello)).Start()
	if got := get(t, x); got != "hello" {
		t.Errorf("got %q, want hello", got)
	}
	x.WaitState(app.StateReady)
	x.Signal(syscall.SIGTERM)
	report := x.Wait()
	if report.Code != 0 || report.Reason.By != "SIGTERM" {
		t.Errorf("got %v, want a clean stop by SIGTERM", report)
	}
	for _, s := range []app.State{app.StateNew, app.StateStarting, app.StateDraining, app.StateStopped} {
		x.WaitState(s) // it has been in s
	}
	if got := x.Exits(); len(got) > 0 {
		t.Errorf("exits: got %v, want none", got)
	}
}

func TestStopMayBeRepeated(t *testing.T) {
	t.Parallel()
	x := apptest.New(t).Start()
	first, second := x.Stop(), x.Stop()
	if first.State != app.StateStopped || second.State != app.StateStopped {
		t.Errorf("got %v and %v, want stopped", first, second)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	file := apptest.Config(t, "log: {level: error}\nhttp: {addr: ':1'}")
	var level zap.AtomicLevel
	x := apptest.New(t, fx.Options(file), fx.Populate(&level)).Start()
	if got := level.Level(); got != zapcore.ErrorLevel {
		t.Errorf("level: got %v, want error", got)
	}
	if got := x.URL("http"); !strings.HasPrefix(got, "http://127.0.0.1:") {
		t.Errorf("address: got %s, want a free port of 127.0.0.1", got)
	}
	file.Edit("log: {level: debug}")
	if _, err := x.Do(t.Context(), app.Request{Command: app.Reload, By: "test"}); err != nil {
		t.Error(err)
	}
	if got := level.Level(); got != zapcore.DebugLevel {
		t.Errorf("level: got %v, want debug", got)
	}
}

func TestThirdSignalIsRecorded(t *testing.T) {
	t.Parallel()
	var x *apptest.App
	var stopping = make(chan struct{})
	x = apptest.New(t, fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StopHook(func(ctx context.Context) error {
			close(stopping)
			for len(x.Exits()) == 0 && ctx.Err() == nil {
				<-time.After(time.Millisecond) // there is no event for an exit
			}
			return nil
		}))
	})).Start()
	x.Signal(syscall.SIGINT)
	<-stopping
	x.Signal(syscall.SIGTERM) // alternately: the same signal at once would count once
	x.Signal(syscall.SIGINT)
	x.Wait()
	if got, want := x.Exits(), []int{130}; !slices.Equal(got, want) {
		t.Errorf("exits: got %v, want %v", got, want)
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	x := apptest.New(t, fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StartHook(func() error { return broken })) }))
	if err := x.StartFails(); !errors.Is(err, broken) {
		t.Errorf("got %v, want broken", err)
	}
	if got := x.State(); got != app.StateFailed {
		t.Errorf("state: got %v, want failed", got)
	}
}

func TestCoreWithLoggerAndServerOfItsOwn(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.InfoLevel)
	x := apptest.NewCore(t, fx.Supply(zap.New(core), &http.Server{}), fx.Invoke(func(*http.Server) {}))
	x.Start().Stop()
	if logs.FilterMessage("stopping").Len() != 1 {
		t.Errorf("got %v, want the events in the application's log", logs.All())
	}
}

func TestGoroutinesOfOthersAreNotReported(t *testing.T) {
	t.Parallel()
	x := apptest.New(t).Start()
	stop := make(chan struct{})
	go func() { <-stop }() // the test's, not the application's
	t.Cleanup(func() { close(stop) })
	x.Stop()
}

// What apptest is for: the test fails. Not parallel, since files are counted.
func TestFailures(t *testing.T) {
	block := make(chan struct{})
	t.Cleanup(func() { close(block) })
	file := filepath.Join(t.TempDir(), "left-open")
	var left *os.File
	t.Cleanup(func() { left.Close() })

	for _, c := range []struct {
		name string
		test func(t *recorder)
		want string // empty: no failure
	}{
		{"nothing wrong", func(t *recorder) { apptest.New(t).Start() }, ""},
		{"never started", func(t *recorder) { apptest.New(t) }, ""},
		{"cannot be built", func(t *recorder) { apptest.New(t, fx.Invoke(func(*os.File) {})) }, "build the application: "},
		{"does not start", func(t *recorder) {
			apptest.New(t, fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StartHook(func() error { return errors.New("broken") })) })).Start()
		}, "start the application: "},
		{"starts and should not", func(t *recorder) { _ = apptest.New(t).StartFails() }, "want an error"},
		{"unclean stop", func(t *recorder) { unclean(t).Start().Stop() }, "stop the application: "},
		{"unclean stop at the end", func(t *recorder) { unclean(t).Start() }, "stop the application at the end of the test: "},
		{"unclean stop that the test judges itself", func(t *recorder) {
			x := unclean(t).Start()
			x.Signal(os.Interrupt)
			x.Wait()
		}, ""},
		{"signal that nothing catches", func(t *recorder) { apptest.New(t).Signal(os.Interrupt) }, "SIGINT is not caught (the application is new)"},
		{"state that never comes", func(t *recorder) {
			x := apptest.New(t)
			_ = x.Stop()
			x.WaitState(app.StateReady)
		}, "ended without having been ready"},
		{"server that is not there", func(t *recorder) { apptest.New(t).Start().URL("ftp") }, `no server "ftp" is bound, only ["http"]`},
		{"goroutine left behind", func(t *recorder) {
			apptest.New(t, fx.Invoke(func(lc fx.Lifecycle) {
				lc.Append(fx.StartHook(func() { go waitFor(block) }))
			})).Start().Stop()
		}, "waitFor"},
		{"file left open", func(t *recorder) {
			apptest.New(t, fx.Invoke(func(lc fx.Lifecycle) {
				lc.Append(fx.StartHook(func() (err error) { left, err = os.Create(file); return err }))
			})).Start().Stop()
		}, "left a file open: "},
		{"file left open in a parallel test", func(t *recorder) {
			t.parallel = true
			f, err := os.Open(file)
			apptest.New(t).Start()
			if err == nil {
				t.Cleanup(func() { f.Close() })
			}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Contains(c.want, "file") && runtime.GOOS != "linux" {
				t.Skip("files are counted on Linux only")
			}
			got := record(c.test)
			if !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func waitFor(c <-chan struct{}) { <-c }

func unclean(t *recorder) *apptest.App {
	return apptest.New(t, fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StopHook(func() error { return errors.New("broken") }))
	}))
}
