//go:build unix

package conformance

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"

	"github.com/gracefulfx/graceful/app"
)

// WebSockets of five libraries, event streams and long polls live on while the
// process is replaced again and again: no client has to connect again, nothing is
// missed, nothing comes twice or out of order.
func TestConnectionsLiveOnOverUpgrades(t *testing.T) { liveOn(t, startKept(t)) }

// The same through TLS.
func TestConnectionsThroughTLSLiveOnOverUpgrades(t *testing.T) { liveOn(t, startKeptTLS(t)) }

func liveOn(t *testing.T, p *keptProcess) {
	stop := make(chan struct{})
	var all sync.WaitGroup
	var echoes, pushes, events, polls atomic.Int64
	for _, library := range []string{"gorilla", "coder", "gobwas", "gws", "xnet"} {
		for i := range 4 {
			all.Go(func() {
				talk := talkGorilla
				if i%2 == 1 {
					talk = talkCoder
				}
				if err := talk(p.url("ws", library), i >= 2, stop, &echoes, &pushes); err != nil {
					t.Errorf("%s, client %d: %v", library, i, err)
				}
			})
		}
	}
	for range 3 {
		all.Go(func() {
			if err := listen(p.url("http", "events"), stop, &events); err != nil {
				t.Errorf("events: %v", err)
			}
		})
		all.Go(func() {
			if err := pollUntil(p.url("http", "poll?wait=300ms"), stop, &polls); err != nil {
				t.Errorf("long poll: %v", err)
			}
		})
	}
	for gen := 2; gen <= 11 && !t.Failed(); gen++ {
		p.upgrade(gen)
		awaitMore(t, &echoes, 50)
		awaitMore(t, &events, 10)
		awaitMore(t, &polls, 1)
		p.wantMoved(23) // without long polls: their number is unknown
	}
	close(stop)
	all.Wait()
	t.Logf("%d echoes, %d pushes, %d events, %d polls", echoes.Load(), pushes.Load(), events.Load(), polls.Load())
	p.stop()
}

// Every member of a chat gets each message, although the hub is in the memory of a
// process that is replaced.
func TestChatMissesNothingOverUpgrades(t *testing.T) { chatOver(t, startKept(t)) }

// The same through TLS.
func TestChatThroughTLSMissesNothingOverUpgrades(t *testing.T) { chatOver(t, startKeptTLS(t)) }

func chatOver(t *testing.T, p *keptProcess) {
	const members = 12
	stop, said := make(chan struct{}), make([]atomic.Int64, members)
	var heard atomic.Int64
	var joined, talking, all sync.WaitGroup
	joined.Add(members)
	talking.Add(members)
	for i := range members {
		all.Go(func() {
			c, _, err := dialer.Dial(p.url("ws", "chat"), nil)
			if err != nil {
				t.Error(err)
				joined.Done()
				return
			}
			defer c.Close()
			hello := fmt.Sprintf("hello %d", i)
			_ = c.WriteMessage(gorilla.TextMessage, []byte(hello)) // a member that gets its own message has joined
			next := make([]int64, members)
			own := make(chan struct{}, 1)
			go func() {
				<-own
				joined.Done()
				joined.Wait() // from here on all members get all messages
				for n := int64(1); ; n++ {
					select {
					case <-stop:
						talking.Done()
						talking.Wait()
						_ = c.WriteMessage(gorilla.TextMessage, []byte(fmt.Sprintf("bye %d", i)))
						return
					default:
					}
					if c.WriteMessage(gorilla.TextMessage, []byte(fmt.Sprintf("%d %d", i, n))) != nil {
						talking.Done()
						return
					}
					said[i].Store(n)
					<-own
				}
			}()
			for byes := 0; byes < members; {
				_ = c.SetReadDeadline(time.Now().Add(2 * patience))
				_, m, err := c.ReadMessage()
				if err != nil {
					t.Errorf("member %d: %v", i, err)
					return
				}
				text := string(m)
				if strings.HasPrefix(text, "bye ") {
					byes++
					continue
				}
				if text == hello {
					own <- struct{}{}
				}
				var from int
				var n int64
				if k, _ := fmt.Sscanf(text, "%d %d", &from, &n); k != 2 {
					continue
				}
				if next[from]++; n != next[from] {
					t.Errorf("member %d heard %d of member %d, want %d", i, n, from, next[from])
					return
				}
				heard.Add(1)
				if from == i {
					own <- struct{}{}
				}
			}
			for from := range members {
				if got, want := next[from], said[from].Load(); got != want {
					t.Errorf("member %d heard %d of the %d messages of %d", i, got, want, from)
				}
			}
		})
	}
	for gen := 2; gen <= 11 && !t.Failed(); gen++ {
		p.upgrade(gen)
		awaitMore(t, &heard, 200)
	}
	close(stop)
	all.Wait()
	t.Logf("%d messages heard", heard.Load())
	p.stop()
}

