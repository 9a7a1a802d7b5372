//go:build unix

package signals

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
)

// programs are what the test binary becomes when its environment says so: real
// processes for real signals. They print one line for each event.
var programs = map[string]func(){
	"plain": func() { runProgram() },
	"hangs": func() {
		runProgram(fx.Invoke(func(a *app.App) {
			a.At(app.Drain, "clients", func(context.Context) error { select {} })
		}))
	},
	"starts": func() {
		runProgram(fx.Invoke(func(lc fx.Lifecycle) {
			lc.Append(fx.StartHook(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }))
		}))
	},
	"dumps": func() {
		runProgram(
			On(syscall.SIGUSR1, Func("dump", func(context.Context, Event) error { fmt.Println("dumped"); return nil })),
			On(syscall.SIGHUP, Ignore),
		)
	},
	"pipes": func() {
		runProgram(fx.Invoke(func(a *app.App) {
			a.At(app.Serve, "child", func(context.Context) error {
				cmd := exec.Command("sh", "-c", "kill -PIPE $$; echo survived")
				out, err := cmd.CombinedOutput()
				fmt.Printf("child %v%s\n", err, out)
				return nil
			})
		}))
	},
	"dies": func() { runProgram(On(syscall.SIGPIPE, Default)) },
	"builds": func() { // as long as it has its terminal
		trap := NewTrap(Env{})
		defer trap.Close()
		fmt.Println("state building")
		runProgram(fx.Supply(trap), fx.Invoke(func() { _, _ = io.ReadAll(os.Stdin) }))
	},
	"traps": func() {
		trap := NewTrap(Env{})
		defer trap.Close()
		fmt.Println("state building")
		runProgram(fx.Supply(trap), fx.Invoke(func() { _, _ = io.ReadAll(os.Stdin) }))
	},
}

func runProgram(opts ...fx.Option) {
	fx.New(fx.NopLogger, app.Module, Module, fx.Invoke(func(a *app.App) {
		a.Handle(app.Reload, func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, nil })
		a.Observe(func(e app.Event) {
			switch e := e.(type) {
			case app.StateChanged:
				fmt.Println("state", e.To)
			case app.CommandEnded:
				fmt.Println(e.Answer.By, e.Answer.Command, e.Answer.Outcome)
			case app.StopRequested:
				fmt.Println("stop", e.Reason, e.First)
			case app.Noted:
				fmt.Println(e.Note.Level, e.Note.Text)
			case app.Ended:
				fmt.Println("ended", e.Report.Reason, len(e.Report.Also))
			}
		})
	}), fx.Options(opts...)).Run()
}

// process is a running program.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   io.Closer
	lines *bufio.Scanner // stdout and stderr
}

func (p *process) closeOutput() { _ = p.out.Close() }

func startProcess(t *testing.T, program string, wrap ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrap, exe)
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{t: t, cmd: exec.CommandContext(ctx, args[0], args[1:]...)}
	p.cmd.Env = append(os.Environ(), "SIGNALS_TEST_PROGRAM="+program)
	p.stdin, err = p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.cmd.Stdout
	p.out, p.lines = out, bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = p.cmd.Wait() })
	return p
}

// await reads lines until one begins with want.
func (p *process) await(want string) string {
	p.t.Helper()
	var seen []string
	for p.lines.Scan() {
		if line := p.lines.Text(); strings.HasPrefix(line, want) {
			return line
		}
		seen = append(seen, p.lines.Text())
	}
	p.t.Fatalf("the process ended without %q, after %q", want, seen)
	return ""
}

func (p *process) send(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end and returns the exit code, negative if it was killed.
func (p *process) exit() int {
	p.t.Helper()
	for p.lines.Scan() {
	}
	err := p.cmd.Wait()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		p.t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

func TestProcessReloadsAndStops(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := startProcess(t, "plain")
		p.await("state ready")
		p.send(syscall.SIGHUP)
		p.await("SIGHUP reload done")
		p.send(syscall.SIGUSR2)
		p.await("SIGUSR2 upgrade refused")
		p.send(sig)
		// fx's Run got the signal as well; the reason is the signal, and only that.
		if got, want := p.await("ended"), "ended "+app.SignalName(sig)+" 0"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := p.exit(); got != 0 {
			t.Errorf("%v: exit code: got %d, want 0", sig, got)
		}
	}
}

func TestProcessStopsWhileStarting(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "starts")
	p.await("state starting")
	p.await("DEBUG signals") // caught from here on
	p.send(syscall.SIGTERM)
	p.await("ended SIGTERM 0")
	if got := p.exit(); got != 0 {
		t.Errorf("exit code: got %d, want 0", got)
	}
}

func TestProcessExitsAtTheThirdSignal(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "hangs")
	p.await("state ready")
	p.send(syscall.SIGTERM)
	p.await("stop SIGTERM true")
	p.send(syscall.SIGINT)
	p.await("WARN hurrying")
	p.send(syscall.SIGTERM)
	p.await("graceful: SIGTERM again: exiting at once with code 143")
	if got, want := p.exit(), 143; got != want {
		t.Errorf("exit code: got %d, want %d", got, want)
	}
}

func TestProcessUnderNohupIgnoresHangup(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "plain", "sh", "-c", `trap "" HUP; exec "$0"`)
	p.await("INFO signal stays ignored")
	p.await("state ready")
	p.send(syscall.SIGHUP)
	p.send(syscall.SIGUSR2)
	if got, want := p.await("SIG"), "SIGUSR2 upgrade refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.send(syscall.SIGTERM)
	if got := p.exit(); got != 0 {
		t.Errorf("exit code: got %d, want 0", got)
	}
}

func TestProcessWithRowsOfItsOwn(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "dumps")
	p.await("state ready")
	p.send(syscall.SIGHUP)
	p.send(syscall.SIGUSR1)
	p.await("dumped")
	p.send(syscall.SIGTERM)
	if got := p.exit(); got != 0 {
		t.Errorf("exit code: got %d, want 0", got)
	}
}

func TestProcessSignalledWhileBuilding(t *testing.T) {
	t.Parallel()
	t.Run("once", func(t *testing.T) {
		t.Parallel()
		p := startProcess(t, "traps")
		p.await("state building")
		p.send(syscall.SIGHUP)
		p.send(syscall.SIGTERM)
		p.await("graceful: SIGTERM: stopping as soon as the application is built")
		p.stdin.Close() // the construction ends
		p.await("ended SIGTERM 0")
		if got := p.exit(); got != 0 {
			t.Errorf("exit code: got %d, want 0", got)
		}
	})
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		p := startProcess(t, "traps")
		p.await("state building")
		p.send(syscall.SIGTERM)
		p.await("graceful: SIGTERM: stopping")
		p.send(syscall.SIGINT)
		if got, want := p.exit(), 130; got != want {
			t.Errorf("exit code: got %d, want %d", got, want)
		}
	})
}
