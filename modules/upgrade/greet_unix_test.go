//go:build unix

package upgrade

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire/wiretest"
)

// introduce makes this process the successor of a predecessor that writes what say
// does, and returns the outcome. It checks that the connection gets an answer, and
// that a start that fails keeps no descriptor.
func introduce(t *testing.T, say func(raw *os.File, conn *wire.Conn), patience time.Duration) (*predecessor, *Sockets, error) {
	t.Helper()
	ours, raw := connectedRaw(t)
	fd, err := descriptor.Duplicate(raw) // the test sends with conn what it does not write by hand
	if err != nil {
		t.Fatal(err)
	}
	conn, err := wire.FromFD(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	say(raw, conn)
	s := newSockets()
	t.Cleanup(s.close)
	p := &predecessor{
		app: app.New("test"), sockets: s, handed: &handedSet{}, pid: &pidFile{}, onStep: func(string) {},
		conn: ours, gone: make(chan struct{}), read: make(chan struct{}),
	}
	return p, s, p.greet(patience)
}

func hello(format string, args ...any) func(*os.File, *wire.Conn) {
	return frames(wiretest.Frame(1, wire.Hello, fmt.Sprintf(format, args...)))
}

func frames(all ...[]byte) func(*os.File, *wire.Conn) {
	return func(raw *os.File, _ *wire.Conn) {
		for _, b := range all {
			_, _ = raw.Write(b)
		}
	}
}

// sockets sends HELLO, which announces some descriptors, and then FILES with others
// of a pipe.
func sockets(announced, sent int) func(*os.File, *wire.Conn) {
	return func(_ *os.File, c *wire.Conn) {
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		defer r.Close()
		defer w.Close()
		var body wire.FilesBody
		var fds []int
		for i := range sent {
			fd, err := descriptor.Duplicate(r)
			if err != nil {
				panic(err)
			}
			fds = append(fds, fd)
			body.Files = append(body.Files, wire.File{Name: fmt.Sprint(i), Kind: wire.Other})
		}
		defer descriptor.CloseAll(fds)
		_ = c.Send(wire.Hello, 0, wire.HelloBody{PID: os.Getpid(), Generation: 2, Files: announced})
		_ = c.Send(wire.Files, 0, body, fds...)
	}
}

// Anything but the HELLO of a predecessor, and what it announces, fails the start
// with the reason, and no descriptor stays open.
func TestSuccessorAcceptsOnlyTheHelloOfItsPredecessor(t *testing.T) {
	us := os.Getpid()
	for name, tt := range map[string]struct {
		say  func(*os.File, *wire.Conn)
		want string
	}{
		"another protocol":        {frames([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), "not the upgrade protocol"},
		"another message":         {frames(wiretest.Frame(1, wire.Commit, "")), "began with COMMIT"},
		"a newer version":         {frames(wiretest.Frame(2, wire.Hello, "{}")), "speaks version 2"},
		"no JSON":                 {hello("hello"), "HELLO"},
		"a first generation":      {hello(`{"pid":%d,"generation":1}`, us), "generation 1"},
		"no process":              {hello(`{"generation":2}`), "process 0"},
		"a negative process":      {hello(`{"pid":-%d,"generation":2}`, us), "process -"},
		"a million sockets":       {hello(`{"pid":%d,"generation":2,"files":1000000}`, us), "1000000 files"},
		"a number beyond numbers": {hello(`{"pid":1e99,"generation":2}`), "HELLO"},
		"another process":         {hello(`{"pid":%d,"generation":2}`, us+1), "says that it is process"},
		"more sockets":            {sockets(2, 3), "3 sockets where 2 were due"},
		"something else than sockets": {frames(wiretest.Frame(1, wire.Hello, fmt.Sprintf(`{"pid":%d,"generation":2,"files":1}`, us)),
			wiretest.Frame(1, wire.Probe, "")), "sent PROBE"},
		"nothing":         {frames(), "sent nothing within"},
		"too few sockets": {func(raw *os.File, c *wire.Conn) { sockets(5, 3)(raw, c) }, "sent nothing within"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "another process" && runtime.GOOS != "linux" {
				t.Skip("this system does not say which process is at the other end")
			}
			patience := 30 * time.Second
			if strings.HasPrefix(tt.want, "sent nothing") {
				patience = 50 * time.Millisecond
			}
			before := openDescriptors(t)
			t.Run("start", func(t *testing.T) {
				_, s, err := introduce(t, tt.say, patience)
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				if f := s.File("0"); f != nil {
					t.Error("a socket of the stranger is kept")
				}
			})
			after := openDescriptors(t) // one of an earlier test may still close
			for end := time.Now().Add(10 * time.Second); after > before && time.Now().Before(end); after = openDescriptors(t) {
				runtime.Gosched()
			}
			if after > before {
				t.Errorf("%d descriptors are open, %d were", after, before)
			}
		})
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(all)
}

// What a predecessor has sent completely before it died counts.
func TestPredecessorThatDiesAsItGreetsIsSurvived(t *testing.T) {
	for name, tt := range map[string]struct {
		say        func(*os.File, *wire.Conn)
		generation int
		sockets    int
	}{
		"before HELLO":             {frames(), 2, 0},
		"in the middle of HELLO":   {frames([]byte("gf\x01")), 2, 0},
		"before its sockets":       {hello(`{"pid":%d,"generation":7,"files":3}`, os.Getpid()), 7, 0},
		"between its sockets":      {sockets(5, 3), 2, 3},
		"after all that it has to": {sockets(3, 3), 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			p, s, err := introduce(t, func(raw *os.File, c *wire.Conn) {
				tt.say(raw, c)
				c.Close()
				raw.Close()
			}, 30*time.Second)
			if err != nil || p.hello.Generation != tt.generation {
				t.Errorf("generation %d, %v, want %d", p.hello.Generation, err, tt.generation)
			}
			for i := range tt.sockets {
				if f := s.File(fmt.Sprint(i)); f == nil {
					t.Errorf("socket %d is lost", i)
				} else {
					f.Close()
				}
			}
			if _, err := p.conn.Receive(); err == nil || err == io.EOF {
				t.Errorf("got %v, want the end, wrapped", err)
			}
			p.conn.Close()
		})
	}
}
