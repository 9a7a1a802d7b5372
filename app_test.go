package graceful_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"
	"go.uber.org/goleak"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// The promises, in the order in which a user meets them: a module among fx's
// options, hooks that run in order, and a process that is reloaded and stopped. The
// others are in internal/e2e.

func TestModuleAloneStartsAndStops(t *testing.T) {
	t.Setenv("APP_HTTP_ADDR", "127.0.0.1:0")
	t.Chdir(t.TempDir())
	fxtest.New(t, graceful.Module).RequireStart().RequireStop()
}

func TestModuleMayStandAnywhere(t *testing.T) {
	t.Setenv("APP_HTTP_ADDR", "127.0.0.1:0")
	t.Chdir(t.TempDir())
	var ran []string
	user := fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StartStopHook(func() { ran = append(ran, "+") }, func() { ran = append(ran, "-") }))
	})
	for name, opts := range map[string][]fx.Option{"first": {graceful.Module, user}, "last": {user, graceful.Module}} {
		ran = nil
		var a *app.App
		fxtest.New(t, append(opts, fx.Populate(&a))...).RequireStart().RequireStop()
		if fmt.Sprint(ran) != "[+ -]" {
			t.Errorf("%s: %v", name, ran)
		}
		if got := a.Report(); got.Code != 0 || got.State != app.StateStopped {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// greeter is a whole program: a setting that may change, and a handler that runs
// until the stop has begun.
func greeter() {
	type greeting struct {
		Text string `config:"text" doc:"what to say"`
	}
	graceful.Run(
		graceful.Name("greeter"),
		config.Section[greeting]("greeting", config.Default(func() greeting { return greeting{Text: "hello"} })),
		fx.Provide(func(g *config.Value[greeting]) http.Handler {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, g.Get().Text) })
			mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
				fmt.Println("slow request began")
				<-app.Draining(r.Context())
				fmt.Fprint(w, "answered all the same")
			})
			return mux
		}),
		fx.Invoke(func(lc fx.Lifecycle) {
			lc.Append(fx.StartStopHook(func() { fmt.Println("database opened") }, func() { fmt.Println("database closed") }))
		}),
	)
}

// One process from start to end: it serves, takes a new setting without a restart,
// keeps it when the next one is wrong, answers during its stop what it had
// received, closes what it opened, and exits with 0.
func TestProcessReloadsAndDrains(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals to send")
	}
	dir := t.TempDir()
	p := start(t, dir)
	url := "http://" + p.await(`"ready".*"http": *"([^"]+)"`)
	if got := fetch(url + "/"); got != "200 hello" {
		t.Errorf("before the reload: %s", got)
	}

	write(t, filepath.Join(dir, "greeter.yaml"), "greeting: {text: good day}")
	p.signal(syscall.SIGHUP)
	p.await(`reload done.*greeting.text`)
	if got := fetch(url + "/"); got != "200 good day" {
		t.Errorf("after the reload: %s", got)
	}

	write(t, filepath.Join(dir, "greeter.yaml"), "greeting: {txt: oops}")
	p.signal(syscall.SIGHUP)
	p.await(`greeter.yaml:1:12: greeting.txt: unknown key`)
	if got := fetch(url + "/"); got != "200 good day" {
		t.Errorf("after the reload that failed: %s", got)
	}

	slow := make(chan string, 1)
	go func() { slow <- fetch(url + "/slow") }()
	p.await(`slow request began`)
	p.signal(syscall.SIGTERM)
	if got := <-slow; got != "200 answered all the same" {
		t.Errorf("the request that was in flight: %s", got)
	}
	p.await(`database closed`)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("exit code: %v", err)
	}
}

// process is a running greeter.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func start(t *testing.T, dir string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // then it is killed
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "RUN=greeter", "GREETER_HTTP_ADDR=127.0.0.1:0", "XDG_RUNTIME_DIR="+dir)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return &process{t, cmd, bufio.NewScanner(r)}
}

// await reads what the process prints up to a line that matches, and returns its
// first group.
func (p *process) await(pattern string) string {
	p.t.Helper()
	re, printed := regexp.MustCompile(pattern), ""
	for p.lines.Scan() {
		printed += p.lines.Text() + "\n"
		if m := re.FindStringSubmatch(p.lines.Text()); m != nil {
			return m[len(m)-1]
		}
	}
	p.t.Fatalf("it ended without a line that matches %q:\n%s", pattern, printed)
	return ""
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// fetch returns "200 body" or the error.
func fetch(url string) string {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", res.StatusCode, body)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMain makes the test binary the program as well, and looks for goroutines that
// outlived the tests.
func TestMain(m *testing.M) {
	if os.Getenv("RUN") == "greeter" {
		greeter()
		return
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // or under nohup a child would ignore it
	goleak.VerifyTestMain(m)
}
