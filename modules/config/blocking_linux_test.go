package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/app"
)

const deadVariable = "CONFIG_TEST_DEAD_MOUNT"

// mountDead mounts a file system whose server never answers. It needs a mount
// namespace in which we are root.
func mountDead(dir string) error {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return unix.Mount("dead", dir, "fuse", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd))
}

// TestDeadMountHoldsNeitherReloadNorStop: files, directories of drop-ins and of
// secrets on a mount that is dead cost a reload some seconds and a stop nothing.
func TestDeadMountHoldsNeitherReloadNorStop(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(deadVariable); dir != "" {
		reloadFromDeadMount(t, dir)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), deadVariable+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit), strings.Contains(string(out), "--- SKIP"):
		t.Skipf("no file system can be mounted here: %v %s", err, out)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	}
}

// reloadFromDeadMount runs in a separate process, which ends with the goroutines
// that the kernel holds.
func reloadFromDeadMount(t *testing.T, dir string) {
	dead := filepath.Join(dir, "dead")
	if err := mountDead(dead); err != nil {
		t.Skip(err)
	}
	good := filepath.Join(dir, "good")
	write(t, filepath.Join(good, "c.yaml"), "t: {s: one}")
	write(t, filepath.Join(good, "c.d", "1.yaml"), "t: {n: 1}")
	write(t, filepath.Join(good, "secrets", "t.token"), "x")
	link := func(name, target string) string {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.Symlink(target, path+".new"), os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	src := Source{Files: []string{filepath.Join(link("main", good), "c.yaml")}, DropIns: link("dropins", filepath.Join(good, "c.d")),
		Environ: []string{"APP_SECRETS_DIRECTORY=" + link("secrets", filepath.Join(good, "secrets"))}}
	set := NewSet()
	v := Add[texts](set, "t")
	st, err := Load(set, src)
	if err != nil {
		t.Fatal(err)
	}
	a := app.New("test")
	(&commands{store: st, app: a}).register()
	a.Go("config watch", (&commands{store: st, app: a}).watch, app.StopIn(app.Unbind))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := "one"
	for _, name := range []string{"main", "dropins", "secrets"} {
		began := time.Now()
		link(name, dead)
		var r Report
		for r = st.Last(); r.Result != Rejected; r = st.Reload(t.Context(), "test") {
		}
		if !strings.Contains(r.Text(), "cannot be read: it blocks") || v.Get().S != text {
			t.Errorf("%s: got %s, %q in force", name, r.Text(), v.Get().S)
		}
		t.Logf("%s: rejected after %v", name, time.Since(began))
		text = "not " + name
		write(t, filepath.Join(good, "c.yaml"), fmt.Sprintf("t: {s: %s}", text))
		link(name, map[string]string{"main": good, "dropins": filepath.Join(good, "c.d"), "secrets": filepath.Join(good, "secrets")}[name])
		if r, err := st.Await(t.Context(), func(Report) bool { return v.Get().S == text }); err != nil {
			t.Fatalf("%s: %v, %s", name, err, r.Text())
		}
	}
	for _, name := range []string{"main", "dropins", "secrets"} {
		link(name, dead)
	}
	began := time.Now()
	a.Stop(app.Reason{By: "test"})
	if _, err := a.Wait(context.Background()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("the stop took %v", took)
	}
	os.Exit(map[bool]int{true: 1}[t.Failed()]) // goleak would find what the kernel holds
}
