package admin

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The user that the kernel reports counts, whatever the modes of directory and
// socket.
func TestAnotherUserIsRefusedThoughTheSocketIsOpen(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can ask as somebody else")
	}
	r := newRig(t).start(t)
	if err := errors.Join(os.Chmod(r.socket, 0o666), os.Chmod(filepath.Dir(r.socket), 0o755)); err != nil {
		t.Fatal(err)
	}
	out := askAs(t, r.socket)
	if !strings.Contains(out, "status: user id 65534 may not use this socket") || !strings.Contains(out, "reload: user id 65534 may not") {
		t.Errorf("got %s", out)
	}
	if n, note := r.noted("admin request refused"); n == 0 || !strings.Contains(fmt.Sprint(note.Attrs), "uid 65534") {
		t.Errorf("got %d notes, the last %v", n, note)
	}
}

// The kernel reports the groups as well, including the supplementary ones.
func TestGroupsThatMayUseTheSocket(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can ask as somebody else")
	}
	for _, c := range []struct {
		name   string
		groups []uint32
		want   []string
	}{
		{"operators", []uint32{7, 4711}, []string{"status: <nil> change", "/v1/config: <nil>", "heap: <nil>", "reload: <nil>"}},
		{"readers", []uint32{4712}, []string{"status: <nil> look", "/v1/config: <nil>", "heap: GET /debug/pprof/heap is not for members of admin.readers", "reload: POST /v1/reload is not for members of admin.readers"}},
		{"others", []uint32{4713}, []string{"status: user id 65534 may not use this socket", "config: user id", "heap: user id", "reload: user id"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(c *Config) { c.Groups, c.Readers = []string{"4711"}, []string{"4712"} })
			if err := os.Chmod(filepath.Dir(r.socket), 0o711); err != nil {
				t.Fatal(err)
			}
			r.start(t)
			out := askAs(t, r.socket, c.groups...)
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("got %s\nwant %q", out, want)
				}
			}
			if last := r.store.Last(); c.name != "operators" && strings.HasPrefix(last.Trigger, "admin") {
				t.Errorf("a user without the permission has reloaded: %v", last)
			}
		})
	}
}

func TestGroupsThatCannotUseTheSocket(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, group, want string }{
		{"no such group", "no-such-group", `no group "no-such-group" on this machine`},
		{"closed directory", "4711", "cannot be entered by the groups"},
	} {
		r := newRig(t, func(conf *Config) { conf.Groups = []string{c.group} })
		if err := r.app.Start(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if err := (&Config{Addr: "127.0.0.1:1", Readers: []string{"x"}}).Validate(); err == nil {
		t.Error("groups on a port were accepted")
	}
}

// The directory that the package creates is opened for groups.
func TestOwnDirectoryAdmitsGroups(t *testing.T) {
	t.Setenv("RUNTIME_DIRECTORY", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("TMPDIR", shortDir(t))
	r := newRig(t, func(c *Config) { c.Addr, c.Readers = "", []string{"4711"} }).start(t)
	for path, want := range map[string]os.FileMode{r.server.listener.path: 0o666, filepath.Dir(r.server.listener.path): 0o711} {
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != want {
			t.Errorf("%s: got %v, %v, want %v", path, fi.Mode(), err, want)
		}
	}
}

// askAs runs ask as the user nobody with those groups.
func askAs(t *testing.T, socket string, groups ...uint32) string {
	t.Helper()
	cmd := exec.Command(copyForOthers(t))
	cmd.Dir = "/"
	cmd.Env = []string{askingAs + "=" + socket}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, Groups: groups}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	return string(out)
}

// copyForOthers makes a copy of the test binary that other users can run.
func copyForOthers(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(shortDir(t), "test")
	data, err := os.ReadFile(exe)
	if err == nil {
		err = errors.Join(os.WriteFile(file, data, 0o755), os.Chmod(filepath.Dir(file), 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}
