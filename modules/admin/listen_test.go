package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/unixsocket"
)

func TestSocketIsPrivateAndRemovedAtTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	fi, err := os.Lstat(r.socket)
	if err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", fi.Mode(), err)
	}
	r.app.Stop(app.Reason{})
	<-r.app.Done()
	if _, err := os.Lstat(r.socket); !os.IsNotExist(err) {
		t.Errorf("afterwards: got %v, want it gone", err)
	}
}

func TestSocketOfADeadProcessIsReplaced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: r.socket})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	ln.Close()
	r.start(t)
	r.client(t)
}

func TestSocketsThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no unix sockets")
	}
	live := newRig(t).start(t)
	link := filepath.Join(shortDir(t), "link")
	loose, file := shortDir(t), filepath.Join(shortDir(t), "file")
	for _, err := range []error{os.Symlink(shortDir(t), link), os.Chmod(loose, 0o777), os.WriteFile(file, nil, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, addr, want string }{
		{"live process", live.socket, "stop that process, or set admin.addr"},
		{"symbolic link", filepath.Join(link, "s"), "symbolic link"},
		{"loose directory", filepath.Join(loose, "s"), "chmod 0700"},
		{"no directory", filepath.Join(shortDir(t), "none", "s"), "does not exist"},
		{"too long", filepath.Join(shortDir(t), strings.Repeat("x", 120)), "bytes long"},
		{"no socket", file, "not a socket"},
		{"directory is a file", filepath.Join(file, "s"), "not a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(conf *Config) { conf.Addr = c.addr })
			err := r.app.Start(context.Background())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the file that is no socket: %v", err)
	}
	if unixsocket.KnowsPeers {
		r := newRig(t, func(conf *Config) { conf.Addr = live.socket })
		if err, want := r.app.Start(context.Background()), fmt.Sprintf("(pid %d", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("live process: got %v, want %q", err, want)
		}
	}
	live.client(t) // it was left alone
}

// Two processes of the same name on one machine: each has a socket, and a client
// must say which one is meant.
func TestSecondOfTheSameNameHasTheNextSocket(t *testing.T) {
	dir := shortDir(t)
	t.Setenv("RUNTIME_DIRECTORY", dir)
	auto := func(c *Config) { c.Addr = "" }
	first, second := newRig(t, auto).start(t), newRig(t, auto).start(t)
	if got, want := second.app.Addresses()[0].Addr, filepath.Join(dir, "admin-2.sock"); got != want {
		t.Errorf("the second is at %s, want %s", got, want)
	}
	_, err := Find(t.Context(), "test", Config{})
	if !errors.Is(err, ErrSeveral) || !strings.Contains(err.Error(), "admin-2.sock") {
		t.Errorf("got %v, want several, by name", err)
	}
	c, err := Find(t.Context(), "test", Config{Addr: filepath.Join(dir, "admin-2.sock")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Post(t.Context(), "/v1/drain", struct{}{}, &Operation{}); err != nil {
		t.Error(err)
	}
	<-second.app.Done()
	if first.app.State() != app.StateReady {
		t.Errorf("the first is %v", first.app.State())
	}
	third := newRig(t, auto).start(t) // takes the place that is free again
	first.app.Stop(app.Reason{})
	<-first.app.Done()
	if c, err := Find(t.Context(), "test", Config{}); err != nil || c.Addr() != third.app.Addresses()[0].Addr {
		t.Errorf("the only one left: got %v, %v", c, err)
	}
}

func TestWithoutAnAddressItStartsAnyway(t *testing.T) {
	for name, dir := range map[string]string{"missing": "/nonexistent/dir", "too long": filepath.Join(shortDir(t), strings.Repeat("y", 110))} {
		t.Run(name, func(t *testing.T) {
			if name != "missing" {
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("RUNTIME_DIRECTORY", dir)
			r := newRig(t, func(c *Config) { c.Addr = "" }).start(t)
			if n, _ := r.noted("no admin API"); n != 1 {
				t.Errorf("got %d warnings, want 1", n)
			}
		})
	}
}

func TestWhereTheSocketIs(t *testing.T) {
	run, xdg, tmp := shortDir(t), shortDir(t), shortDir(t)
	t.Setenv("TMPDIR", tmp)
	for _, c := range []struct{ name, run, xdg, want string }{
		{"systemd", run + ":/other", xdg, filepath.Join(run, "admin.sock")},
		{"desktop", "", xdg, filepath.Join(xdg, "test", "admin.sock")},
		{"another user's desktop", "", "/nonexistent", filepath.Join(privateDir("test"), "admin.sock")},
		{"bare", "", "", filepath.Join(privateDir("test"), "admin.sock")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("RUNTIME_DIRECTORY", c.run)
			t.Setenv("XDG_RUNTIME_DIR", c.xdg)
			r := newRig(t, func(conf *Config) { conf.Addr = "" }).start(t)
			if got := r.app.Addresses(); len(got) != 1 || got[0].Addr != c.want || got[0].Net != "unix" {
				t.Errorf("got %v, want %s", got, c.want)
			}
			r.client(t)
			fi, err := os.Stat(filepath.Dir(c.want))
			if err != nil || fi.Mode().Perm()&0o022 != 0 {
				t.Errorf("directory: got %v, %v", fi.Mode(), err)
			}
		})
	}
}

func TestOffIsOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Addr = Off }).start(t)
	if got := r.app.Addresses(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestAddressesThatOthersCouldReachAreRefused(t *testing.T) {
	t.Parallel()
	for addr, ok := range map[string]bool{
		"": true, "off": true, "/run/x.sock": true, "unix:/run/x.sock": true, "127.0.0.1:0": true, "[::1]:9": true, "localhost:9": true,
		":9000": false, "0.0.0.0:9": false, "10.0.0.1:9": false, "example.com:9": false, "x.sock": false, "./x.sock": false, "unix:x": false,
	} {
		if err := (&Config{Addr: addr}).Validate(); (err == nil) != ok {
			t.Errorf("%q: got %v, want valid %v", addr, err, ok)
		}
	}
}

// DynamicUser= with RuntimeDirectoryPreserve= of systemd makes a link that belongs
// to root.
func TestDirectoryOfTheServiceManagerMayBeALink(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("the link is ours instead of root's")
	}
	link, private := filepath.Join(shortDir(t), "todo"), shortDir(t)
	if err := os.Symlink(private, link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RUNTIME_DIRECTORY", link)
	r := newRig(t, func(c *Config) { c.Addr = "" }).start(t)
	if got := r.app.Addresses(); len(got) != 1 || got[0].Addr != filepath.Join(link, "admin.sock") {
		t.Errorf("got %v", got)
	}
	r.client(t)
	if err := os.Chmod(private, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := checkGiven(link); err == nil {
		t.Error("a link to a directory that others can write to was accepted")
	}
}
