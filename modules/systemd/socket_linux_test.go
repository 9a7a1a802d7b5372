package systemd

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/app"
)

// packet is what arrived at a real socket.
type packet struct {
	text string
	file *os.File // passed with it, or nil
}

// listen is a service manager with a real socket. The test answers a BARRIER by
// closing its file.
func listen(t *testing.T, name string) (packets <-chan packet) {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	c := make(chan packet, 1000)
	t.Cleanup(func() { conn.Close(); <-drained(c) })
	go func() {
		defer close(c)
		for {
			b, oob := make([]byte, 4096), make([]byte, 128)
			n, oobn, _, _, err := conn.ReadMsgUnix(b, oob)
			if err != nil {
				return
			}
			p := packet{text: string(b[:n])}
			if msgs, err := unix.ParseSocketControlMessage(oob[:oobn]); err == nil && len(msgs) == 1 {
				if fds, err := unix.ParseUnixRights(&msgs[0]); err == nil && len(fds) == 1 {
					p.file = os.NewFile(uintptr(fds[0]), "passed")
				}
			}
			c <- p
		}
	}()
	return c
}

// drained closes what c still has and returns when it is closed.
func drained(c <-chan packet) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for p := range c {
			if p.file != nil {
				p.file.Close()
			}
		}
	}()
	return done
}

// until receives until a packet has an assignment that begins with this.
func until(t *testing.T, c <-chan packet, prefix string) (all []notice, last packet) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case p := <-c:
			all = append(all, notice{text: p.text})
			if value(p.text, prefix) != "" {
				return all, p
			}
		case <-timeout:
			t.Fatalf("no %s in %v", prefix, all)
		}
	}
}

func openFDs(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestWholeLifeOverARealSocket(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), "@graceful-systemd-test-" + strconv.Itoa(os.Getpid())} {
		t.Run(name[:1], func(t *testing.T) {
			c := listen(t, name)
			before := openFDs(t)
			a := app.New("test")
			w := warningsOf(a)
			Notify(a, Config{Env: environment(notifySocket, name)})
			a.Handle(app.Reload, func(context.Context, app.Request) (app.Answer, error) {
				return app.Answer{Outcome: app.OutcomeRefused, Text: "todo.yaml:1:1: what is this?"}, nil
			})
			if err := a.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			all, _ := until(t, c, "READY=1")
			sameKeys(t, all, "READY")
			_, _ = a.Do(t.Context(), app.Request{Command: app.Reload, By: "SIGHUP"})
			all, last := until(t, c, "READY=1")
			sameKeys(t, all, "RELOADING MONOTONIC_USEC", "READY")
			if !strings.Contains(last.text, "what is this?") {
				t.Errorf("got %q, want the refusal", last.text)
			}
			a.Stop(sigterm)
			<-a.Done()
			all, _ = until(t, c, "STATUS=stopped (SIGTERM) in ")
			sameKeys(t, all, "STOPPING")
			if got := w.all(); len(got) > 0 {
				t.Errorf("warned %q", got)
			}
			if got := openFDs(t); got != before {
				t.Errorf("%d descriptors, before %d", got, before)
			}
		})
	}
}

// The manager ends the service with its main process: the old one must not exit
// before the manager knows the new one.
func TestReplacedProcessLeavesAfterTheBarrier(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	c := listen(t, name)
	a := app.New("test")
	w := warningsOf(a)
	Notify(a, Config{Env: environment(notifySocket, name)})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, c, "READY=1")
	a.Wiring().Commit(os.Getppid())
	a.Stop(app.Reason{Kind: app.Replaced})
	all, barrier := until(t, c, "BARRIER=1")
	sameKeys(t, all, "MAINPID READY", "BARRIER")
	if barrier.text != "BARRIER=1" || barrier.file == nil {
		t.Errorf("got %q with file %v, want the barrier alone with one descriptor", barrier.text, barrier.file)
	}
	select {
	case <-a.Done():
		t.Error("left before the manager answered")
	default:
	}
	barrier.file.Close()
	<-a.Done()
	if got := w.all(); len(got) > 0 {
		t.Errorf("warned %q", got)
	}
}

func TestSuccessorIsNamedByItsInode(t *testing.T) {
	first, ok := pidfdInode(os.Getpid())
	if !ok {
		t.Skip("this kernel has no inode for each process (6.9 has)")
	}
	again, _ := pidfdInode(os.Getpid())
	parent, _ := pidfdInode(os.Getppid())
	if first != again || first == parent || first == 0 {
		t.Errorf("got %d and %d for this process, %d for its parent", first, again, parent)
	}
}

func TestManagerThatCannotBeReachedIsOneWarning(t *testing.T) {
	dir := t.TempDir()
	for name, socketName := range map[string]string{
		"vsock": "vsock:2:1", "relative": "notify", "missing": filepath.Join(dir, "missing"),
		"too long": "/" + strings.Repeat("a", 200), "not a socket": dir,
	} {
		t.Run(name, func(t *testing.T) {
			a := app.New("test")
			w := warningsOf(a)
			n := Notify(a, Config{Env: environment(notifySocket, socketName, watchdogUsec, "20000")})
			if err := a.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := n.outbox.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.Stop(sigterm)
			if _, err := a.Wait(t.Context()); err != nil {
				t.Error(err)
			}
			if got := w.all(); len(got) != 1 || !strings.Contains(got[0], "cannot be reached") {
				t.Errorf("got %q, want one warning", got)
			}
		})
	}
}

func TestManagerThatVanishesAndComesBack(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	a := app.New("test")
	w := warningsOf(a)
	n := Notify(a, Config{Env: environment(notifySocket, name)})
	t.Run("first", func(t *testing.T) {
		c := listen(t, name)
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		until(t, c, "READY=1")
	})
	reload := func() { _, _ = a.Do(t.Context(), app.Request{Command: app.Reload, By: "test"}) }
	reload()
	reload()
	if err := n.outbox.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.all(); len(got) != 1 {
		t.Errorf("got %q, want one warning", got)
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	c := listen(t, name)
	reload()
	until(t, c, "READY=1")
	a.Stop(sigterm)
	<-a.Done()
}

// A manager that does not read must not hold up the application.
func TestManagerThatDoesNotReadBlocksNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	deaf, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	for full := false; !full; { // until a new sender finds its queue full
		crowd, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer crowd.Close()
		full = true
		for err == nil {
			_ = crowd.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			if _, err = crowd.Write([]byte("X_NOISE=1")); err == nil {
				full = false
			}
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	a := app.New("test")
	Notify(a, Config{Env: environment(notifySocket, name, watchdogUsec, "20000")})
	began := time.Now()
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	started := time.Since(began)
	a.Stop(sigterm)
	<-a.Done()
	// The last message gets a second; the rest is up to the machine.
	if took := time.Since(began); started > 20*time.Second || took < time.Second || took > 40*time.Second {
		t.Errorf("start took %v, start and stop %v", started, took)
	}
}

func TestWithoutManagerThereIsNothing(t *testing.T) {
	n := Notify(app.New("test"), Config{Env: environment()})
	if err := n.Store("state", os.Stdin); !errors.Is(err, ErrNoManager) || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v, want ErrNoManager", err)
	}
	if n.outbox.send != nil {
		t.Error("follows the application")
	}
}
