package upgrade

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire/wiretest"
)

// nobody is a user that owns nothing.
const nobody = 65534

// A process does not become the successor of another user's process, whatever that
// sends.
func TestPredecessorOfAnotherUserIsRefused(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "app") // only root may enter the test binary's directory
	if err := os.WriteFile(program, content, 0o755); err != nil {
		t.Fatal(err)
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := wire.FromFD(fds[0])
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	theirs := os.NewFile(uintptr(fds[1]), "theirs")
	defer theirs.Close()

	cmd := exec.Command(program)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), programEnv+"="+dir, "GRACEFUL_SUCCESSOR=3")
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if err := ours.Send(wire.Hello, 0, wire.HelloBody{PID: os.Getpid(), Generation: 2}); err != nil {
		t.Fatal(err)
	}
	m, err := ours.Receive()
	if want := fmt.Sprintf("belongs to user 0, this process to user %d", nobody); err != nil || m.Kind != wire.Failed || !strings.Contains(m.Text(), want) {
		t.Errorf("got %v %q, %v, want %q", m.Kind, m.Text(), err, want)
	}
	said, _ := io.ReadAll(out)
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("got %v, want exit status 1; it said %s", err, said)
	}
}

// Anything but a HELLO also ends a whole program, with the reason in its log.
func TestProgramWhosePredecessorTalksNonsenseDoesNotStart(t *testing.T) {
	r := setUp(t)
	old := r.succeed()
	old.write([]byte("GET / HTTP/1.1\r\n\r\n"))
	if m := old.hear(wire.Failed); !strings.Contains(m.Text(), "not the upgrade protocol") {
		t.Errorf("got %q", m.Text())
	}
	old.wantEnd("it ended: exit status 1")

	old = r.succeed()
	old.write(wiretest.Frame(1, wire.Probe, ""))
	if m := old.hear(wire.Failed); !strings.Contains(m.Text(), "began with PROBE") {
		t.Errorf("got %q", m.Text())
	}
	old.wantEnd("it ended: exit status 1")
}