// checker checks what comes on a WebSocket, in sequence.
type checker struct {
	echoed, pushed int
	echoes, pushes *atomic.Int64
}

// see reports whether m is the echo that the client waits for.
func (c *checker) see(m string) (bool, error) {
	kind, number, _ := strings.Cut(m, " ")
	n, _ := strconv.Atoi(strings.TrimRight(number, "x"))
	switch kind {
	case "e":
		c.echoed++
		c.echoes.Add(1)
		if n != c.echoed {
			return true, fmt.Errorf("echo %d, want %d", n, c.echoed)
		}
		return true, nil
	case "s":
		c.pushed++
		c.pushes.Add(1)
		if n != c.pushed {
			return false, fmt.Errorf("push %d, want %d", n, c.pushed)
		}
		return false, nil
	}
	return false, fmt.Errorf("got %q", m)
}

// message is the nth that a client says; some are longer than a buffer. Not so for
// x/net, which takes the fragments that gorilla makes of them for messages
// (golang/go#5082).
func message(n int, url string) string {
	pad := 0
	if n%7 == 0 {
		pad = n * 37 % 9000
	}
	if strings.HasSuffix(url, "xnet") {
		pad %= 3000
	}
	return "c " + strconv.Itoa(n) + strings.Repeat("x", pad)
}

