package cli_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/config"
)

// The test binary is also the program whose commands the scripts use.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"todo":    func() { cli.Main("todo", todo()...) },
		"mounted": func() { os.Exit(cli.Run(context.Background(), os.Args[2:], append(todo(), graceful.Name("todo"))...)) },
		"cyclic":  func() { cli.Main("cyclic", app.Calls("http", "grpc"), app.Calls("grpc", "http")) },
		"twice": func() {
			cli.Main("twice", map[string]fx.Option{
				"zap":    fx.Provide(zap.NewExample),
				"slog":   fx.Provide(slog.Default),
				"level":  fx.Supply(zap.NewAtomicLevel()),
				"server": fx.Provide(func() *http.Server { return &http.Server{} }),
				"keep":   fx.Decorate(func(*zap.Logger) *zap.Logger { return zap.NewExample() }),
			}[os.Getenv("TWICE")])
		},
		"broken": func() { cli.Main("broken", fx.Invoke(func(*http.Client) {})) },
	})
}

type greeting struct {
	Text  string        `config:"text" doc:"what to say"`
	Token config.Secret `config:"token" doc:"what not to say"`
}

// spare has secrets of every origin beside the file.
type spare struct {
	Env   config.Secret `config:"env" doc:"from the environment"`
	Disk  config.Secret `config:"disk" doc:"from a file of its own"`
	Flag  config.Secret `config:"flag" doc:"from the command line"`
	Built config.Secret `config:"built" doc:"from the program"`
}

func (g *greeting) Validate() error {
	if g.Text == "" {
		return config.Invalid("text", "is empty: say something")
	}
	return nil
}

// todo is an application. Commands that do not start it must not build it.
func todo() []fx.Option {
	return []fx.Option{
		config.WithSource(func(s *config.Source) { s.Manual = true }), // else the watcher races with the scripts
		graceful.Version("9.8.7"),
		app.Describe(team),
		config.Section[greeting]("greeting", config.Default(func() greeting { return greeting{Text: "hello"} })),
		config.Section[spare]("spare", config.Default(func() spare { return spare{Built: config.NewSecret("canary-built")} })),
		fx.Provide(func(g *config.Value[greeting]) http.Handler {
			fmt.Println("the application was built")
			mux := http.NewServeMux()
			mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, g.Get().Text) })
			return mux
		}),
		fx.Module("user", fx.Invoke(func(lc fx.Lifecycle, _ http.Handler, a *app.App, g *config.Value[greeting], log *zap.Logger) {
			config.OnReload(g, "picky", func(_ context.Context, c config.Change[greeting]) (config.Tx, error) {
				if c.New.Text == "no" {
					return config.Tx{}, errors.New("i do not like it")
				}
				return config.Tx{}, nil
			})
			if os.Getenv("STUCK") != "" {
				lc.Append(fx.StopHook(func(ctx context.Context) error { <-ctx.Done(); return errors.New("stuck") }))
			}
			commands(a)
			hold := func(file string) func() {
				return func() {
					for _, err := os.Stat(file); err != nil; _, err = os.Stat(file) {
						time.Sleep(10 * time.Millisecond) // in the program under test, not in the test
					}
				}
			}
			if file := os.Getenv("HOLD_START"); file != "" {
				lc.Append(fx.StartHook(hold(file)))
			}
			if file := os.Getenv("HOLD_STOP"); file != "" {
				lc.Append(fx.StopHook(hold(file)))
			}
			if os.Getenv("PRINT_IN_STOP") != "" {
				lc.Append(fx.StopHook(func() { fmt.Fprintln(os.Stderr, "stopping, says the application") }))
			}
			if os.Getenv("LOG_IN_STOP") != "" {
				lc.Append(fx.StopHook(func() { log.Error("stopping, logs the application") }))
			}
			if d, err := time.ParseDuration(os.Getenv("SLOW_STOP")); err == nil {
				lc.Append(fx.StopHook(func() { time.Sleep(d) })) // in the program under test, not in the test
			}
		})),
	}
}

// The commands of the scripts, besides testscript's:
//
//	code N PROGRAM ARG ...     run a program to its end; the exit code is N
//	start NAME PROGRAM ARG ... start a process and wait until it says that it is ready
//	until RE PROGRAM ARG ...   run a program again and again, until it prints what matches
//	ends NAME CODE             wait for its end
//	lives NAME                 it has not ended
//	port                       set PORT and TODO_ADMIN_ADDR to what port 0 of the admin API has become
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "start": start, "ends": ends, "lives": lives, "port": port, "until": until,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("RUNTIME_DIRECTORY", env.WorkDir+"/run")
			env.Setenv("TODO_HTTP_ADDR", "127.0.0.1:0")
			env.Values[stageKey{}] = map[string]*process{}
			return os.Mkdir(env.WorkDir+"/run", 0o700)
		},
		RequireUniqueNames: true,
	})
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N PROGRAM ARG ...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
