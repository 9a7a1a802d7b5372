package upgrade

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire/wiretest"
)

// fakePredecessor is a test in the role of the old process: it writes messages by
// hand, as another release would.
type fakePredecessor struct {
	t    *testing.T
	raw  *os.File
	conn *wire.Conn // the same end
	proc *process.Process
}

// succeed starts the program of the rig as the successor of the test.
func (r *rig) succeed() *fakePredecessor {
	r.t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	defer unix.Close(fds[1])
	f := &fakePredecessor{t: r.t, raw: os.NewFile(uintptr(fds[0]), "ours")}
	again, err := unix.FcntlInt(uintptr(fds[0]), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	if f.conn, err = wire.FromFD(again); err != nil {
		r.t.Fatal(err)
	}
	r.t.Setenv(programEnv, r.dir)
	path := filepath.Join(r.dir, "app")
	f.proc, err = process.Start(&process.Initial{Argv: []string{path}, Dir: r.dir}, process.Program{Path: path}, fds[1])
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { f.hangUp(); f.proc.Kill(); <-f.proc.Exited() })
	return f
}

func (f *fakePredecessor) hangUp() {
	f.conn.Close()
	f.raw.Close()
}

// write writes bytes, whether or not they are a message.
func (f *fakePredecessor) write(b []byte) {
	f.t.Helper()
	if _, err := f.raw.Write(b); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fakePredecessor) say(k wire.Kind, body string) {
	f.t.Helper()
	f.write(wiretest.Frame(1, k, body))
}

// hear waits for the next message, which must be of kind want.
func (f *fakePredecessor) hear(want wire.Kind) wire.Message {
	f.t.Helper()
	m, err := f.conn.Receive()
	if err != nil || m.Kind != want {
		f.t.Fatalf("got %v %s, %v, want %v", m.Kind, m.Body, err, want)
	}
	return m
}

// wantEnd waits for the end of the successor, and checks how it has ended.
func (f *fakePredecessor) wantEnd(want string) {
	f.t.Helper()
	<-f.proc.Exited()
	if got := f.proc.End().Error(); got != want {
		f.t.Errorf("got %q, want %q", got, want)
	}
}
