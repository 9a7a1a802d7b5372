package systemd

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/signals"
)

// service is what the test binary becomes under a real systemd.
func service() int {
	a := app.New("service")
	signals.Join(a, signals.Defaults(), nil, signals.Env{})
	Notify(a, Config{})
	a.Handle(app.Reload, func(context.Context, app.Request) (app.Answer, error) {
		time.Sleep(time.Second) // slow, so that it shows if systemd does not wait
		if _, err := os.Stat(os.Getenv("STATE") + "/refuse"); err == nil {
			return app.Answer{Outcome: app.OutcomeRefused, Text: "what is this?"}, nil
		}
		return app.Answer{Text: "all new"}, nil
	})
	a.Handle(app.Upgrade, func(context.Context, app.Request) (app.Answer, error) { return upgrade(a) })
	if os.Getenv("SUCCESSOR") != "" {
		gone := make(chan struct{})
		go func() { _, _ = io.Copy(io.Discard, os.NewFile(3, "predecessor")); close(gone) }()
		a.Wiring().SetGeneration(2, gone)
		a.At(app.Serve, "tell the predecessor", func(context.Context) error { return os.NewFile(4, "ready").Close() })
	}
	a.Add(app.Hook{Name: "slow", OnStop: func(context.Context) error { time.Sleep(time.Second); return nil }}) // a stop that systemd sees
	if err := a.Start(context.Background()); err != nil {
		return 1
	}
	if _, err := a.Wait(context.Background()); err != nil {
		return 1
	}
	return a.Report().Code
}

// upgrade is a minimal upgrade.
func upgrade(a *app.App) (app.Answer, error) {
	alive, lives, err := os.Pipe() // lives is closed by our end
	if err != nil {
		return app.Answer{}, err
	}
	ready, tell, err := os.Pipe()
	if err != nil {
		return app.Answer{}, err
	}
	_ = lives // until this process ends
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "SUCCESSOR=1")
	cmd.ExtraFiles = []*os.File{alive, tell}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	// A child of the manager, not of this process. The manager waits only for its
	// own children: another's it kills at once when it has to stop.
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_PARENT}
	if err := cmd.Start(); err != nil {
		return app.Answer{}, err
	}
	alive.Close()
	tell.Close()
	_, _ = io.Copy(io.Discard, ready)
	a.Wiring().Commit(cmd.Process.Pid)
	a.Stop(app.Reason{Kind: app.Replaced, By: "SIGUSR2"})
	return app.Answer{Text: fmt.Sprintf("pid %d", cmd.Process.Pid)}, nil
}

// script runs in separate namespaces and drives a user instance of systemd, which
// is the same code as that of the system. Each line it prints is one result.
const script = `
umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && mount -t tmpfs tmpfs /run || exit 3
mkdir -p /run/systemd/system /run/user/0 /run/cfg/systemd/user
export XDG_RUNTIME_DIR=/run/user/0 XDG_CONFIG_HOME=/run/cfg HOME=/run/cfg SYSTEMD_COLORS=0
cp "$DIR/service.service" /run/cfg/systemd/user/
/lib/systemd/systemd --user --unit=basic.target >/dev/null 2>&1 &
for i in $(seq 100); do systemctl --user show -p Version >/dev/null 2>&1 && break; sleep 0.1; done
ctl() { timeout 30 systemctl --user "$@" || echo "systemctl $1 failed"; }
show() { echo "$1: $(ctl show service -p ActiveState,StatusText,Result,ExecMainStatus --value | grep -v '^$' | tr '\n' ' ')"; }
now() { date +%s%3N; }
main() { ctl show service -p MainPID --value; }
reload() { b=$(now); ctl reload service; [ $(($(now)-b)) -ge 1000 ] && echo "$1 waited"; show "$1"; }

ctl start service; show started
reload reloaded
touch "$DIR/refuse"; reload refused; rm "$DIR/refuse"
old=$(main); kill -USR2 $old
for i in $(seq 100); do kill -0 $old 2>/dev/null || break; sleep 0.1; done
[ "$(main)" != $old ] && echo "upgraded to another main process"
show upgraded
reload "successor reloaded"
sleep 4; show "after the time of the watchdog"
ctl stop service; show stopped
ctl start service; kill -STOP $(main); sleep 5; show "not fed"
ctl exit; sleep 1
find /sys/fs/cgroup/app.slice /sys/fs/cgroup/init.scope -depth -type d -exec rmdir {} + 2>/dev/null
true
`

// TestUnderRealSystemd runs the service under a systemd of this machine. It needs
// root, since that systemd runs in separate namespaces, and takes half a minute.
func TestUnderRealSystemd(t *testing.T) {
	if os.Getenv("GRACEFUL_REAL_SYSTEMD") == "" {
		t.Skip("GRACEFUL_REAL_SYSTEMD is not set")
	}
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{"[Service]", "ExecStart=" + self, "Environment=SYSTEMD_TEST_PROGRAM=service STATE=" + dir, "WatchdogSec=3s", "WatchdogSignal=SIGKILL",
		"ExecReload=/bin/kill -HUP $MAINPID", "ExecReload=/bin/sleep 0.2"} // it has no commands
	shipped, err := os.ReadFile("../../deploy/systemd/todo.service")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(shipped)) {
		for _, key := range []string{"Type=", "NotifyAccess=", "TimeoutStopSec=", "SystemCall", "MemoryDeny", "RestrictAddress", "LockPersonality"} {
			if strings.HasPrefix(line, key) {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "service.service"), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--uts", "--ipc", "bash", "-c", script)
	cmd.Env = append(os.Environ(), "DIR="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := string(out)
	for _, want := range []string{
		"started: ready success 0 active\n",
		"reloaded waited\n", "reloaded: ready; reload done (SIGHUP): all new success 0 active\n",
		"refused waited\n", "refused: ready; reload refused (SIGHUP): what is this? success 0 active\n",
		"upgraded to another main process\n", "upgraded: ready, generation 2 success 0 active\n",
		"successor reloaded waited\n",
		"after the time of the watchdog: ready, generation 2; reload done (SIGHUP): all new success 0 active\n",
		"stopped: success 0 inactive\n", // a successor that is killed has status 9
		"not fed: ready watchdog 9 failed\n",
	} {
		if !strings.Contains(squeeze(got), want) {
			t.Errorf("no %q", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

// squeeze removes spaces at the ends of lines.
func squeeze(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
