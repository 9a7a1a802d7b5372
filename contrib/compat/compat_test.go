package compat

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

// TestMain lets the test binary be a program on Core as well.
func TestMain(m *testing.M) {
	if with := os.Getenv("CORE_WITH"); with != "" {
		runOnCore(with)
		return
	}
	flag.Parse()
	dir, err := os.MkdirTemp("", "compat")
	if err != nil {
		panic(err)
	}
	bin = dir
	leaks := goleak.IgnoreCurrent()
	code := m.Run()
	if err := goleak.Find(leaks); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := os.RemoveAll(dir); err != nil && code == 0 {
		panic(err)
	}
	os.Exit(code)
}

// bin is where the programs are built.
var bin string

// Options are only looked at by fx when it runs, so each program is built.
func TestProgramsCanBeBuilt(t *testing.T) {
	for name, opts := range map[string]fx.Option{
		"slog": slogDefault,
	} {
		before := slog.Default()
		if err := fx.New(fx.NopLogger, graceful.Module, opts).Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		slog.SetDefault(before)
	}
}

func TestCoreWritesToASlogLogger(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	x := apptest.NewCore(t, fx.Supply(log), fx.Provide(newZap), fx.Invoke(func(a *app.App, l *zap.Logger) {
		l.With(zap.String("part", "mailer")).Warn("look", zap.Error(errors.New("no route")))
		l.Debug("not this")
	})).Start()
	x.Stop()
	for _, want := range []string{"level=WARN msg=look part=mailer error=\"no route\"", "msg=ready", "level=INFO"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "not this") {
		t.Error("the level of the slog handler does not count")
	}
}

// A line must read the same each time.
func TestFieldsReachSlogInTheirOrder(t *testing.T) {
	var out bytes.Buffer
	log := newZap(slog.New(slog.NewTextHandler(&out, nil))).With(zap.Int("z", 1), zap.Int("a", 2), zap.Namespace("in"), zap.Int("y", 3))
	for range 50 { // a map would change its order
		out.Reset()
		log.Info("look", zap.Int("f", 1), zap.Int("e", 2), zap.Int("d", 3), zap.Namespace("deep"), zap.Int("c", 4), zap.Int("b", 5))
		if want := "z=1 a=2 in.y=3 in.f=1 in.e=2 in.d=3 in.deep.c=4 in.deep.b=5\n"; !strings.HasSuffix(out.String(), want) {
			t.Fatalf("got %s\nwant it to end in %s", out.String(), want)
		}
	}
}
