package config

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inotifyLimit is how many instances a user namespace may have.
const inotifyLimit = "/proc/sys/user/max_inotify_instances"

// watchWithoutInstances runs in a separate user namespace.
func watchWithoutInstances(path string) error {
	limit := func(n string) error { return os.WriteFile(inotifyLimit, []byte(n), 0o644) }
	if err := limit("0"); err != nil {
		return err
	}
	set := NewSet()
	v := Add[web](set, "http")
	st, err := Load(set, Source{Files: []string{path}, Environ: none})
	if err != nil {
		return err
	}
	told := make(chan string, 10)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- (&Watcher{Store: st, Warn: func(text string, err error) { told <- fmt.Sprint(text, ": ", err) }}).Run(ctx)
	}()
	fmt.Println(<-told)
	for port := uint16(2); port <= 3; port++ {
		if err := os.WriteFile(path, fmt.Appendf(nil, "http: {port: %d}", port), 0o644); err != nil {
			return err
		}
		if r, err := st.Await(ctx, func(Report) bool { return v.Get().Port == port }); err != nil {
			return fmt.Errorf("port %d: %w; %s", port, err, r.Text())
		}
		if port == 2 {
			if err := limit("10"); err != nil {
				return err
			}
			fmt.Println(<-told)
		}
	}
	cancel()
	return <-done
}

// No instance is left in the whole user namespace, and later there are some.
func TestWatcherWhereInotifyInstancesAreUsedUp(t *testing.T) {
	if path := os.Getenv("WATCH_WITHOUT_INSTANCES"); path != "" {
		if err := watchWithoutInstances(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "WATCH_WITHOUT_INSTANCES="+file(t, "c.yaml", "http: {port: 1}"))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || strings.Contains(string(out), inotifyLimit) {
		t.Skipf("no user namespace with limits of its own here: %v %s", err, out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	for _, want := range []string{"files cannot be watched and are polled instead: couldn't initialize inotify: too many open files", "files are watched again: <nil>"} {
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("got %q, want %q; all of it:\n%s", lines.Text(), want, out)
		}
	}
}

// During a slow reload, more happens in the directory than the kernel queues for
// us, and then comes the change that matters.
func TestWatcherSurvivesARealOverflowOfTheQueue(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	limit, err2 := strconv.Atoi(strings.TrimSpace(string(text)))
	if err := errors.Join(err, err2); err != nil || limit > 1<<16 {
		t.Skipf("the queue is too long to fill: %s %v", text, err)
	}
	r := newRig(t, "http: {port: 1}")
	entered, leave := make(chan struct{}), make(chan struct{})
	r.watch(t, &Watcher{Changed: func(ctx context.Context) {
		r.Reload(ctx, "file change")
		if r.web.Get().Port == 2 {
			entered <- struct{}{}
			<-leave
		}
	}})
	write(t, r.path, "http: {port: 2}")
	<-entered
	a, b := filepath.Join(filepath.Dir(r.path), "a"), filepath.Join(filepath.Dir(r.path), "b")
	write(t, a, "")
	for range limit/4 + 1000 { // four events each
		if err := errors.Join(os.Rename(a, b), os.Rename(b, a)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, r.path, "http: {port: 3}") // there is no event for it
	close(leave)
	r.await(t, 3)
	write(t, r.path, "http: {port: 4}")
	r.await(t, 4)
}
