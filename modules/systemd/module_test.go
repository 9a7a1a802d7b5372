package systemd_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/systemd"
)

func env(kv ...string) systemd.Env {
	return systemd.Env{Lookup: func(key string) (string, bool) {
		for i := 0; i < len(kv); i += 2 {
			if kv[i] == key {
				return kv[i+1], true
			}
		}
		return "", false
	}}
}

func TestModuleWithoutManagerDoesNothing(t *testing.T) {
	var a *app.App
	var sockets app.Sockets
	var n *systemd.Notifier
	f := fxtest.New(t, app.Module, systemd.Module, systemd.AsSockets(), fx.Supply(env()),
		fx.Populate(&a, &n), fx.Invoke(func(in struct {
			fx.In
			Sockets app.Sockets `optional:"true"`
		}) {
			sockets = in.Sockets
		}))
	goroutines := runtime.NumGoroutine()
	f.RequireStart()
	if sockets != nil {
		t.Errorf("provides %v, want nothing: servers open their sockets themselves", sockets)
	}
	for _, s := range a.Report().Steps {
		t.Errorf("added %s to the plan", s.Name)
	}
	most := goroutines + 1 // fx's own Wait
	end := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > most && time.Now().Before(end) { // one that has delivered an event may still end
		runtime.Gosched()
	}
	if got := runtime.NumGoroutine(); got > most {
		t.Errorf("%d goroutines, before the start %d", got, goroutines)
	}
	f.RequireStop()
	if err := n.Remove("x"); !errors.Is(err, systemd.ErrNoManager) {
		t.Errorf("got %v, want ErrNoManager", err)
	}
}

func TestModuleFollowsTheApplication(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there are service managers on Linux only")
	}
	name := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	said := func() string {
		b := make([]byte, 4096)
		n, err := manager.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	f := fxtest.New(t, app.Module, systemd.Module, fx.Supply(env("NOTIFY_SOCKET", name)),
		fx.Provide(func() systemd.Liveness { return func(context.Context) error { return nil } }))
	f.RequireStart()
	if got, want := said(), "STATUS=starting\nEXTEND_TIMEOUT_USEC=10000000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := said(), "READY=1\nSTATUS=ready"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f.RequireStop()
}

func TestModuleRefusesNonsense(t *testing.T) {
	f := fx.New(fx.NopLogger, app.Module, systemd.Module, fx.Supply(env("LISTEN_PID", "me", "LISTEN_FDS", "1")))
	if f.Err() == nil {
		t.Error("built an application although LISTEN_PID makes no sense")
	}
}
