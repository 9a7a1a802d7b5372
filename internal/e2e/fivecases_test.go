package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
)

// fivefx is one fx application, run with plain fx or, unchanged, with
// graceful.Core. It has a database that must be closed, and one hook that does
// what fx does not survive.
func fivefx() {
	say := func(s string) { fmt.Println(s) }
	limits := timeouts(os.Args[2])
	opts := []fx.Option{
		fx.NopLogger,
		fx.StartTimeout(limits.start), fx.StopTimeout(limits.stop),
		fx.Invoke(func(lc fx.Lifecycle) {
			lc.Append(fx.StartStopHook(func() { say("database opened") }, func() { say("database closed") }))
		}),
		fx.Invoke(map[string]func(fx.Lifecycle){
			"start timeout": func(lc fx.Lifecycle) {
				lc.Append(fx.StartHook(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }))
			},
			"SIGTERM while starting": func(lc fx.Lifecycle) {
				lc.Append(fx.StartHook(func(ctx context.Context) error { say("starting"); <-ctx.Done(); return ctx.Err() }))
			},
			"stop timeout": func(lc fx.Lifecycle) {
				lc.Append(fx.StartStopHook(func() { say("started") }, func() { select {} }))
			},
			"panic in OnStart": func(lc fx.Lifecycle) { lc.Append(fx.StartHook(func() { panic("a bug") })) },
			"panic in OnStop": func(lc fx.Lifecycle) {
				lc.Append(fx.StartStopHook(func() { say("started") }, func() { panic("a bug") }))
			},
			"impatient Ctrl-C": func(lc fx.Lifecycle) {
				lc.Append(fx.StartStopHook(func() { say("started") }, func() { say("stopping"); select {} }))
			},
		}[os.Args[2]]),
	}
	if os.Args[1] == "graceful" {
		opts = append(opts, graceful.Core)
	}
	f := fx.New(opts...)
	if os.Args[2] != "SIGTERM while starting" {
		// fx listens for signals from Wait on, a moment after the last start
		// hook; a test that is about another moment must not hit that one.
		f.Done()
	}
	f.Run()
	say("Run returned")
}

// timeouts are short only in the case that is about them, so that a busy machine
// does not turn another case into it. The second Ctrl-C comes from an impatient
// person to a patient program.
func timeouts(name string) (d struct{ start, stop time.Duration }) {
	d.start, d.stop = time.Hour, time.Hour
	switch name {
	case "start timeout":
		d.start = 3 * time.Second
	case "stop timeout":
		d.stop = 3 * time.Second
	}
	return d
}

// fate is the outcome of one run.
type fate struct {
	closed bool // the database
	code   int  // or one of the fates below
	named  bool // the output says where the trouble is
}

const (
	bySignal  = -1
	hadToKill = -2
	// raced: with plain fx, Run's exit code 1 races with the crash's 2, which
	// prints where the panic was (go.uber.org/fx/issues/1116).
	raced = -3
)

func (f fate) String() string {
	words := []string{"database left open"}
	if f.closed {
		words[0] = "database closed"
	}
	switch f.code {
	case bySignal:
		words = append(words, "killed by the signal")
	case hadToKill:
		words = append(words, "signal ignored")
	case raced:
		words = append(words, "exit 1 or 2")
	default:
		words = append(words, fmt.Sprintf("exit %d", f.code))
	}
	if f.named {
		words = append(words, "culprit named")
	}
	return strings.Join(words, ", ")
}

// What fx's Run loses, and what adding graceful.Core to the same program keeps.
// docs/comparison.md shows the table that this test prints.
func TestFiveCases(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals to send")
	}
	cases := []struct {
		name            string
		plain, graceful fate
		drive           func(t *testing.T, p *process)
	}{
		{"start timeout", fate{false, 1, false}, fate{true, 1, true}, func(*testing.T, *process) {}},
		{"SIGTERM while starting", fate{false, bySignal, false}, fate{true, 0, false}, func(t *testing.T, p *process) {
			tell(t, p, "starting", "SIGTERM")
		}},
		{"stop timeout", fate{false, 1, false}, fate{true, 1, true}, func(t *testing.T, p *process) {
			tell(t, p, "started", "SIGTERM")
		}},
		{"panic in OnStart", fate{false, raced, false}, fate{true, 1, true}, func(*testing.T, *process) {}},
		{"panic in OnStop", fate{false, raced, false}, fate{true, 1, true}, func(t *testing.T, p *process) {
			tell(t, p, "started", "SIGTERM")
		}},
		{"impatient Ctrl-C", fate{false, hadToKill, false}, fate{false, 130, false}, func(t *testing.T, p *process) {
			tell(t, p, "started", "SIGINT")
			impatient(t, p, "stopping", "SIGINT")
		}},
	}
	page, err := os.ReadFile("../../docs/comparison.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plain, with := runFive(t, "plain", c.name, c.drive), runFive(t, "graceful", c.name, c.drive)
			row := fmt.Sprintf("| %s | %s | %s |", c.name, plain, with)
			t.Log(row)
			if plain != c.plain || with != c.graceful {
				t.Errorf("want plain: %v; graceful: %v", c.plain, c.graceful)
			}
			if !strings.Contains(string(page), row) {
				t.Errorf("docs/comparison.md does not show\n%s", row)
			}
		})
	}
}

func runFive(t *testing.T, mode, name string, drive func(*testing.T, *process)) fate {
	t.Helper()
	cmd := exec.Command(programPath(t, "fivefx"), mode, name)
	cmd.Dir = t.TempDir()
	// The same times as fx's own, which the program sets: under the plan they
	// come from the configuration.
	limits := timeouts(name)
	cmd.Env = append(os.Environ(), "APP_START_TIMEOUT="+limits.start.String(), "APP_STOP_TIMEOUT="+limits.stop.String())
	p, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	drive(t, p)
	f := fate{code: hadToKill}
	select {
	case f.code = <-p.code:
		p.code <- f.code
	default:
		if name != "impatient Ctrl-C" || mode == "graceful" {
			if f.code, err = p.exit(); err != nil {
				t.Fatalf("%v; it printed\n%s", err, p.text())
			}
		}
	}
	out := p.text()
	f.closed = strings.Contains(out, "database closed")
	f.named = strings.Contains(out, "fivecases_test.go")
	if mode == "plain" && strings.HasPrefix(name, "panic") && (f.code == 1 || f.code == 2) {
		f.code, f.named = raced, false
	}
	return f
}

// tell sends a signal when the process has printed a line.
func tell(t *testing.T, p *process, line, signal string) {
	t.Helper()
	if _, err := p.await(regexp.MustCompile(line)); err != nil {
		t.Fatalf("%v; it printed\n%s", err, p.text())
	}
	if err := sendSignal(p.cmd.Process, signal); err != nil {
		t.Fatal(err)
	}
}

// impatient goes on sending the signal after a line, as people do, until the
// process has ended or ten have made no difference.
func impatient(t *testing.T, p *process, line, signal string) {
	t.Helper()
	tell(t, p, line, signal)
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for range 10 {
		select {
		case code := <-p.code:
			p.code <- code
			return
		case <-again.C:
			_ = sendSignal(p.cmd.Process, signal)
		}
	}
}

// programPath returns where testscript.Main has put one of our programs: beside
// others of its PATH, or this binary under that name.
func programPath(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
