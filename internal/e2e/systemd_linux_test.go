package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// underSystemd runs in separate namespaces and drives a user instance of
// systemd, which is the same code as that of the system. Each line it prints is
// a fact; it goes on to stop the service when it is sent a line.
const underSystemd = `
umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && mount -t tmpfs tmpfs /run || exit 3
mkdir -p /run/systemd/system /run/user/0 /run/cfg/systemd/user
export XDG_RUNTIME_DIR=/run/user/0 XDG_CONFIG_HOME=/run/cfg HOME=/run/cfg SYSTEMD_COLORS=0
cp "$DIR/echo.service" "$DIR/echo.socket" /run/cfg/systemd/user/
/lib/systemd/systemd --user --unit=basic.target >/dev/null 2>&1 &
for i in $(seq 300); do systemctl --user show -p Version >/dev/null 2>&1 && break; sleep 0.1; done
ctl() { timeout 60 systemctl --user "$@" || echo "systemctl $1 failed"; }
show() { echo "$1: $(ctl show echo -p ActiveState,StatusText,Result,NRestarts,ExecMainStatus --value | grep -v '^$' | tr '\n' ' ')"; }
main() { ctl show echo -p MainPID --value; }

ctl start echo.socket; ctl start echo; show started
for n in 2 3 4; do
	old=$(main); kill -USR2 $old
	for i in $(seq 300); do kill -0 $old 2>/dev/null || break; sleep 0.1; done
	[ "$(main)" != $old ] && kill -0 $(main) && show "upgraded $n"
done
cp "$DIR/echo" "$DIR/good"; printf '#!/bin/sh\nexit 7\n' > "$DIR/bad"; chmod +x "$DIR/bad"; mv "$DIR/bad" "$DIR/echo"
old=$(main); ctl kill -s USR2 --kill-who=main echo
for i in $(seq 300); do ctl show echo -p StatusText --value | grep -q 'exit status\|it ended' && break; sleep 0.1; done
[ "$(main)" = $old ] && show "refused"
mv "$DIR/good" "$DIR/echo"
ctl reload echo; show reloaded
echo "ready to stop"; read line
ctl stop echo; show stopped; echo "the socket is $(ctl show echo.socket -p ActiveState --value)"
ctl exit; sleep 1
find /sys/fs/cgroup/app.slice /sys/fs/cgroup/init.scope -depth -type d -exec rmdir {} + 2>/dev/null
true
`

