package signals

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// onTerminal starts a program as the leader of a session on a new pseudo terminal.
// Its output is a pipe, which outlives the terminal.
func onTerminal(t *testing.T, program string) (p *process, master *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	t.Cleanup(func() { master.Close() })
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	defer tty.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p = &process{t: t, cmd: exec.Command(exe)}
	p.cmd.Env = append(os.Environ(), "SIGNALS_TEST_PROGRAM="+program)
	p.cmd.Stdin = tty
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	p.out, p.lines = out, bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	return p, master
}

// A SIGHUP that was sent reloads; the SIGHUP of a terminal that is closed stops.
func TestProcessStopsWhenItsTerminalIsClosed(t *testing.T) {
	t.Parallel()
	p, master := onTerminal(t, "plain")
	p.await("state ready")
	p.send(syscall.SIGHUP)
	p.await("SIGHUP reload done")
	master.Close()
	if line := p.await("stop "); !strings.Contains(line, closedTerminal) {
		t.Errorf("got %s, want the reason", line)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// The same before there is an application.
func TestProcessThatIsBuiltStopsWhenItsTerminalIsClosed(t *testing.T) {
	t.Parallel()
	p, master := onTerminal(t, "builds")
	p.await("state building")
	master.Close()
	p.await("stop ")
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}
