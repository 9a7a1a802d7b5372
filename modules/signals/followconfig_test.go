//go:build unix

package signals

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// filed is an application whose table is overlaid by a file.
type filed struct {
	*Fake
	*app.App
	t    *testing.T
	path string
	fx   *fxtest.App
	ran  chan string // commands "one" and "two", and their callers
}

func newFiled(t *testing.T, rows string, opts ...fx.Option) *filed {
	f := &filed{Fake: &Fake{}, t: t, path: filepath.Join(t.TempDir(), "c.yaml"), ran: make(chan string, 100)}
	f.write(rows)
	f.fx = fxtest.New(t, app.Module, config.Module, Module, fx.Supply(Env{Source: f.Fake}),
		config.WithSource(func(s *config.Source) { s.Files, s.Environ, s.Manual = []string{f.path}, []string{}, true }),
		fx.Invoke(func(a *app.App) {
			for _, c := range []app.Command{"one", "two"} {
				a.Handle(c, func(_ context.Context, r app.Request) (app.Answer, error) {
					f.ran <- fmt.Sprintf("%s by %s", c, r.By)
					return app.Answer{}, nil
				})
			}
		}),
		fx.Populate(&f.App), fx.Options(opts...))
	return f
}

func (f *filed) start() *filed {
	f.fx.RequireStart()
	f.t.Cleanup(func() { f.fx.RequireStop() })
	return f
}

func (f *filed) write(rows string) {
	f.t.Helper()
	err := os.WriteFile(f.path+".new", []byte("signals: "+rows+"\n"), 0o644)
	if err := errors.Join(err, os.Rename(f.path+".new", f.path)); err != nil {
		f.t.Fatal(err)
	}
}

// reload puts rows into the file and returns the outcome.
func (f *filed) reload(rows string) string {
	f.t.Helper()
	f.write(rows)
	ans, _ := f.Do(context.Background(), app.Request{Command: app.Reload, By: "test"})
	return ans.Text
}

func TestFileChangesRowsWhileTheProgramRuns(t *testing.T) {
	f := newFiled(t, "{SIGUSR1: one}", On(syscall.SIGWINCH, Do("two"))).start()
	expect := func(sig os.Signal, want string) {
		t.Helper()
		if !f.Send(sig) {
			t.Fatalf("%v is not caught", sig)
		}
		if got := <-f.ran; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	expect(syscall.SIGUSR1, "one by SIGUSR1")
	expect(syscall.SIGWINCH, "two by SIGWINCH")
	if got, want := f.reload("{SIGUSR1: two, SIGWINCH: none, SIGUSR2: one}"), "applied: 1 setting changed (signals)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f.Send(syscall.SIGWINCH) // does nothing
	expect(syscall.SIGUSR2, "one by SIGUSR2")
	expect(syscall.SIGUSR1, "two by SIGUSR1")

	f.reload("{}")
	expect(syscall.SIGWINCH, "two by SIGWINCH") // what the program says
	// No row has it any more. If it were not caught, it would kill the process.
	if !f.Send(syscall.SIGUSR1) {
		t.Error("SIGUSR1 is not caught any more")
	}
	expect(syscall.SIGWINCH, "two by SIGWINCH")
}

func TestFileThatIsRefusedChangesNoRow(t *testing.T) {
	f := newFiled(t, "{SIGUSR1: one}", On(syscall.SIGUSR2, StopNow)).start()
	for _, c := range []struct{ rows, want string }{
		{"{SIGUSR1: two, SIGTERM: none}", "c.yaml:1:25: signals.SIGTERM: stops the process, and no file can change that"},
		{"{SIGUSR1: two, SIGUSR2: none}", `c.yaml:1:25: signals.SIGUSR2: is given to "stop now" by the program`},
		{"{SIGUSR1: tow}", "c.yaml:1:11: signals.SIGUSR1: tow: no module handles this command; known here: one, reload, two"},
	} {
		if got := f.reload(c.rows); !strings.Contains(got, c.want) || !strings.Contains(got, "revision 1 stays in force") {
			t.Errorf("%s: got %s, want %q in it", c.rows, got, c.want)
		}
		f.Send(syscall.SIGUSR1)
		if got, want := <-f.ran, "one by SIGUSR1"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestStartWithRowsThatCannotBe(t *testing.T) {
	f := newFiled(t, "{SIGUSR1: tow}")
	err := f.fx.Start(t.Context())
	if want := "section signals: SIGUSR1: tow: no module handles this command; known here: one, reload, two"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in it", err, want)
	}
}

// A function of the program that is replaced and taken back while it runs does not
// run beside itself.
func TestActionTakenBackDoesNotRunBesideItself(t *testing.T) {
	var running atomic.Int32
	entered, exitNow := make(chan struct{}), make(chan struct{})
	slow := Func("slow", func(context.Context, Event) error {
		if running.Add(1) > 1 {
			t.Error("it runs beside itself")
		}
		entered <- struct{}{}
		<-exitNow
		running.Add(-1)
		return nil
	})
	f := newFiled(t, "{}", On(syscall.SIGUSR1, slow)).start()
	f.Send(syscall.SIGUSR1)
	<-entered
	f.reload("{SIGUSR1: one}")
	f.Send(syscall.SIGUSR1)
	f.reload("{SIGUSR1: none}")
	f.reload("{}")
	f.Send(syscall.SIGUSR1)
	exitNow <- struct{}{}
	if got, want := <-f.ran, "one by SIGUSR1"; got != want { // in the order in which they came
		t.Errorf("got %s, want %s", got, want)
	}
	<-entered
	exitNow <- struct{}{}
}

// Signals that arrive while the table changes are answered by the table before or
// the one after; none is lost and none finds no table.
func TestSignalsWhileTheTableChanges(t *testing.T) {
	f := newFiled(t, "{SIGUSR1: one}").start()
	stop := make(chan struct{})
	var senders sync.WaitGroup
	for range 2 {
		senders.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if !f.Send(syscall.SIGUSR1) {
					t.Error("SIGUSR1 was not caught")
					return
				}
			}
		})
	}
	var drained sync.WaitGroup
	drained.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-f.ran:
			}
		}
	})
	for i := range 20 {
		want := []string{"one", "two", "none"}[(i+1)%3]
		if got := f.reload("{SIGUSR1: " + want + "}"); !strings.HasPrefix(got, "applied") {
			t.Errorf("got %s, want it applied", got)
		}
	}
	close(stop)
	senders.Wait()
	drained.Wait()
	for len(f.ran) > 0 {
		<-f.ran
	}
	f.reload("{SIGUSR1: none, SIGUSR2: two}")
	f.Send(syscall.SIGUSR2)
	// An action that was waiting comes first.
	if got := <-f.ran; !slices.Contains([]string{"one by SIGUSR1", "two by SIGUSR1", "two by SIGUSR2"}, got) {
		t.Errorf("got %s", got)
	}
}
