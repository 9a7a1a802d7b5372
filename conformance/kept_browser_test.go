//go:build unix

package conformance

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// liveUpgrades are those that foreign clients see; through TLS, where only the
// connection below differs, some will do.
func (p *keptProcess) liveUpgrades() int {
	if p.tls {
		return upgradesOr(5)
	}
	return upgradesOr(20)
}

//go:embed testdata/clients/live.js
var liveJS string

// live answers with a page that holds WebSockets and event streams, and reports.
func live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<script>"+liveJS+`
const c = live(WebSocket, EventSource, location.origin + "/", ["gorilla", "coder", "gws"], ["events"]);
(async () => {
	for (;;) {
		await fetch("/report", {method: "POST", body: c.report()});
		await new Promise(r => setTimeout(r, 20));
	}
})()</script>`)
}

// progress is what live.js reports.
type progress struct {
	least, opens int
	slowest      string // its name, and how many pushes it has got
	errors       string
}

func parseProgress(line string) (p progress, ok bool) {
	n, _ := fmt.Sscanf(line, "%d %d %s", &p.least, &p.opens, &p.slowest)
	parts := strings.SplitN(strings.TrimSpace(line), " ", 4)
	if len(parts) == 4 {
		p.errors = parts[3]
	}
	return p, n == 3
}

// watchLive upgrades the program. next returns what its clients see: each is opened
// once, sees nothing wrong, and continues in every generation.
func watchLive(t *testing.T, p *keptProcess, clients, moving, upgrades int, next func() progress) {
	t.Helper()
	var last progress
	until := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(3 * patience); !ok(); last = next() {
			if last.errors != "" || last.opens > clients {
				t.Fatalf("generation %d, %s: opened %d times, %s", p.generation, what, last.opens, last.errors)
			}
			if time.Now().After(end) {
				t.Fatalf("generation %d: waited in vain for %s: %+v", p.generation, what, last)
			}
		}
	}
	until("all to be open", func() bool { return last.opens == clients && last.least > 0 })
	for gen := 2; gen <= 1+upgrades; gen++ {
		p.upgrade(gen)
		p.wantMoved(moving)
		_ = next() // it may be from before
		last = next()
		goal := last.least + 10
		until("all to go on", func() bool { return last.least >= goal })
	}
	t.Logf("%d clients, each with %d messages or more over %d upgrades", clients, last.least, upgrades)
}

// Clients of node: the packages ws and eventsource, which most programs use, and
// its own. None connects again.
func TestNodeClientsLiveOnOverUpgrades(t *testing.T) {
	for name, flags := range map[string][]string{
		"ws":  nil,
		"own": {"--experimental-websocket", "--experimental-eventsource", "--no-warnings"},
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s tls %v", name, secure), func(t *testing.T) {
				start := startKept
				if secure {
					start = startKeptTLS
				}
				n := node{name: name, flags: flags}
				n.need(t)
				p := start(t)
				n.liveOn(t, p, p.liveUpgrades())
			})
		}
	}
}

// A client that is slower than the server: its event loop is late, and the package
// ws needs several turns of it for each compressed message.
func TestSlowNodeClientsLiveOnOverUpgrades(t *testing.T) {
	n := node{name: "ws", lag: "4"}
	n.need(t)
	n.liveOn(t, startKept(t), upgradesOr(5))
}

// node is a program of it with clients of one kind.
type node struct {
	name  string // ws or own
	flags []string
	lag   string // milliseconds
}

// need skips the test where node does not have the clients.
func (n node) need(t *testing.T) {
	t.Helper()
	needs := `require("ws"); require("eventsource")`
	if n.flags != nil {
		needs = "WebSocket; EventSource"
	}
	if out, err := nodeCommand(append(n.flags, "-e", needs)...).CombinedOutput(); err != nil {
		t.Skipf("node has none (Debian: node-ws, node-eventsource): %v %.200s", err, out)
	}
}

// liveOn runs the program over upgrades of p, and stops both.
func (n node) liveOn(t *testing.T, p *keptProcess, upgrades int) {
	t.Helper()
	cmd := nodeCommand(append(n.flags, "testdata/clients/node_live.cjs", n.name, p.url("http", ""), n.lag)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}()
	lines := latest(out)
	watchLive(t, p, 8, 8, upgrades, func() progress {
		line, ok := <-lines
		last, said := parseProgress(line)
		if !ok || !said {
			t.Fatalf("it says %q, and has ended: %v", line, !ok)
		}
		return last
	})
	_ = in.Close()
	for range lines { // until it has ended
	}
	ended = true
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	p.stop()
}

// latest gives the newest line of r, and is closed at its end.
func latest(r io.Reader) <-chan string {
	newest := make(chan string, 1)
	go func() {
		defer close(newest)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			select {
			case <-newest:
			default:
			}
			newest <- lines.Text()
		}
	}()
	return newest
}

// nodeCommand is a command of node. It finds the packages of Debian, and takes any
// certificate.
func nodeCommand(args ...string) *exec.Cmd {
	cmd := exec.Command("node", args...)
	cmd.Env = append(os.Environ(), "NODE_TLS_REJECT_UNAUTHORIZED=0", "NODE_NO_WARNINGS=1",
		"NODE_PATH="+os.Getenv("NODE_PATH")+":/usr/share/nodejs:/usr/lib/nodejs")
	return cmd
}

// A page in Chromium keeps its WebSockets and its EventSource, which it would open
// again by itself, and sees no error. Through TLS it would ask for the events over
// HTTP/2, whose streams stay with their process.
func TestChromiumKeepsItsStreamsOverUpgrades(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("chromium is not installed")
	}
	for name, start := range map[string]func(*testing.T, ...string) *keptProcess{"plain": startKept, "TLS": startKeptTLS} {
		t.Run(name, func(t *testing.T) {
			p := start(t)
			var last progress
			p.page = func(text string) {
				if now, ok := parseProgress(text); ok {
					last = now
				}
			}
			cmd := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors",
				"--disable-dev-shm-usage", "--disable-http2", "--user-data-dir="+t.TempDir(), p.url("http", "live"))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
			watchLive(t, p, 4, 4, p.liveUpgrades(), func() progress {
				p.readLine()
				return last
			})
			_ = cmd.Process.Kill()
			p.stop()
		})
	}
}
