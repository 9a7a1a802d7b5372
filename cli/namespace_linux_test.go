package cli_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A service in a user namespace sees every user without a mapping as 65534 (see
// user_namespaces(7)), and may itself run as that number. Users without a mapping
// have no rights: root of the host, which is not mapped, is refused like all
// others, and the user that is mapped is served.
func TestServiceInAUserNamespaceServesMappedUsersOnly(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can map other users")
	}
	for _, tt := range []struct {
		name   string
		inside int  // the number of the service's user in there
		served bool // the service's user is
	}{
		{"as root of the namespace", 0, true},
		{"as the overflow id", 65534, false}, // it looks like a user without a mapping
	} {
		t.Run(tt.name, func(t *testing.T) {
			const outside = 64000
			dir, program := placeFor(t, outside)
			command := func(args ...string) *exec.Cmd {
				return &exec.Cmd{Path: program, Args: append([]string{"todo"}, args...), Dir: dir,
					Env: []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir, "HOME=" + dir, "RUNTIME_DIRECTORY=" + dir, "TODO_HTTP_ADDR=127.0.0.1:0"}}
			}
			ids := []syscall.SysProcIDMap{{ContainerID: tt.inside, HostID: outside, Size: 1}}
			service := command()
			service.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: ids, GidMappings: ids,
				Credential: &syscall.Credential{Uid: uint32(tt.inside), Gid: uint32(tt.inside), NoSetGroups: true}}
			startInNamespace(t, service)

			for _, path := range []string{"/v1/status", "/v1/stop"} {
				status, text := askSocket(filepath.Join(dir, "admin.sock"), path)
				if status != http.StatusForbidden || !strings.Contains(text, "65534") {
					t.Errorf("%s by root of the host: got %d %s, want a refusal", path, status, text)
				}
			}
			owner := command("status", "--json")
			owner.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: outside, Gid: outside}}
			out, err := owner.CombinedOutput()
			if served := err == nil && strings.Contains(string(out), `"state"`); served != tt.served {
				t.Errorf("the service's user: got %v, %s", err, out)
			}
		})
	}
}

// startInNamespace starts a service and waits until it is ready.
func startInNamespace(t *testing.T, service *exec.Cmd) {
	t.Helper()
	stdout, err := service.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	service.Stderr = service.Stdout
	if err := service.Start(); err != nil {
		t.Skip("no user namespaces here:", err)
	}
	ready, said := make(chan bool, 1), make(chan string, 1)
	go func() {
		var all strings.Builder
		for s := bufio.NewScanner(stdout); s.Scan(); {
			all.WriteString(s.Text() + "\n")
			if strings.Contains(s.Text(), `"ready"`) {
				ready <- true
			}
		}
		close(ready)
		said <- all.String()
	}()
	ok := <-ready
	t.Cleanup(func() {
		_ = service.Process.Kill()
		text := <-said
		_ = service.Wait()
		if t.Failed() {
			t.Log(text)
		}
	})
	if !ok {
		t.Fatal("the service did not start")
	}
}

// placeFor makes a directory that the user owns, with a copy of the test binary.
func placeFor(t *testing.T, uid int) (dir, program string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ns")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, "todo")
	if err := os.WriteFile(program, b, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, program} {
		if err := os.Chown(path, uid, uid); err != nil {
			t.Fatal(err)
		}
	}
	return dir, program
}

// askSocket sends a request as this process, without the checks of the commands. A
// stop is a POST.
func askSocket(socket, path string) (status int, text string) {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	ask := c.Get
	if strings.HasSuffix(path, "/stop") {
		ask = func(url string) (*http.Response, error) {
			return c.Post(url, "application/json", strings.NewReader("{}"))
		}
	}
	resp, err := ask("http://admin" + path)
	if err != nil {
		return 0, fmt.Sprint(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}
