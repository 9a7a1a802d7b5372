//go:build unix

package upgrade

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
)

// handOver makes Sockets that have inherited what old holds.
func handOver(t *testing.T, old *Sockets) *Sockets {
	t.Helper()
	next := newSockets()
	files, fds, err := old.manifest()
	if err != nil {
		t.Fatal(err)
	}
	next.inherit(files, fds)
	t.Cleanup(next.close)
	return next
}

func listen(t *testing.T, s *Sockets, name, network, addr string) net.Listener {
	t.Helper()
	ln, err := s.Listen(t.Context(), name, network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func TestListenInheritsWhatIsMeant(t *testing.T) {
	for name, tt := range map[string]struct {
		name, addr string // PORT is that of the predecessor's listener on 127.0.0.1:0, called http
		want       bool
	}{
		"the same":                            {"http", "127.0.0.1:0", true},
		"the port written out":                {"http", "127.0.0.1:PORT", true},
		"the same address by its name":        {"http", "localhost:PORT", true},
		"a server with a new name":            {"web", "127.0.0.1:PORT", true},
		"any port under a new name":           {"web", "127.0.0.1:0", false},
		"another address under the same name": {"http", "127.0.0.2:0", false},
	} {
		t.Run(name, func(t *testing.T) {
			old := newSockets()
			ln := listen(t, old, "http", "tcp4", "127.0.0.1:0")
			_, port, _ := net.SplitHostPort(ln.Addr().String())
			next := handOver(t, old)
			got := listen(t, next, tt.name, "tcp4", strings.Replace(tt.addr, "PORT", port, 1))
			if (got.Addr().String() == ln.Addr().String()) != tt.want {
				t.Errorf("got %v, the predecessor has %v, want inherited %v", got.Addr(), ln.Addr(), tt.want)
			}
		})
	}
}

func TestListenerIsWhatNetHas(t *testing.T) {
	s := newSockets()
	if _, ok := listen(t, s, "http", "tcp", "127.0.0.1:0").(*net.TCPListener); !ok {
		t.Error("no *net.TCPListener")
	}
	if _, ok := listen(t, handOver(t, s), "http", "tcp", "127.0.0.1:0").(*net.TCPListener); !ok {
		t.Error("inherited: no *net.TCPListener")
	}
}

func TestTwoOpenSocketsOfOneNameAreRefused(t *testing.T) {
	s := newSockets()
	ln := listen(t, s, "http", "tcp", "127.0.0.1:0")
	if _, err := s.Listen(t.Context(), "http", "tcp", "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "give each its own name") {
		t.Errorf("got %v", err)
	}
	ln.Close()
	listen(t, s, "http", "tcp", "127.0.0.1:0")
}

func TestClosedSocketsAreNotPassedOn(t *testing.T) {
	s := newSockets()
	listen(t, s, "a", "tcp", "127.0.0.1:0").Close()
	files, fds, err := s.manifest()
	descriptor.CloseAll(fds)
	if err != nil || len(files) != 0 {
		t.Errorf("got %v", files)
	}
}

// The listener of a process that was killed leaves its file behind.
func TestStaleUnixSocketDoesNotPreventAStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	s := newSockets()
	ln := listen(t, s, "http", "unix", path)
	if _, err := newSockets().Listen(t.Context(), "http", "unix", path); err == nil {
		t.Error("a living listener lost its path")
	}
	ln.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Error("Close has removed the file under a successor")
	}
	if err := s.unlink(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the last generation leaves the file behind")
	}
}

func TestFileThatIsNotASocketIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newSockets().Listen(t.Context(), "http", "unix", path); err == nil {
		t.Error("listens in place of a file")
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}

func TestUnixSocketOfAnotherProcessIsNotRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := newSockets()
	listen(t, s, "http", "unix", path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	listen(t, newSockets(), "http", "unix", path)
	if err := s.unlink(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the file of the other was removed: %v", err)
	}
}

func TestUnixSocketWithoutUseIsRemovedOnceInCharge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	old := newSockets()
	listen(t, old, "http", "unix", path)
	next := handOver(t, old)
	next.closeUnclaimed()
	if _, err := os.Lstat(path); err != nil {
		t.Error("removed before it was in charge")
	}
	next.unlinkUnclaimed()
	if _, err := os.Lstat(path); err == nil {
		t.Error("left behind")
	}
}

func TestPIDFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	read := func() string { b, _ := os.ReadFile(path); return strings.TrimSpace(string(b)) }
	f := &pidFile{path: path}
	us := strconv.Itoa(os.Getpid())
	if err := f.check(); err != nil || read() != "" {
		t.Errorf("check: %v, %q", err, read())
	}
	if err := f.own(); err != nil || read() != us {
		t.Errorf("own: %v, %q", err, read())
	}
	if err := os.WriteFile(path, []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := f.disown(); err != nil || read() != "1" {
		t.Errorf("disown what is another's: %v, %q", err, read())
	}
	if err := f.reclaim(); err != nil || read() != us {
		t.Errorf("reclaim: %v, %q", err, read())
	}
	if err := f.disown(); err != nil || read() != "" {
		t.Errorf("disown: %v, %q", err, read())
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, f := range []*pidFile{{path: filepath.Join(path, "no", "where")}} {
		if f.check() == nil || f.own() == nil {
			t.Error("a PID file in no directory is not an error")
		}
	}
	if none := (&pidFile{}); none.check() != nil || none.own() != nil || none.reclaim() != nil || none.disown() != nil {
		t.Error("no PID file is an error")
	}
}

// A server that moves to another address listens on both for a while, and may stay
// where it is in the end.
func TestServerMayMoveToAnotherAddress(t *testing.T) {
	s := newSockets()
	stays := listen(t, s, "http", "tcp", "127.0.0.1:0")
	listen(t, s, "http", "tcp", "localhost:0").Close()
	files, fds, err := s.manifest()
	descriptor.CloseAll(fds)
	if err != nil || len(files) != 1 || files[0].Bound != stays.Addr().String() {
		t.Errorf("got %v, want %v", files, stays.Addr())
	}
}

// activated are Sockets of a service manager.
type activated struct{ net.Listener }

func (a activated) Listen(context.Context, string, string, string) (net.Listener, error) {
	return a.Listener, nil
}

// managed are Sockets of a service manager with one socket too many.
type managed struct {
	activated
	extra net.Listener
}

func (m managed) ListenAll(context.Context, string, []app.Endpoint) ([]net.Listener, error) {
	return []net.Listener{m.Listener, m.extra}, nil
}

func (m managed) SharedListener(ln net.Listener) bool { return ln == m.extra }

func TestSocketsBeyondTheAddressesAreInherited(t *testing.T) {
	own, extra := listen(t, newSockets(), "x", "tcp", "127.0.0.1:0"), listen(t, newSockets(), "y", "tcp", "127.0.0.1:0")
	s := newSockets()
	s.fallback = managed{activated{own}, extra}
	for generation := 1; generation <= 3; generation++ {
		all, err := s.ListenAll(t.Context(), "http", []app.Endpoint{{Network: "tcp", Address: "127.0.0.1:0"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 2 || all[0].Addr().String() != own.Addr().String() || all[1].Addr().String() != extra.Addr().String() {
			t.Fatalf("generation %d: got %v", generation, all)
		}
		if s.SharedListener(all[0]) || !s.SharedListener(all[1]) {
			t.Errorf("generation %d: the manager shares not the one that it has", generation)
		}
		t.Cleanup(func() { closeListeners(all) })
		s = handOver(t, s)
	}
}

func TestListOfAddressesFailsAsAWhole(t *testing.T) {
	s := newSockets()
	busy := listen(t, newSockets(), "x", "tcp", "127.0.0.1:0")
	path := filepath.Join(t.TempDir(), "s")
	all, err := s.ListenAll(t.Context(), "http", []app.Endpoint{{Network: "unix", Address: path}, {Network: "tcp", Address: busy.Addr().String()}})
	if err == nil || all != nil {
		t.Errorf("got %v, %v", all, err)
	}
	if nc, err := net.Dial("unix", path); err == nil {
		nc.Close()
		t.Error("the first is open")
	}
}

func TestSocketOfTheServiceManagerIsSharedInEveryGeneration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := newSockets()
	s.fallback = activated{listen(t, newSockets(), "x", "unix", path)}
	listen(t, s, "http", "unix", path)
	next := handOver(t, s)
	listen(t, next, "http", "unix", path)
	listen(t, next, "web", "tcp", "127.0.0.1:0")
	for name, want := range map[string]bool{"http": true, "web": false} {
		if got := next.Shared(name); got != want {
			t.Errorf("%s shared: got %v, want %v", name, got, want)
		}
	}
	if err := next.unlink(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the service manager's socket was removed: %v", err)
	}
}
