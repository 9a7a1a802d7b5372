//go:build unix

package compat

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// onCoreWith starts the test binary as a program on Core with one part more.
func onCoreWith(t *testing.T, part string, change ...func(*process)) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return runs(t, "fx-core", append([]func(*process){func(p *process) {
		p.cmd.Env = append(p.cmd.Env, "CORE_WITH="+part)
		program := filepath.Join(p.dir, "shop")
		if err := os.Remove(program); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(self, program); err != nil {
			t.Fatal(err)
		}
	}}, change...)...)
}

// What Core lacks is what the page says: each part of Module is absent there, or
// refuses, and is there with Module, or with Core and that part.
func TestCoreLacksWhatThePageSays(t *testing.T) {
	t.Parallel()
	t.Run("upgrades", func(t *testing.T) {
		for p, want := range map[*process]string{
			runs(t, "fx"):             "upgrade done",
			onCoreWith(t, "upgrades"): "upgrade done",
			runs(t, "fx-core"):        "upgrade refused",
		} {
			p.await(`"http":`)
			p.signal(p.cmd.Process.Pid, syscall.SIGUSR2)
			p.await(want)
		}
	})
	t.Run("commands", func(t *testing.T) {
		for p, want := range map[*process]int{
			runs(t, "fx"):             0,
			onCoreWith(t, "commands"): 0,
			runs(t, "fx-core"):        3,
		} {
			p.await(`"http":`)
			status := exec.Command(binary(t, "after/fx"), "status")
			status.Dir, status.Env = p.dir, p.cmd.Env
			out, _ := status.CombinedOutput()
			if got := status.ProcessState.ExitCode(); got != want {
				t.Errorf("status: got %d, want %d\n%s", got, want, out)
			}
		}
	})
	t.Run("systemd", func(t *testing.T) {
		for part, want := range map[string]bool{"systemd": true, "nothing": false} {
			told, taken := underServiceManager(t, func(change func(*process)) *process { return onCoreWith(t, part, change) })
			if told != want || taken != want {
				t.Errorf("Core with %s: says READY: %t, takes the socket: %t, want %t", part, told, taken, want)
			}
		}
		if told, taken := underServiceManager(t, func(change func(*process)) *process { return runs(t, "fx", change) }); !told || !taken {
			t.Errorf("Module: says READY: %t, takes the socket: %t", told, taken)
		}
	})
}

// underServiceManager starts a program as a service manager does, with a socket
// that is open already, and reports whether it says that it is ready and serves
// there.
func underServiceManager(t *testing.T, start func(change func(*process)) *process) (told, taken bool) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dir, err := os.MkdirTemp("", "notify") // short, as the path of a socket has to be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	said := make(chan string)
	go func() { // at once: a process at its end waits until what it said was read
		defer close(said)
		var all strings.Builder
		for message := make([]byte, 4096); !strings.HasSuffix(all.String(), "all\n"); {
			n, err := manager.Read(message)
			if err != nil {
				t.Error(err)
				break
			}
			all.Write(append(message[:n], '\n'))
		}
		said <- all.String()
	}()
	p := start(func(p *process) {
		p.cmd.Path, p.cmd.Args = "/bin/sh", []string{"sh", "-c", "LISTEN_PID=$$ exec ./shop"} // its own number, as the manager would set it
		p.cmd.Env = append(p.cmd.Env, "LISTEN_FDS=1", "LISTEN_FDNAMES=http", "NOTIFY_SOCKET="+path)
		p.cmd.ExtraFiles = []*os.File{f}
	})
	taken = p.addr("http") == ln.Addr().String()
	p.signal(p.cmd.Process.Pid, syscall.SIGTERM)
	p.ends()
	last, err := net.Dial("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	if _, err := last.Write([]byte("all")); err != nil {
		t.Fatal(err)
	}
	return strings.Contains(<-said, "READY=1"), taken
}
