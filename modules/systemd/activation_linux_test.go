package systemd

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// shim becomes serve under its own process id, which LISTEN_PID must name: a parent
// cannot know it before.
func shim() int {
	self, err := os.Executable()
	if err == nil {
		os.Setenv(listenPID, strconv.Itoa(os.Getpid()))
		os.Setenv("SYSTEMD_TEST_PROGRAM", "serve")
		err = syscall.Exec(self, os.Args, os.Environ())
	}
	os.Stderr.WriteString(err.Error())
	return 1
}

// passed returns a duplicate of a socket that can be given to a child without
// making the original block.
func passed(t *testing.T, c syscall.Conn) *os.File {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	dup := -1
	if cerr := raw.Control(func(fd uintptr) { dup, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) }); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	f := os.NewFile(uintptr(dup), "socket")
	t.Cleanup(func() { f.Close() })
	return f
}

// activate runs the program with these descriptors and returns its output, and its
// greeting to a client of dial unless that is nil.
func activate(t *testing.T, files []*os.File, dial net.Addr, env ...string) (out, greeting string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(Clean(os.Environ()), append(env, "SYSTEMD_TEST_PROGRAM=shim", "GORACE=atexit_sleep_ms=0")...)
	cmd.ExtraFiles = files
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if dial != nil {
		greeting = greet(t, dial)
	}
	_ = cmd.Wait() // its output says more
	return b.String(), greeting
}

func greet(t *testing.T, addr net.Addr) string {
	t.Helper()
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	line, _ := bufio.NewReader(c).ReadString('\n')
	return line
}

func tcpListener(t *testing.T) *net.TCPListener {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func contains(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("got %q, want %q in it", got, w)
		}
	}
}

