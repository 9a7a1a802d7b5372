//go:build unix

package compat

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// was is a program before it moved to graceful.
type was struct {
	t    *testing.T
	cmd  *exec.Cmd
	addr string
	out  *os.File
}

// ran starts a program of the folder before in dir.
func ran(t *testing.T, program, dir string, args ...string) *was {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0") // an address that is free
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	path := filepath.Join(dir, "shop")
	if err := os.Symlink(binary(t, "before/"+program), path); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, "before.log")) // no pipe: it outlives those that write
	if err != nil {
		t.Fatal(err)
	}
	b := &was{t: t, addr: ln.Addr().String(), out: out}
	b.cmd = exec.Command(path, args...)
	b.cmd.Dir = dir
	b.cmd.Env = append(os.Environ(), "ADDR="+b.addr)
	b.cmd.Stdout, b.cmd.Stderr = out, out
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with successors
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL)
		out.Close()
		if t.Failed() {
			t.Log(readFile(t, out.Name()))
		}
	})
	return b
}

// until polls for a condition that has no event to wait for.
func (b *was) until(what string, is func() bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) { // another process, which says nothing
		if time.Now().After(end) {
			b.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// answer returns its answer on a new connection, "" if there is none.
func (b *was) answer() string {
	c := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Get("http://" + b.addr + "/")
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

func (b *was) serves() {
	b.t.Helper()
	b.until("it serves", func() bool { return b.answer() == "open\n" })
}

func (b *was) has(text string) {
	b.t.Helper()
	b.until(text, func() bool { return strings.Contains(readFile(b.t, b.out.Name()), text) })
}

func (b *was) signal(sig syscall.Signal) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(sig); err != nil {
		b.t.Fatal(err)
	}
}

// ended waits for the process that was started.
func (b *was) ended() {
	b.t.Helper()
	late := time.AfterFunc(patience, func() { _ = b.cmd.Process.Kill() })
	defer late.Stop()
	if _ = b.cmd.Wait(); b.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		b.t.Error("it did not end")
	}
}

// gone waits until neither it nor a successor is left.
func (b *was) gone() {
	b.t.Helper()
	b.ended()
	b.until("all have ended", func() bool { return errors.Is(syscall.Kill(-b.cmd.Process.Pid, 0), syscall.ESRCH) })
}

// What a page shows as before is a program that runs: it serves, and SIGTERM ends
// it.
func TestProgramsBeforeRun(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"shutdown", "fx", "run", "ory", "grace", "endless"} {
		t.Run(program, func(t *testing.T) {
			b := ran(t, program, t.TempDir())
			b.serves()
			b.signal(syscall.SIGTERM)
			b.gone()
		})
	}
	t.Run("cobra", func(t *testing.T) {
		dir := t.TempDir()
		b := ran(t, "cobra", dir, "import", "goods.csv")
		b.gone()
		b.has("imported goods.csv")
	})
	t.Run("manners", func(t *testing.T) {
		b := ran(t, "manners", t.TempDir())
		b.until("it is closed", func() bool {
			res, err := http.Post("http://"+b.addr+"/close", "", nil)
			if err == nil {
				res.Body.Close()
			}
			return err == nil
		})
		b.gone()
	})
}

// The programs that restart do so, except grace: (*net.TCPListener).File leaves its
// listener blocking, so the old process often hangs in its last accept.
func TestProgramsBeforeRestart(t *testing.T) {
	t.Parallel()
	t.Run("endless", func(t *testing.T) {
		b := ran(t, "endless", t.TempDir())
		b.serves()
		b.signal(syscall.SIGHUP)
		b.ended()
		b.serves() // by the successor
		b.has("about to restart")
	})
	t.Run("tableflip", func(t *testing.T) {
		b := ran(t, "tableflip", t.TempDir())
		hello := func() bool {
			c, err := net.Dial("tcp", b.addr)
			if err != nil {
				return false
			}
			defer c.Close()
			text, _ := io.ReadAll(c)
			return string(text) == "hello\n"
		}
		b.until("it greets", hello)
		b.until("it is ready", func() bool { _, err := os.Stat(filepath.Join(b.cmd.Dir, "lines.pid")); return err == nil })
		b.signal(syscall.SIGHUP)
		b.ended()
		b.until("its successor greets", hello)
	})
	t.Run("overseer", func(t *testing.T) {
		b := ran(t, "overseer", t.TempDir())
		b.serves()
		b.signal(syscall.SIGUSR2)
		b.until("it serves again", func() bool { return b.answer() == "open\n" })
	})
}
