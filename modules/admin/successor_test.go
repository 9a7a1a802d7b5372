package admin

import (
	"context"
	"net"
	"os"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// inherited returns a copy of a predecessor's socket.
type inherited struct{ file *os.File }

var _ app.Sockets = inherited{}

func (s inherited) Listen(context.Context, string, string, string) (net.Listener, error) {
	return net.FileListener(s.file)
}

// The address never goes away in an upgrade: the old process answers until it
// has handed over, then the new one does, on the same socket.
func TestSuccessorAnswersOnTheSameSocket(t *testing.T) {
	t.Parallel()
	old := newRig(t).start(t)
	file, err := old.server.listener.Listener.(*net.UnixListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	next := newRig(t, func(c *Config) { c.Addr = old.socket })
	next.server.sockets = inherited{file}
	gone := make(chan struct{})
	next.app.Wiring().SetGeneration(2, gone)
	began, end := make(chan struct{}), make(chan struct{})
	next.app.Add(app.Hook{Name: "slow", OnStart: func(context.Context) error { close(began); <-end; return nil }})
	started := make(chan error, 1)
	go func() { started <- next.app.Start(context.Background()) }()
	<-began

	generation := func() int {
		var st Status
		if err := old.client(t).Get(t.Context(), "/v1/status", &st); err != nil {
			t.Fatal(err)
		}
		return st.Generation
	}
	for range 5 {
		if got := generation(); got != 1 {
			t.Fatalf("while the successor starts: generation %d answers, want 1", got)
		}
	}
	close(end)
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	old.app.Wiring().Commit(os.Getpid())
	for range 5 {
		if got := generation(); got != 2 {
			t.Fatalf("after the commit: generation %d answers, want 2", got)
		}
	}
	old.app.Stop(app.Reason{Kind: app.Replaced, By: "upgrade"})
	<-old.app.Done()
	close(gone)
	if got := generation(); got != 2 {
		t.Errorf("at the end: generation %d", got)
	}
	next.app.Stop(app.Reason{})
	<-next.app.Done()
	if _, err := os.Lstat(old.socket); !os.IsNotExist(err) {
		t.Errorf("the socket outlives the last generation: %v", err)
	}
}

// onlyAt returns a predecessor's socket for its address, and opens others.
type onlyAt struct {
	inherited
	path string
}

func (s onlyAt) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	if address == s.path {
		return s.inherited.Listen(ctx, name, network, address)
	}
	return app.OpenSockets().Listen(ctx, name, network, address)
}

// An earlier path has become free. If a successor took it, the successor would
// answer at one path and the predecessor at the other while it starts, as if there
// were two services.
func TestSuccessorKeepsItsPlaceThoughAnEarlierOneIsFree(t *testing.T) {
	for what, leave := range map[string]func(t *testing.T, first *rig){
		"stopped": func(*testing.T, *rig) {},
		"died": func(t *testing.T, first *rig) {
			ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: first.server.listener.path})
			if err != nil {
				t.Fatal(err)
			}
			ln.SetUnlinkOnClose(false)
			ln.Close()
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Setenv("RUNTIME_DIRECTORY", shortDir(t))
			auto := func(c *Config) { c.Addr = "" }
			first, old := newRig(t, auto).start(t), newRig(t, auto).start(t)
			first.app.Stop(app.Reason{})
			<-first.app.Done()
			leave(t, first)
			place := old.server.listener.path
			file, err := old.server.listener.Listener.(*net.UnixListener).File()
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()

			next := newRig(t, auto)
			next.server.sockets = onlyAt{inherited{file}, place}
			gone := make(chan struct{})
			next.app.Wiring().SetGeneration(2, gone)
			next.app.Add(app.Hook{Name: "while it starts", OnStart: func(ctx context.Context) error {
				if c, err := Find(ctx, "test", Config{}); err != nil || c.Addr() != place {
					t.Errorf("while the successor starts: got %v, %v, want it at %s", c, err, place)
				}
				return nil
			}})
			next.start(t)
			old.app.Wiring().Commit(os.Getpid())
			old.app.Stop(app.Reason{Kind: app.Replaced, By: "upgrade"})
			<-old.app.Done()
			close(gone)
			if c, err := Find(t.Context(), "test", Config{}); err != nil || c.Addr() != place {
				t.Errorf("afterwards: got %v, %v, want it at %s", c, err, place)
			}
		})
	}
}

// once returns a predecessor's socket, only the first time.
type once struct {
	inherited
	asked *int
}

