package upgrade_test

import (
	"context"
	"net"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/upgrade"
)

func TestModuleStartsAndStops(t *testing.T) {
	t.Chdir(t.TempDir())
	var u *upgrade.Upgrader
	var sockets app.Sockets
	f := fxtest.New(t, app.Module, config.Module, upgrade.Module, fx.Populate(&u, &sockets))
	f.RequireStart()
	if got := u.Status(); got.Generation != 1 || got.Phase != upgrade.Idle || got.Predecessor {
		t.Errorf("got %+v", got)
	}
	ln, err := sockets.Listen(t.Context(), "test", "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	f.RequireStop()
}

// manager has the sockets of a service manager.
type manager struct{ asked []string }

func (m *manager) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	m.asked = append(m.asked, name)
	return app.OpenSockets().Listen(ctx, name, network, address)
}

func TestFallbackOpensWhatWasNotInherited(t *testing.T) {
	t.Chdir(t.TempDir())
	m := &manager{}
	var sockets *upgrade.Sockets
	f := fxtest.New(t, app.Module, config.Module, upgrade.Module, fx.Populate(&sockets),
		upgrade.Fallback(func() app.Sockets { return m }))
	f.RequireStart()
	ln, err := sockets.Listen(t.Context(), "http", "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if len(m.asked) != 1 || !sockets.Shared("http") {
		t.Errorf("asked for %v, shared %v", m.asked, sockets.Shared("http"))
	}
	f.RequireStop()
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	for name, change := range map[string]func(*upgrade.Config){
		"ready_timeout": func(c *upgrade.Config) { c.ReadyTimeout = 0 },
		"probation":     func(c *upgrade.Config) { c.Probation = -1 },
		"kill_after":    func(c *upgrade.Config) { c.KillAfter = 0 },
	} {
		c := upgrade.DefaultConfig()
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		change(&c)
		if c.Validate() == nil {
			t.Errorf("%s: %+v is valid", name, c)
		}
	}
}