func TestSocketActivation(t *testing.T) {
	t.Run("by name, whatever address is configured", func(t *testing.T) {
		ln, admin := tcpListener(t), tcpListener(t)
		out, greeting := activate(t, []*os.File{passed(t, admin), passed(t, ln)}, ln.Addr(),
			"LISTEN_FDS=2", "LISTEN_FDNAMES=admin:http", "TAKE=listener 192.0.2.1:80")
		contains(t, greeting, "hello from")
		contains(t, out, "warning: inherited socket is not used", "name=admin", "a child has 0 sockets, <nil>")
		if strings.Contains(out, "still set") {
			t.Errorf("got %q", out)
		}
	})
	t.Run("by address", func(t *testing.T) {
		ln, another := tcpListener(t), tcpListener(t)
		out, greeting := activate(t, []*os.File{passed(t, another), passed(t, ln)}, ln.Addr(), "LISTEN_FDS=2", "TAKE=listener "+ln.Addr().String())
		contains(t, greeting, "hello from")
		contains(t, out, another.Addr().String()) // not used
	})
	t.Run("of two with the name the one with the address", func(t *testing.T) {
		ln, another := tcpListener(t), tcpListener(t)
		out, greeting := activate(t, []*os.File{passed(t, another), passed(t, ln)}, ln.Addr(),
			"LISTEN_FDS=2", "LISTEN_FDNAMES=http:http", "TAKE=listener "+ln.Addr().String())
		contains(t, greeting, "hello from")
		contains(t, out, "only servers of httpserver take several", another.Addr().String())
	})
	t.Run("all with the name, those with addresses in their order", func(t *testing.T) {
		v6, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skip(err)
		}
		defer v6.Close()
		extra, ln := tcpListener(t), tcpListener(t)
		out, greeting := activate(t, []*os.File{passed(t, extra), passed(t, v6.(*net.TCPListener)), passed(t, ln)}, ln.Addr(),
			"LISTEN_FDS=3", "LISTEN_FDNAMES=http:http:http", "TAKE=all "+ln.Addr().String()+","+v6.Addr().String())
		contains(t, greeting, "hello from")
		contains(t, out, fmt.Sprintf("all: [%s %s %s]", ln.Addr(), v6.Addr(), extra.Addr()))
		if strings.Contains(out, "not used") {
			t.Errorf("got %q", out)
		}
	})
	t.Run("all with the name instead of a single address", func(t *testing.T) {
		first, second := tcpListener(t), tcpListener(t)
		out, greeting := activate(t, []*os.File{passed(t, first), passed(t, second)}, first.Addr(), "LISTEN_FDS=2", "LISTEN_FDNAMES=http:http", "TAKE=all 192.0.2.1:80")
		contains(t, greeting, "hello from")
		contains(t, out, fmt.Sprintf("all: [%s %s]", first.Addr(), second.Addr()))
	})
	t.Run("some with the name, and what is missing opened", func(t *testing.T) {
		ln := tcpListener(t)
		out, _ := activate(t, []*os.File{passed(t, ln)}, nil, "LISTEN_FDS=1", "LISTEN_FDNAMES=http", "TAKE=all 192.0.2.1:1,"+ln.Addr().String())
		contains(t, out, "error:", "http would have been opened afresh on tcp 192.0.2.1:1")
	})
	t.Run("unix socket, whose path stays", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "http")
		ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		_, greeting := activate(t, []*os.File{passed(t, ln)}, ln.Addr(), "LISTEN_FDS=1", "LISTEN_FDNAMES=http", "TAKE=listener :80")
		contains(t, greeting, "hello from")
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	})
	t.Run("datagrams", func(t *testing.T) {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		out, _ := activate(t, []*os.File{passed(t, c)}, nil, "LISTEN_FDS=1", "LISTEN_FDNAMES=dns", "TAKE=packets :53")
		contains(t, out, "packets: "+c.LocalAddr().String())
	})
	t.Run("stored file", func(t *testing.T) {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString("remembered"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		out, _ := activate(t, []*os.File{f}, nil, "LISTEN_FDS=1", "LISTEN_FDNAMES=state", "TAKE=file")
		contains(t, out, "file: remembered", "ready")
	})
	t.Run("nothing passed: the fallback", func(t *testing.T) {
		out, _ := activate(t, nil, nil, "TAKE=listener 127.0.0.1:80")
		contains(t, out, "error:", "http would have been opened afresh on tcp 127.0.0.1:80")
	})
	t.Run("a connection, as Accept=yes passes it", func(t *testing.T) {
		ln := tcpListener(t)
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		out, _ := activate(t, []*os.File{passed(t, c.(*net.TCPConn))}, nil, "LISTEN_FDS=1", "LISTEN_FDNAMES=http", "TAKE=listener :80")
		contains(t, out, "error:", `the inherited "http"`, "Accept=no")
	})
	t.Run("more promised than passed", func(t *testing.T) {
		out, _ := activate(t, []*os.File{passed(t, tcpListener(t))}, nil, "LISTEN_FDS=3", "TAKE=listener :80")
		contains(t, out, "error: take over the 3 descriptors of LISTEN_FDS: descriptor 4")
	})
	t.Run("nonsense", func(t *testing.T) {
		out, _ := activate(t, nil, nil, "LISTEN_FDS=some")
		contains(t, out, `error: take over sockets: LISTEN_FDS="some" is not a number of descriptors`)
	})
}

// If two parts of a program want what was passed, the second gets an error, and
// does not take descriptors that others use.
func TestDescriptorsOfThisProcessAreNotTaken(t *testing.T) {
	ln := tcpListener(t)
	f := passed(t, ln)
	fd := int(f.Fd())
	if _, err := adopt(fd, []string{"http"}); err == nil || !strings.Contains(err.Error(), "opened by it") {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
		t.Errorf("closed: %v", err)
	}
}

// The manager's own tool judges the protocol.
func TestUnderSystemdSocketActivate(t *testing.T) {
	tool, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		t.Skip("systemd-socket-activate is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	addr := &net.UnixAddr{Net: "unix", Name: filepath.Join(t.TempDir(), "http")}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, "--listen="+addr.Name, "--fdname=http", "-ESYSTEMD_TEST_PROGRAM=serve", "-ETAKE=listener :80", self)
	cmd.Env = append(Clean(os.Environ()), "PATH=/usr/bin:/bin")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(stderr)
	if line, err := said.ReadString('\n'); err != nil || !strings.Contains(line, "Listening on") {
		t.Fatalf("got %q, %v", line, err)
	}
	contains(t, greet(t, addr), "hello from "+strconv.Itoa(cmd.Process.Pid))
	rest, _ := io.ReadAll(said)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, rest)
	}
}
