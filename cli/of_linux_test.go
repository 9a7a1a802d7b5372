package cli_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Root, which has other directories, names the user or the unit of the service.
func TestRootNamesTheServiceByUserOrUnit(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start a service of another user")
	}
	const uid = 64000
	dir, program := placeFor(t, uid)
	private := filepath.Join(dir, "private") // as PrivateTmp= would be, for this environment
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(private, uid, uid); err != nil {
		t.Fatal(err)
	}
	in := func(temp string, args ...string) *exec.Cmd {
		return &exec.Cmd{Path: program, Args: append([]string{"todo"}, args...), Dir: dir,
			Env: []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "TMPDIR=" + temp, "HOME=" + dir, "TODO_HTTP_ADDR=127.0.0.1:0"}}
	}
	service := in(private)
	service.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid, NoSetGroups: true}}
	startInNamespace(t, service)
	systemctl := "#!/bin/sh\n[ \"$*\" = 'show --property=MainPID --value -- todo.service' ] && echo " + strconv.Itoa(service.Process.Pid) + " || echo 0\n"
	if err := os.WriteFile(filepath.Join(dir, "systemctl"), []byte(systemctl), 0o755); err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		temp string
		args []string
		code int
		want string
	}{
		{dir, nil, 3, "not running"},
		{dir, []string{"--unit", "todo.service"}, 0, "ready"},
		{dir, []string{"--unit", "other.service"}, 3, "unit other.service has no main process"},
		{private, []string{"--user", strconv.Itoa(uid)}, 0, "ready"},
		{private, []string{"--user", "64001"}, 3, "not running"},
		{private, []string{"--user", "nobody at all"}, 1, "there is no user nobody at all on this machine"},
		{private, []string{"--user", "root", "--unit", "todo.service"}, 2, "only one of --unit and --user"},
	} {
		out, err := in(tt.temp, append([]string{"status"}, tt.args...)...).CombinedOutput()
		code := 0
		if exit := new(exec.ExitError); errors.As(err, &exit) {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if code != tt.code || !strings.Contains(string(out), tt.want) {
			t.Errorf("status %q: got %d %s, want %d and %q", tt.args, code, out, tt.code, tt.want)
		}
	}
}

// A directory at the place of the named user's, but made by another user, is not
// trusted.
func TestSocketOfAnotherIsNotThatOfTheNamedUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start a service of another user")
	}
	const stranger = 64002
	dir, program := placeFor(t, stranger)
	trap := filepath.Join(dir, "todo-64003") // where user 64003 has it
	if err := os.Mkdir(trap, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(trap, stranger, stranger); err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir, "HOME=" + dir, "TODO_HTTP_ADDR=127.0.0.1:0"}
	service := &exec.Cmd{Path: program, Args: []string{"todo"}, Dir: dir, Env: append(env, "RUNTIME_DIRECTORY="+trap)}
	service.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger, NoSetGroups: true}}
	startInNamespace(t, service)

	ask := &exec.Cmd{Path: program, Args: []string{"todo", "status", "--user", "64003"}, Dir: dir, Env: env}
	out, err := ask.CombinedOutput()
	exit := new(exec.ExitError)
	if !errors.As(err, &exit) || exit.ExitCode() != 8 || !strings.Contains(string(out), "its directory belongs to user id 64002, not to user id 64003") {
		t.Errorf("got %v, %s", err, out)
	}
}
