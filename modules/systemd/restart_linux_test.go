package systemd

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// restartScript starts a service whose dependency is missing for eight starts, more
// than systemd allows by default, and prints the outcome. For how it starts its own
// systemd see script.
const restartScript = `
umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && mount -t tmpfs tmpfs /run || exit 3
mkdir -p /run/systemd/system /run/user/0 /run/cfg/systemd/user
export XDG_RUNTIME_DIR=/run/user/0 XDG_CONFIG_HOME=/run/cfg HOME=/run/cfg SYSTEMD_COLORS=0
cp "$DIR"/*.service "$DIR"/*.socket /run/cfg/systemd/user/
/lib/systemd/systemd --user --unit=basic.target >/dev/null 2>&1 &
for i in $(seq 100); do systemctl --user show -p Version >/dev/null 2>&1 && break; sleep 0.1; done
for unit in shipped default activated; do
	if [ $unit = activated ]; then
		timeout 60 systemctl --user start activated.socket
		exec 3<> "/dev/tcp/127.0.0.1/$PORT" # a client that waits
	else
		timeout 60 systemctl --user start $unit 2>/dev/null
	fi
	for i in $(seq 300); do
		starts=$(wc -l < "$DIR/$unit.starts") # before the state: the ninth may still begin
		state=$(systemctl --user show $unit -p ActiveState --value)
		[ "$state" = failed ] || [ "$starts" -gt 8 -a "$state" = active ] && break
		sleep 0.1
	done
	echo "$unit: $state after $(wc -l < "$DIR/$unit.starts") starts"
done
echo "the socket: $(systemctl --user show activated.socket -p ActiveState,SubState --value | tr '\n' ' ')"
timeout 30 systemctl --user exit; sleep 1
find /sys/fs/cgroup/app.slice /sys/fs/cgroup/init.scope -depth -type d -exec rmdir {} + 2>/dev/null
true
`

// TestAUnitComesBackUnderRealSystemd lets a systemd of this machine start a service
// that fails until its dependency is there: with the lines of the shipped unit, by
// a socket with a client that waits and, so that the test can fail, with systemd's
// default limit.
func TestAUnitComesBackUnderRealSystemd(t *testing.T) {
	if os.Getenv("GRACEFUL_REAL_SYSTEMD") == "" {
		t.Skip("GRACEFUL_REAL_SYSTEMD is not set")
	}
	dir := t.TempDir()
	shipped, err := os.ReadFile(filepath.Join(shippedUnits, "todo.service"))
	if err != nil {
		t.Fatal(err)
	}
	var limits, restarts []string
	for line := range strings.Lines(string(shipped)) {
		switch {
		case strings.HasPrefix(line, "StartLimit"):
			limits = append(limits, strings.TrimSpace(line))
		case strings.HasPrefix(line, "Restart") && !strings.HasPrefix(line, "Restrict"):
			restarts = append(restarts, strings.TrimSpace(line))
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close() // the namespaces share the network
	if err := os.WriteFile(filepath.Join(dir, "activated.socket"), []byte("[Socket]\nListenStream=127.0.0.1:"+port+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, unit := range map[string][]string{"shipped": limits, "default": {}, "activated": limits} {
		starts := filepath.Join(dir, name+".starts")
		lines := append([]string{"[Unit]"}, unit...)
		lines = append(append(lines, "[Service]", "Type=exec"), restarts...)
		lines = append(lines, `ExecStart=/bin/sh -c 'echo start >> `+starts+`; [ $(wc -l < `+starts+`) -gt 8 ] && exec sleep 600; exit 1'`)
		if name == "default" {
			lines = append(lines, "RestartSec=100ms") // five starts within the ten seconds
		}
		if err := os.WriteFile(filepath.Join(dir, name+".service"), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--uts", "--ipc", "bash", "-c", restartScript)
	cmd.Env = append(os.Environ(), "DIR="+dir, "PORT="+port)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"shipped: active after 9 starts\n", "default: failed after 5 starts\n",
		"activated: active after 9 starts\n", "the socket: active running ",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("got %s, want %q", out, want)
		}
	}
}