func (s once) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	if *s.asked++; *s.asked == 1 {
		return s.inherited.Listen(ctx, name, network, address)
	}
	return app.OpenSockets().Listen(ctx, name, network, address)
}

// The file of the socket is gone, or a successor that failed later had restored it
// and left it: the process can no longer be reached. The next successor can.
func TestSuccessorPutsTheFileOfItsSocketBack(t *testing.T) {
	t.Parallel()
	for what, leave := range map[string]func(t *testing.T, path string){
		"removed": func(*testing.T, string) {},
		"deserted": func(t *testing.T, path string) {
			ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
			if err != nil {
				t.Fatal(err)
			}
			ln.SetUnlinkOnClose(false)
			ln.Close()
		},
	} {
		t.Run(what, func(t *testing.T) {
			old := newRig(t).start(t)
			file, err := old.server.listener.Listener.(*net.UnixListener).File()
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if err := os.Remove(old.socket); err != nil {
				t.Fatal(err)
			}
			leave(t, old.socket)
			next := newRig(t, func(c *Config) { c.Addr = old.socket })
			next.server.sockets = once{inherited{file}, new(int)}
			gone := make(chan struct{})
			next.app.Wiring().SetGeneration(2, gone)
			next.start(t)
			old.app.Wiring().Commit(os.Getpid())
			old.app.Stop(app.Reason{Kind: app.Replaced, By: "upgrade"})
			<-old.app.Done()
			close(gone)
			var st Status
			if err := old.client(t).Get(t.Context(), "/v1/status", &st); err != nil || st.Generation != 2 {
				t.Errorf("at the old place: got generation %d, %v, want 2", st.Generation, err)
			}
			if fi, err := os.Lstat(old.socket); err != nil || fi.Mode().Perm() != 0o600 {
				t.Errorf("the file: got %v, %v, want mode 0600", fi, err)
			}
		})
	}
}

// The file was gone before the upgrade that failed, and is gone after it.
func TestRejectedSuccessorRemovesTheFileThatItPutBack(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]app.Reason{
		"turned down": {Kind: app.Replaced, By: "upgrade"},
		"failed":      {Kind: app.StartFailed, By: "start"},
	} {
		t.Run(name, func(t *testing.T) {
			old := newRig(t).start(t)
			file, err := old.server.listener.Listener.(*net.UnixListener).File()
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if err := os.Remove(old.socket); err != nil {
				t.Fatal(err)
			}
			next := newRig(t, func(c *Config) { c.Addr = old.socket })
			next.server.sockets = common{once{inherited{file}, new(int)}}
			next.app.Wiring().SetGeneration(2, make(chan struct{}))
			next.start(t)
			if _, err := os.Lstat(old.socket); err != nil {
				t.Errorf("not put back: %v", err)
			}
			next.app.Stop(reason)
			<-next.app.Done()
			if _, err := os.Lstat(old.socket); !os.IsNotExist(err) {
				t.Errorf("the file is left: %v", err)
			}
		})
	}
}

// common reports that another process holds the port, too.
type common struct{ app.Sockets }

func (common) Shared(string) bool { return true }

func TestTokenFileStaysOnlyForTheGenerationInCharge(t *testing.T) {
	for _, c := range []struct {
		name       string
		generation int
		incharge   bool
		reason     app.Reason
		another    bool // the successor has written the file since
		stays      bool
	}{
		{name: "a service manager holds the port", generation: 1},
		{name: "the predecessor drains", generation: 2, incharge: true},
		{name: "the predecessor is in charge", generation: 2, stays: true},
		{name: "replaced", generation: 2, incharge: true, reason: app.Reason{Kind: app.Replaced}, stays: true},
		{name: "another's", generation: 1, another: true, stays: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("RUNTIME_DIRECTORY", shortDir(t))
			r := newRig(t, func(c *Config) { c.Addr = "127.0.0.1:0" })
			r.server.sockets = common{app.OpenSockets()}
			if c.generation > 1 {
				r.app.Wiring().SetGeneration(c.generation, make(chan struct{}))
			}
			if c.incharge {
				r.app.Wiring().SetUpgrades(func() []app.UpgradeRecord { return []app.UpgradeRecord{{From: c.generation - 1, To: c.generation}} })
			}
			r.start(t)
			path := r.server.listener.token.path
			if c.another {
				if err := (&token{path: path, text: "another"}).write(); err != nil {
					t.Fatal(err)
				}
			}
			r.app.Stop(c.reason)
			<-r.app.Done()
			if _, err := os.Lstat(path); os.IsNotExist(err) == c.stays {
				t.Errorf("the file: got %v, want it to stay: %v", err, c.stays)
			}
		})
	}
}
