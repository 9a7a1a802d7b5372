package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// sections of todo, as one reading of them.
type everything struct {
	fx.In

	DB       *config.Value[DB]
	Settings *config.Value[Settings]
	Limits   *config.Value[Limits]
	UI       *config.Value[UI]
}

func TestTheWholeProgramInFxtest(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TODO_HTTP_ADDR", "127.0.0.1:0")
	var a *app.App
	f := fxtest.New(t, graceful.Module, graceful.Name("todo"), program(), fx.Populate(&a))
	f.RequireStart()
	if _, err := a.Do(t.Context(), app.Request{Command: "backup", Args: map[string]string{"to": "copy.db"}}); err != nil {
		t.Error(err)
	}
	f.RequireStop()
	for _, file := range []string{"todo.db", "copy.db"} {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob("todo.db-*"); left != nil {
		t.Errorf("got %v, want the database closed and its log written back", left)
	}
}

func TestTheExampleFileIsTheDefaults(t *testing.T) {
	read := func(options ...fx.Option) (got everything) {
		f := fx.New(graceful.Module, graceful.Name("todo"), program(), fx.NopLogger, fx.Options(options...), fx.Invoke(func(e everything) { got = e }))
		if f.Err() != nil {
			t.Fatal(f.Err())
		}
		return got
	}
	file := read(config.WithFile("todo.yaml"))
	t.Chdir(t.TempDir())
	bare := read()
	for name, pair := range map[string][2]any{
		"db":     {file.DB.Get(), bare.DB.Get()},
		"todo":   {file.Settings.Get(), bare.Settings.Get()},
		"limits": {file.Limits.Get(), bare.Limits.Get()},
		"ui":     {file.UI.Get(), bare.UI.Get()},
	} {
		if got, want := pair[0], pair[1]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v from todo.yaml, want the default %+v", name, got, want)
		}
	}
}

func TestABadDatabaseFailsTheStart(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TODO_HTTP_ADDR", "127.0.0.1:0")
	if err := os.WriteFile("todo.db", bytes.Repeat([]byte("x"), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	f := fx.New(graceful.Module, graceful.Name("todo"), program(), fx.NopLogger)
	err := f.Start(t.Context())
	if code(err) == 0 {
		t.Errorf("got %v, want the error of SQLite", err)
	}
	if err := f.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestLink(t *testing.T) {
	for _, tt := range []struct{ addr, want string }{
		{"[::]:8080", "http://localhost:8080/"},
		{"0.0.0.0:80", "http://localhost:80/"},
		{"127.0.0.1:8080", "http://127.0.0.1:8080/"},
		{"[::1]:8080", "http://[::1]:8080/"},
		{"nonsense", "nonsense"},
	} {
		if got := link(tt.addr); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.addr, got, tt.want)
		}
	}
}
