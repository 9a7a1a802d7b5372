package config_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.uber.org/dig"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/config/configtest"
)

type server struct {
	Addr string `config:"addr" reload:"restart"`
	Port int    `config:"port"`
}

func defaults() server { return server{Addr: ":8080"} }

// start runs an application on a configuration in an empty working directory.
func start(t *testing.T, opts ...fx.Option) *app.App {
	t.Helper()
	t.Chdir(t.TempDir())
	var a *app.App
	fxapp := fxtest.New(t, app.Module, config.Module, fx.Supply(app.Name("todo")),
		config.Section[server]("http", config.Default(defaults)), fx.Populate(&a), fx.Options(opts...))
	fxapp.RequireStart()
	t.Cleanup(fxapp.RequireStop)
	return a
}

func reload(t *testing.T, a *app.App, args map[string]string) (app.Answer, config.Report, error) {
	t.Helper()
	ans, err := a.Do(context.Background(), app.Request{Command: app.Reload, By: "SIGHUP", Args: args})
	r, _ := ans.Detail.(config.Report)
	return ans, r, err
}

func TestModuleWithoutAnything(t *testing.T) {
	a := start(t)
	ans, _, err := reload(t, a, nil)
	if err != nil || ans.Outcome != app.OutcomeUnchanged || !strings.Contains(ans.Text, "no config file; name one with TODO_CONFIG_FILE") {
		t.Errorf("got %+v, %v", ans, err)
	}
}

func TestModuleAnswersWithTheOutcome(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	save(t, path, "http: {port: 1, addr: a}")
	var v *config.Value[server]
	var notes []string
	manual := config.WithSource(func(s *config.Source) { s.Manual = true })
	a := start(t, config.WithFile(path), manual, fx.Populate(&v))
	a.Observe(func(e app.Event) {
		if n, ok := e.(app.Noted); ok && n.Note.Level == slog.LevelWarn {
			notes = append(notes, n.Note.Text)
		}
	})
	steps := []struct {
		name, yaml string
		args       map[string]string
		want       app.Outcome
		port       int
	}{
		{"change", "http: {port: 2, addr: a}", nil, app.OutcomeDone, 2},
		{"nothing", "http: {port: 2, addr: a}", nil, app.OutcomeUnchanged, 2},
		{"restart", "http: {port: 3, addr: b}", nil, app.OutcomePending, 3},
		{"problems", "http: {port: x, adr: b}", nil, app.OutcomeFailed, 3},
		{"dry run", "http: {port: 4, addr: a}", map[string]string{"dry_run": "true"}, app.OutcomeDone, 3},
		{"wrong hash", "http: {port: 4, addr: a}", map[string]string{"if_match": "beef"}, app.OutcomeRefused, 3},
		{"repaired", "http: {port: 5, addr: a}", nil, app.OutcomeDone, 5},
	}
	for _, s := range steps {
		save(t, path, s.yaml)
		ans, r, err := reload(t, a, s.args)
		if ans.Outcome != s.want || v.Get().Port != s.port {
			t.Errorf("%s: got %s, port %d; want %s, %d (%s)", s.name, ans.Outcome, v.Get().Port, s.want, s.port, ans.Text)
		}
		if fine := err == nil; fine != (s.want != app.OutcomeFailed && s.want != app.OutcomeRefused) {
			t.Errorf("%s: got error %v", s.name, err)
		}
		if s.name == "problems" && len(r.Problems) != 2 {
			t.Errorf("got %s, want two problems", r.JSON())
		}
	}
	if len(notes) != 2 {
		t.Errorf("got notes %q, want one for each of two problems", notes)
	}
}

func TestModuleReloadsWhenTheFileChanges(t *testing.T) {
	f := configtest.NewFile(t, "http: {port: 1}")
	ended := make(chan app.CommandEnded, 10)
	start(t, config.WithFile(f.Path), fx.Invoke(func(a *app.App) {
		a.Observe(func(e app.Event) {
			if e, ok := e.(app.CommandEnded); ok {
				ended <- e
			}
		})
	}))
	for _, step := range []struct {
		yaml string
		want app.Outcome
	}{{"http: {port: 2}", app.OutcomeDone}, {"http: {port: x}", app.OutcomeFailed}} {
		f.Edit(step.yaml)
		if e := <-ended; e.Answer.By != "file change" || e.Answer.Outcome != step.want {
			t.Errorf("got %+v, want %s by file change", e.Answer, step.want)
		}
	}
}

func TestModuleFailsTheStartOnAWrongFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	save(t, path, "http:\n  prot: 1")
	fxapp := fx.New(fx.NopLogger, app.Module, config.Module, config.WithFile(path), config.Section[server]("http"))
	var invalid *config.InvalidError
	if err := dig.RootCause(fxapp.Err()); !errors.As(err, &invalid) || !strings.Contains(err.Error(), path+":2:3: http.prot: unknown key") {
		t.Errorf("got %v", err)
	}
}

// A typing error in a variable must cause a warning, and variables of other
// programs must not.
func TestStartWarnsOfVariablesThatSetNothing(t *testing.T) {
	notes := map[slog.Level][]string{}
	start(t,
		config.WithSource(func(s *config.Source) {
			s.Environ = []string{"TODO_HTTP_PROT=1", "TODO_GREETING=x", "TODO_HTTP_PORT=2", "TODO_CONFIG_FILE=",
				"TODO_SERVICE_HOST=10.0.0.1", "TODO_PORT=tcp://10.0.0.1:8080", "TODO_PORT_8080_TCP=tcp://10.0.0.1:8080", "TODO_SERVICE_PORT_HTTP=8080"}
		}),
		fx.Invoke(func(a *app.App) {
			a.Observe(func(e app.Event) {
				if n, ok := e.(app.Noted); ok && strings.Contains(n.Note.Text, "variable") {
					notes[n.Note.Level] = append(notes[n.Note.Level], n.Note.Attrs[0].Value.String())
				}
			})
		}))
	want := map[slog.Level][]string{
		slog.LevelWarn:  {`env TODO_HTTP_PROT: sets nothing (did you mean "TODO_HTTP_PORT"?)`},
		slog.LevelDebug: {"env TODO_GREETING: sets nothing"},
	}
	if !reflect.DeepEqual(notes, want) {
		t.Errorf("got  %v\nwant %v", notes, want)
	}
}

func TestModuleReadsFlags(t *testing.T) {
	flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
	flags.Int("http.port", 0, "")
	if err := flags.Parse([]string{"--http.port=9"}); err != nil {
		t.Fatal(err)
	}
	var v *config.Value[server]
	start(t, config.WithFlags(flags), fx.Populate(&v))
	if got := v.Get().Port; got != 9 {
		t.Errorf("got %d, want 9", got)
	}
}

func TestModuleProvidesSeveralSectionsOfOneType(t *testing.T) {
	type in struct {
		fx.In
		Main  *config.Value[server]
		Admin *config.Value[server] `name:"admin"`
	}
	start(t, config.Section[server]("http.admin", config.Tagged("admin"), config.Default(func() server { return server{Port: 1} })),
		fx.Invoke(func(in in) {
			if in.Main.Get().Addr != ":8080" || in.Admin.Get().Port != 1 {
				t.Errorf("got %+v and %+v", in.Main.Get(), in.Admin.Get())
			}
		}))
}

func TestPolicyRestartRequestsAnUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	save(t, path, "http: {addr: a}")
	asked := make(chan app.Request, 1)
	a := start(t, config.WithFile(path), config.WithPolicy(config.Restart), fx.Invoke(func(a *app.App) {
		a.Handle(app.Upgrade, func(_ context.Context, r app.Request) (app.Answer, error) {
			asked <- r
			return app.Answer{}, nil
		})
	}))
	save(t, path, "http: {addr: b}")
	if ans, _, err := reload(t, a, nil); err != nil || ans.Outcome != app.OutcomePending {
		t.Errorf("got %+v, %v", ans, err)
	}
	if r := <-asked; r.By != "configuration" {
		t.Errorf("got %+v", r)
	}
}
