package journal_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/journal"
)

// The test binary is also the program whose log the journal gets.
func TestMain(m *testing.M) {
	if mode := os.Getenv("JOURNAL_PROGRAM"); mode != "" {
		program(mode == "chatty")
		return
	}
	goleak.VerifyTestMain(m)
}

// program writes one line with fields; a chatty one does not stop to write.
func program(chatty bool) {
	graceful.Run(graceful.Name("shop"), journal.Module, fx.Invoke(func(a *app.App, log *zap.Logger) {
		log.Named("door").Warn("denied", zap.String("user", "anna"), zap.String("unit", "ssh.service"), zap.String("body", strings.Repeat("long\n", 100_000)))
		go func() { // the stop does not wait for it: it may be blocked in a line
			for chatty && a.Context().Err() == nil {
				log.Info("and again")
			}
		}()
	}))
}

// inNamespaces runs a script beside a journald that has /run for itself.
func inNamespaces(t *testing.T, script string, env ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "shop")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(journald); err != nil {
		t.Skip(err)
	}
	unshare := []string{"--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--uts", "--ipc"}
	if out, err := exec.Command("unshare", append(unshare, "mount", "-t", "tmpfs", "tmpfs", "/run")...).CombinedOutput(); err != nil {
		t.Skipf("no namespaces for a separate journal: %v: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", append(unshare, "bash", "-c", begin+script)...)
	cmd.Env = append(append(os.Environ(), "DIR="+dir, "JOURNALD="+journald, "SHOP_HTTP_ADDR=off", "SHOP_ADMIN_ADDR=off"), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

const journald = "/lib/systemd/systemd-journald"

// begin starts a journal, and a program whose standard error is its stream.
const begin = `
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal || exit 3
$JOURNALD >/dev/null 2>&1 & journald=$!
for i in $(seq 300); do [ -S /run/systemd/journal/stdout ] && break; sleep 0.1; done
cd "$DIR"
systemd-cat -t stream sh -c 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec ./shop' & shop=$!
find() { journalctl --no-pager -q -D /run/log/journal "$@"; }
await() { for i in $(seq 300); do find "$@" | grep -q . && return; sleep 0.1; done; echo "no $*"; }
await -t shop -g '^ready'
`

// The journal knows the fields: it finds an entry by them, and names the process
// that wrote it.
func TestJournalFindsEntriesByTheirFields(t *testing.T) {
	out := inNamespaces(t, `
kill -TERM $shop; wait $shop; echo "exit code $?"
await -t shop -g 'exit code'
find -t shop USER=anna -o json --all
find -t stream -o cat
kill $journald
`, "JOURNAL_PROGRAM=quiet")
	first, rest, _ := strings.Cut(out, "\n")
	if first != "exit code 0" {
		t.Errorf("got %s", first)
	}
	var entry map[string]any
	if err := json.NewDecoder(strings.NewReader(rest)).Decode(&entry); err != nil {
		t.Fatalf("%v\n%s", err, rest)
	}
	body := strings.Repeat("long\n", 100_000)
	for name, want := range map[string]string{
		"USER": "anna", "FIELD_UNIT": "ssh.service", "PRIORITY": "4", "LOGGER": "door", "SYSLOG_IDENTIFIER": "shop",
		"CODE_FILE": "journal/real_linux_test.go", "BODY": body, "_TRANSPORT": "journal", "_COMM": "shop",
	} {
		if got := entry[name]; got != want {
			t.Errorf("%s: got %.200v, want %.200s", name, got, want)
		}
	}
	if message, _ := entry["MESSAGE"].(string); !strings.HasPrefix(message, "denied user=anna unit=ssh.service body=") {
		t.Errorf("got %.200s", message)
	}
	if strings.Count(rest, "\n") != 1 {
		t.Errorf("more than one entry, or lines on the stream: %.500s", rest[strings.Index(rest, "\n")+1:])
	}
}

// A journal that has died, or no longer reads, does not hold up the service: it
// stops within its budget, without an error.
func TestServiceStopsWithoutItsJournal(t *testing.T) {
	for name, signal := range map[string]string{"it has died": "KILL", "it does not read": "STOP"} {
		t.Run(name, func(t *testing.T) {
			out := inNamespaces(t, `
kill -`+signal+` $journald; sleep 1
(sleep 60; kill -KILL $shop) & guard=$!
kill -TERM $shop; wait $shop; echo "exit code $?"
kill $guard; kill -KILL $journald 2>/dev/null; true
`, "JOURNAL_PROGRAM=chatty", "SHOP_STOP_TIMEOUT=10s")
			if out != "exit code 0\n" {
				t.Errorf("got %s", out)
			}
		})
	}
}
