// Package e2e_test tries whole programs: the promises of the README as scripts,
// upgrades under load, real service managers, the README's transcript.
package e2e_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/fx"
	"go.uber.org/goleak"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// The test binary is also the programs that the scripts run.
func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){
		"empty":           func() { fx.New(graceful.Module).Run() },
		"service":         service,
		"fivefx":          fivefx,
		"echo":            echo,
		"unread":          unread,
		"ignoring-hangup": ignoringHangup,
		"handlerless": func() { // the handler lacks what it needs
			graceful.Run(fx.Provide(func(*sql.DB) http.Handler { return http.NotFoundHandler() }))
		},
	})
}

// leakless runs the tests and then looks for goroutines that outlived them.
type leakless struct{ m *testing.M }

func (l leakless) Run() int {
	heedHangup()
	code := l.m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// service is a small program as users write it: it greets, slowly on request, and
// its greeting can be changed while it runs.
func service() {
	type greeting struct {
		Text string `config:"text" doc:"what to say"`
		Sign string `config:"sign" reload:"restart" doc:"whose greeting it is"`
	}
	graceful.Run(
		graceful.Name("service"),
		pendingPolicy(),
		config.Section[greeting]("greeting", config.Default(func() greeting { return greeting{Text: "hello"} })),
		fx.Provide(func(g *config.Value[greeting]) http.Handler {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, g.Get().Text, g.Get().Sign) })
			mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
				fmt.Println("slow request began")
				<-app.Draining(r.Context()) // it still runs when the stop has closed the listener
				fmt.Fprintln(w, "done all the same")
			})
			mux.HandleFunc("GET /never", func(_ http.ResponseWriter, r *http.Request) {
				fmt.Println("endless request began")
				<-r.Context().Done()
			})
			mux.HandleFunc("GET /panic", func(w http.ResponseWriter, r *http.Request) {
				defer httpserver.OnDrain(r.Context(), func() { panic("boom") })()
				fmt.Println("request began whose end panics")
				hold("release") // until the script has seen the report
				fmt.Fprintln(w, "done all the same")
			})
			mux.HandleFunc("GET /deaf", func(http.ResponseWriter, *http.Request) {
				fmt.Println("deaf request began")
				select {}
			})
			return mux
		}),
		httpserver.Tune("on-shutdown", 0, func(hs *http.Server) {
			switch os.Getenv("ON_SHUTDOWN") {
			case "panic":
				hs.RegisterOnShutdown(func() { panic("boom") })
			case "block":
				hs.RegisterOnShutdown(func() { select {} })
			}
		}),
		fx.Invoke(func(lc fx.Lifecycle) {
			if file := os.Getenv("HOLD_BUILD"); file != "" {
				fmt.Println("slow constructor began")
				hold(file)
			}
			if os.Getenv("STUCK") != "" {
				lc.Append(fx.StopHook(func() { select {} }))
			}
			if why, err := os.ReadFile("fail"); err == nil {
				lc.Append(fx.StartHook(func() error { return errors.New(string(why)) }))
			}
			if file := os.Getenv("HOLD_START"); file != "" {
				lc.Append(fx.StartHook(func() { fmt.Println("slow start began"); hold(file) }))
			}
		}),
	)
}

// hold waits until there is a file of that name.
func hold(file string) {
	for _, err := os.Stat(file); err != nil; _, err = os.Stat(file) {
		time.Sleep(10 * time.Millisecond) // in the program under test, not in the test
	}
}

// pendingPolicy is what the environment says about changes that need a restart.
func pendingPolicy() fx.Option {
	return config.WithSource(func(s *config.Source) {
		if policy, ok := os.LookupEnv("PENDING"); ok {
			if err := s.Pending.UnmarshalText([]byte(policy)); err != nil {
				panic(err)
			}
		}
	})
}

// Each promise is a script against a real process.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		Cmds:               scriptCommands(),
		Setup:              setupScript,
		RequireUniqueNames: true,
	})
}