func talkGorilla(url string, compress bool, stop chan struct{}, echoes, pushes *atomic.Int64) error {
	d := *dialer
	d.EnableCompression = compress
	c, _, err := d.Dial(url, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	see := &checker{echoes: echoes, pushes: pushes}
	for n := 1; ; n++ {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if err := c.WriteMessage(gorilla.TextMessage, []byte(message(n, url))); err != nil {
			return err
		}
		for echoed := false; !echoed; {
			_, m, err := c.ReadMessage()
			if err != nil {
				return err
			}
			if echoed, err = see.see(string(m)); err != nil {
				return err
			}
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}

func talkCoder(url string, compress bool, stop chan struct{}, echoes, pushes *atomic.Int64) error {
	o := &coder.DialOptions{CompressionMode: coder.CompressionDisabled}
	if compress {
		o = &coder.DialOptions{CompressionMode: coder.CompressionContextTakeover, CompressionThreshold: 1}
	}
	o.HTTPClient = &http.Client{Transport: transport}
	c, _, err := coder.Dial(context.Background(), url, o)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	see := &checker{echoes: echoes, pushes: pushes}
	for n := 1; ; n++ {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := c.Write(ctx, coder.MessageText, []byte(message(n, url))); err != nil {
			return err
		}
		for echoed := false; !echoed; {
			_, m, err := c.Read(ctx)
			if err != nil {
				return err
			}
			if echoed, err = see.see(string(m)); err != nil {
				return err
			}
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}

// listen reads one event stream until it is stopped.
func listen(url string, stop chan struct{}, events *atomic.Int64) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	res, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	for want := 1; ; want++ {
		select {
		case <-stop:
			return nil
		default:
		}
		var n int
		for _, expect := range []string{"id: ", "data: x", ""} {
			line, err := lines.ReadString('\n')
			if err != nil {
				return err
			}
			if !strings.HasPrefix(line, expect) {
				return fmt.Errorf("got %q", line)
			}
			if id, ok := strings.CutPrefix(line, "id: "); ok {
				n, _ = strconv.Atoi(strings.TrimSpace(id))
			}
		}
		if n != want {
			return fmt.Errorf("event %d, want %d", n, want)
		}
		events.Add(1)
	}
}

// pollUntil polls on one connection: a second would be a reconnect.
func pollUntil(url string, stop chan struct{}, polls *atomic.Int64) error {
	var dials atomic.Int64
	tr := &http.Transport{MaxConnsPerHost: 1, TLSClientConfig: unverified}
	defer tr.CloseIdleConnections()
	dial := new(net.Dialer).DialContext
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return dial(ctx, network, addr)
	}
	for {
		select {
		case <-stop:
			if n := dials.Load(); n != 1 {
				return fmt.Errorf("%d dials", n)
			}
			return nil
		default:
		}
		r, _ := http.NewRequest("GET", url, nil)
		res, err := tr.RoundTrip(r)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != "after 300ms" {
			return fmt.Errorf("got %q, %v", body, err)
		}
		polls.Add(1)
	}
}

// awaitMore waits until the counter has gone up by n.
func awaitMore(t *testing.T, counter *atomic.Int64, n int64) {
	t.Helper()
	goal := counter.Load() + n
	for end := time.Now().Add(patience); counter.Load() < goal && !t.Failed(); {
		if time.Now().After(end) {
			t.Fatalf("at %d, want %d", counter.Load(), goal)
		}
		time.Sleep(time.Millisecond) // polls a counter
	}
}

// keptProcess is the program, whichever generation of it.
type keptProcess struct {
	t   *testing.T
	out *bufio.Reader
	tls bool

	generation int
	pid        int
	pidFile    string
	addr       string
	over       bool
	page       func(string) // called with what a page reports
}

func startKept(t *testing.T, env ...string) *keptProcess {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Dir = t.TempDir()
	pidFile := filepath.Join(t.TempDir(), "pid")
	cmd.Env = append(append(os.Environ(), programEnv+"=1", "KEPT_HTTP_ADDR=127.0.0.1:0", "KEPT_ADMIN_ADDR=off", "KEPT_LOG_LEVEL=warn", "KEPT_UPGRADE_PID_FILE="+pidFile), env...)
	cmd.Stderr = os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	p := &keptProcess{t: t, generation: 1, out: bufio.NewReader(r), pid: cmd.Process.Pid, pidFile: pidFile}
	t.Cleanup(func() {
		if !p.over {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
		_ = cmd.Wait()
		r.Close()
	})
	p.await(1)
	return p
}

func (p *keptProcess) url(scheme, path string) string {
	if p.tls {
		scheme += "s"
	}
	return scheme + "://" + p.addr + "/" + path
}

// Clients do not ask who the program is.
var (
	unverified = &tls.Config{InsecureSkipVerify: true}
	transport  = &http.Transport{TLSClientConfig: unverified}
	dialer     = &gorilla.Dialer{TLSClientConfig: unverified}
)

// startKeptTLS is startKept with a certificate.
func startKeptTLS(t *testing.T, env ...string) *keptProcess {
	t.Helper()
	c := certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), "pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	p := startKept(t, append(env, "KEPT_HTTP_TLS_CERT_FILE="+write("CERTIFICATE", c.Certificate[0]), "KEPT_HTTP_TLS_KEY_FILE="+write("PRIVATE KEY", key))...)
	p.tls = true
	return p
}

// readLine returns the next line that the program prints.
func (p *keptProcess) readLine() string {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.t.Fatalf("after %q: %v", line, err)
	}
	if text, ok := strings.CutPrefix(line, "page: "); ok && p.page != nil {
		p.page(strings.TrimSpace(text))
	}
	return line
}

// await waits until a generation is ready.
func (p *keptProcess) await(generation int) {
	p.t.Helper()
	for {
		line := p.readLine()
		var gen, pid int
		var addr string
		if _, err := fmt.Sscanf(line, "generation %d, process %d, listens on %s", &gen, &pid, &addr); err == nil && gen == generation {
			p.pid, p.addr = pid, addr
			return
		}
	}
}

// upgrade requests a new generation until there is one, and waits until that is in
// charge: a signal that stops it earlier makes the upgrade fail, and the old one
// stays.
func (p *keptProcess) upgrade(generation int) {
	p.t.Helper()
	p.generation = generation
	ready := make(chan struct{})
	old := p.pid
	go func() { defer close(ready); p.await(generation) }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		_ = syscall.Kill(old, syscall.SIGUSR2)
		select {
		case <-ready:
			p.awaitInCharge()
			return
		case <-tick.C:
		}
	}
}

// awaitInCharge waits until the PID file names the process.
func (p *keptProcess) awaitInCharge() {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) { // polls
		if text, _ := os.ReadFile(p.pidFile); strings.TrimSpace(string(text)) == strconv.Itoa(p.pid) {
			return
		}
	}
	p.t.Fatalf("generation %d is not in charge", p.generation)
}

// wantMoved checks what the predecessor has said of its connections, and waits for
// that.
func (p *keptProcess) wantMoved(atLeast int) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) { // polls
		res, err := (&http.Client{Transport: transport}).Get(p.url("http", "upgrades"))
		if err != nil {
			p.t.Fatal(err)
		}
		var all []app.UpgradeRecord
		err = json.NewDecoder(res.Body).Decode(&all)
		res.Body.Close()
		if err != nil {
			p.t.Fatal(err)
		}
		if all[0].Connections == nil {
			continue // it still drains
		}
		if k := all[0].Connections.Kept; k == nil || k.Moved < atLeast || len(k.Stayed) > 0 || k.Pause <= 0 {
			p.t.Errorf("the upgrade says %v", all[0])
		}
		return
	}
	p.t.Error("the predecessor never said what became of its connections")
}

func (p *keptProcess) stop() {
	p.t.Helper()
	if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, p.out); err != nil { // until every generation has ended
		p.t.Error(err)
	}
	p.over = true
}