// TestWholeProgramUnderRealSystemd lets a systemd of this machine judge
// everything together: activation by two sockets of one name, upgrades on SIGUSR2,
// one that fails, a reload and the stop, under clients that have one connection and
// no other.
// It must run as root and takes half a minute.
func TestWholeProgramUnderRealSystemd(t *testing.T) {
	if os.Getenv("GRACEFUL_REAL_SYSTEMD") == "" {
		t.Skip("GRACEFUL_REAL_SYSTEMD is not set")
	}
	dir := t.TempDir()
	copyProgram(t, filepath.Join(dir, "echo"))
	sock, second := filepath.Join(dir, "sock"), filepath.Join(dir, "second")
	for name, unit := range map[string][]string{
		"echo.socket": {"[Socket]", "ListenStream=" + sock, "ListenStream=" + second, "FileDescriptorName=http"},
		"echo.service": {"[Service]", "Type=notify", "NotifyAccess=main", "ExecStart=" + filepath.Join(dir, "echo"),
			"ExecReload=/bin/kill -HUP $MAINPID", "ExecReload=/bin/sleep 0.2", "TimeoutStopSec=30s", "Restart=on-failure", "WatchdogSec=30s",
			"WorkingDirectory=" + dir, "Environment=ECHO_HTTP_ADDR=unix:" + sock + " ECHO_UPGRADE_PID_FILE=" + dir + "/pid XDG_RUNTIME_DIR=" + dir},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(unit, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--uts", "--ipc", "bash", "-c", underSystemd)
	cmd.Env = append(os.Environ(), "DIR="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &chain{t: t, sockets: []net.Addr{&net.UnixAddr{Name: sock, Net: "unix"}, &net.UnixAddr{Name: second, Net: "unix"}}, stop: make(chan struct{})}
	at := "ready: http " + sock + ", http " + second
	var facts strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		facts.WriteString(line + "\n")
		switch {
		case strings.HasPrefix(line, "started:"):
			for id := range 8 {
				c.clients.Go(func() { c.raw(id, time.Millisecond, true) })
			}
		case line == "ready to stop":
			close(c.stop)
			c.clients.Wait()
			if _, err := io.WriteString(stdin, "go on\n"); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v", err)
	}
	for _, want := range []string{
		"started: " + at + " success 0 0 active",
		"upgraded 2: " + at + ", generation 2 success 0 0 active",
		"upgraded 3: " + at + ", generation 3 success 0 0 active",
		"upgraded 4: " + at + ", generation 4 success 0 0 active",
		"refused: " + at + ", generation 4; upgrade failed (SIGUSR2): this process (generation 4) stays: it ended: its log, or that of its supervisor or service manager, says how success 0 0 active",
		"reloaded: " + at + ", generation 4; reload unchanged (SIGHUP)",
		"exit code 0 success 0 0 inactive", // the status would be 9 if the main process had been killed
		"the socket is active",
	} {
		if !strings.Contains(facts.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	if got := c.dials.Load(); got != 8 || c.requests.Load() < 100 {
		t.Errorf("%d connections and %d requests, want 8 and many", got, c.requests.Load())
	}
	if _, err := os.Stat(filepath.Join(dir, "pid")); !os.IsNotExist(err) {
		t.Errorf("PID file: %v", err)
	}
	if t.Failed() {
		t.Log(facts.String())
	}
	t.Logf("%d requests on %d connections", c.requests.Load(), c.dials.Load())
}

// copyProgram copies this test binary.
func copyProgram(t *testing.T, to string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o755); err != nil {
		t.Fatal(fmt.Errorf("copy the program: %w", err))
	}
}

// underJournal runs in separate namespaces and prints the lines of a program that
// journalctl finds: all, and those of the priority warning.
const underJournal = `
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal || exit 3
/lib/systemd/systemd-journald >/dev/null 2>&1 & journald=$!
for i in $(seq 100); do [ -S /run/systemd/journal/stdout ] && break; sleep 0.1; done
cd "$DIR"
systemd-cat -t echo sh -c 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) RUNTIME_DIRECTORY=$DIR exec ./echo' & echo=$!
find() { journalctl --no-pager -q -D /run/log/journal -t echo -o cat "$@"; }
for i in $(seq 300); do find | grep -q '"msg":"ready"' && break; sleep 0.1; done
kill $echo; wait $echo
for i in $(seq 300); do find | grep -q 'exit code' && break; sleep 0.1; done
find | sed 's/^/all: /'; find -p warning | sed 's/^/warning: /'
kill $journald
`

// TestPriorityOfEachLineUnderRealSystemd lets a journald of this machine say which
// lines are warnings.
func TestPriorityOfEachLineUnderRealSystemd(t *testing.T) {
	if os.Getenv("GRACEFUL_REAL_SYSTEMD") == "" {
		t.Skip("GRACEFUL_REAL_SYSTEMD is not set")
	}
	dir := t.TempDir()
	copyProgram(t, filepath.Join(dir, "echo"))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--uts", "--ipc", "bash", "-c", underJournal)
	cmd.Env = append(os.Environ(), "DIR="+dir, "ECHO_HTTP_ADDR=127.0.0.1:0", "ECHO_LOG_LEVLE=debug")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := string(out)
	for line, want := range map[string]bool{
		`all: {"level":"info"`: true, `all: {"level":"warn"`: true, `warning: {"level":"warn"`: true, `warning: {"level":"info"`: false, "<6>": false,
	} {
		if strings.Contains(text, line) != want {
			t.Errorf("got %t, want %t: %s\n%s", !want, want, line, text)
		}
	}
}
