package admin

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// The kernel's word counts, whatever the modes of directory and socket.
func TestAnotherUserIsRefusedThoughTheSocketIsOpen(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can ask as somebody else")
	}
	r := newRig(t).start(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A copy that the other user can reach, and a socket that it can open.
	dir := shortDir(t)
	data, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	program := dir + "/ask"
	for _, err := range []error{os.WriteFile(program, data, 0o755), os.Chmod(dir, 0o755), os.Chmod(r.socket, 0o666), os.Chmod(strings.TrimSuffix(r.socket, "/admin.sock"), 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program)
	cmd.Dir = "/"
	cmd.Env = []string{askingAs + "=" + r.socket}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "user id 65534 may not use this socket") {
		t.Errorf("got %v: %s", err, out)
	}
	if n, note := r.noted("admin request refused"); n != 1 || !strings.Contains(fmt.Sprint(note.Attrs), "uid 65534") {
		t.Errorf("got %d notes, the last %v", n, note)
	}
}
