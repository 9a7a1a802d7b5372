//go:build unix

package conformance

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// who answers with the generation, the client's address and the protocol: the same
// address throughout means one connection.
func who(a *app.App) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d %s %s\n", a.Generation(), r.RemoteAddr, r.Proto)
	}
}

// page sends requests all the time, and reports what came of each.
func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, `<script>(async () => {
	for (;;) {
		try {
			const body = await (await fetch("/who", {method: "POST", body: "x".repeat(1000)})).text();
			await fetch("/report", {method: "POST", body: body});
		} catch (e) { await fetch("/report", {method: "POST", body: "error " + e}); return; }
		await new Promise(r => setTimeout(r, 10));
	}
})()</script>`)
}

// report prints what a page says.
func report(_ http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	fmt.Printf("page: %s\n", strings.TrimSpace(string(text)))
}

// secureEnv makes the program speak TLS, with a certificate for the test.
func secureEnv(t *testing.T) []string {
	t.Helper()
	dir, c := t.TempDir(), certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"KEPT_HTTP_TLS_MOVE_HTTP2=true"}
	for name, block := range map[string]*pem.Block{
		"CERT_FILE": {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, "KEY_FILE": {Type: "PRIVATE KEY", Bytes: key},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		env = append(env, "KEPT_HTTP_TLS_"+name+"="+path)
	}
	return env
}

// foreign is a client of another make. It sends requests one after another, never
// twice, and writes each answer, or "error" and the reason.
type foreign struct {
	needs string
	proto string
	argv  func(url string) []string
	stdin func(io.Writer, *watched) // what it is to send, if it does not know
}

const nodeHTTP2 = `
const s = require("http2").connect(process.argv[1], {rejectUnauthorized: false});
s.on("error", e => console.log("error", e.message)); s.on("goaway", () => console.log("error goaway"));
function ask() {
	const r = s.request({":method": "POST", ":path": "/who"}); let body = "";
	r.on("data", d => body += d); r.on("error", e => { console.log("error", e.message); process.exit() });
	r.on("end", () => { process.stdout.write(body); setTimeout(ask, 5) }); r.end("x".repeat(1000));
}
ask();`

const nodeHTTP1 = `
const https = require("https"), agent = new https.Agent({keepAlive: true, maxSockets: 1});
function ask() {
	const r = https.request(process.argv[1] + "/who", {method: "POST", agent, rejectUnauthorized: false}, res => {
		let body = ""; res.on("data", d => body += d); res.on("end", () => { process.stdout.write(body); setTimeout(ask, 5) });
	}); r.on("error", e => { console.log("error", e.message); process.exit() }); r.end("x".repeat(1000));
}
ask();`

const pythonHTTP1 = `
import http.client, ssl, sys, time
c = http.client.HTTPSConnection(sys.argv[1].removeprefix("https://"), context=ssl._create_unverified_context())
c.connect(); c.auto_open = 0
while True:
    c.request("POST", "/who", "x" * 1000)
    print(c.getresponse().read().decode(), end="", flush=True)
    time.sleep(0.005)`

// goClientEnv makes the test binary a client by net/http, of the protocol that it
// names.
const goClientEnv = "KEPT_GO_CLIENT"

// goClient is such a client. A body that it cannot read again keeps net/http from
// sending a request twice.
func goClient(proto, url string) {
	p := new(http.Protocols)
	p.SetHTTP1(proto == "HTTP/1.1")
	p.SetHTTP2(proto == "HTTP/2.0")
	c := &http.Client{Transport: &http.Transport{Protocols: p, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for ; ; time.Sleep(5 * time.Millisecond) { // a client that thinks
		res, err := c.Post(url+"/who", "text/plain", io.NopCloser(strings.NewReader(strings.Repeat("x", 1000))))
		if err != nil {
			fmt.Println("error", err)
			return
		}
		_, _ = io.Copy(os.Stdout, res.Body)
		_ = res.Body.Close()
	}
}

func goArgv(proto string) func(string) []string {
	return func(url string) []string { return []string{"env", goClientEnv + "=" + proto, os.Args[0], url} }
}

func curl(protocol string) func(string) []string {
	return func(url string) []string {
		return []string{"curl", "-skN", protocol, "--rate", "100/s", "-d", "x", url + "/who?[1-100000]"}
	}
}

func sClient(args ...string) func(string) []string {
	return func(url string) []string {
		return append([]string{"openssl", "s_client", "-connect", strings.TrimPrefix(url, "https://")}, args...)
	}
}

// typing sends a request and, if there are any, a command, each when the one before
// has done its work: s_client takes for a command only what begins a read.
func typing(commands ...string) func(io.Writer, *watched) {
	return func(in io.Writer, w *watched) {
		for n := 0; ; n++ {
			answers, updates := w.seen()
			if _, err := io.WriteString(in, "GET /who HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
				return
			}
			w.until(func() bool { a, _ := w.seen(); return a > answers })
			if len(commands) == 0 {
				continue
			}
			if _, err := io.WriteString(in, commands[n%len(commands)]+"\n"); err != nil {
				return
			}
			w.until(func() bool { _, u := w.seen(); return u > updates })
		}
	}
}

var foreigners = map[string]foreign{
	"curl HTTP/1.1":   {"curl", "HTTP/1.1", curl("--http1.1"), nil},
	"curl HTTP/2":     {"curl", "HTTP/2.0", curl("--http2"), nil},
	"node HTTP/1.1":   {"node", "HTTP/1.1", func(url string) []string { return []string{"node", "-e", nodeHTTP1, url} }, nil},
	"node HTTP/2":     {"node", "HTTP/2.0", func(url string) []string { return []string{"node", "-e", nodeHTTP2, url} }, nil},
	"Go HTTP/1.1":     {"env", "HTTP/1.1", goArgv("HTTP/1.1"), nil},
	"Go HTTP/2":       {"env", "HTTP/2.0", goArgv("HTTP/2.0"), nil},
	"python HTTP/1.1": {"python3", "HTTP/1.1", func(url string) []string { return []string{"python3", "-c", pythonHTTP1, url} }, nil},
	"openssl TLS 1.3": {"openssl", "HTTP/1.1", sClient("-tls1_3"), typing("k", "K")}, // k: KeyUpdate of the client, K: of both
	"openssl TLS 1.2": {"openssl", "HTTP/1.1", sClient("-tls1_2"), typing()},
}

// generations are the upgrades of each of these tests.
const generations = 20

// Clients of other makes, which never send a request twice, keep one connection
// through TLS over twenty generations.
func TestForeignClientsKeepTheirConnectionThroughTLS(t *testing.T) {
	p := startKept(t, secureEnv(t)...)
	watched := map[string]*watched{}
	for name, f := range foreigners {
		if _, err := exec.LookPath(f.needs); err != nil {
			t.Logf("%s is left out: %v", name, err)
			continue
		}
		watched[name] = watch(t, f, p.url("https", "")[:len(p.url("https", ""))-1])
	}
	if len(watched) == 0 {
		t.Skip("no other client is installed")
	}
	for name, w := range watched {
		w.await(t, name, 1)
	}
	for gen := 2; gen <= generations+1 && !t.Failed(); gen++ {
		p.upgrade(gen)
		for name, w := range watched {
			w.await(t, name, gen)
		}
	}
	for name, w := range watched {
		w.end()
		if w.err != "" || len(w.addrs) != 1 {
			t.Errorf("%s: %d connections, error %q", name, len(w.addrs), w.err)
		}
		if w.proto != foreigners[name].proto {
			t.Errorf("%s speaks %s", name, w.proto)
		}
		t.Logf("%s: %d requests on %d connections", name, w.answers, len(w.addrs))
	}
	p.stop()
}

// watched is such a client that runs.
type watched struct {
	end  func()
	stop chan struct{}

	mu         sync.Mutex
	generation int
	answers    int
	updates    int // KeyUpdates
	addrs      map[string]bool
	proto      string
	err        string
	ended      bool
}

func watch(t *testing.T, f foreign, url string) *watched {
	t.Helper()
	argv := f.argv(url)
	cmd := exec.Command(argv[0], argv[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{addrs: map[string]bool{}, stop: make(chan struct{})}
	if f.stdin != nil {
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		go f.stdin(in, w)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() { defer close(read); w.read(out) }()
	w.end = sync.OnceFunc(func() {
		w.mu.Lock()
		w.ended = true
		w.mu.Unlock()
		close(w.stop)
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	t.Cleanup(w.end)
	return w
}

func (w *watched) read(out io.Reader) {
	for s := bufio.NewScanner(out); s.Scan(); {
		var gen int
		var addr, proto string
		line := s.Text()
		w.mu.Lock()
		if _, err := fmt.Sscanf(line, "%d %s %s", &gen, &addr, &proto); err == nil && strings.HasPrefix(proto, "HTTP/") {
			w.generation, w.addrs[addr], w.proto = gen, true, proto
			w.answers++
		} else if line == "KEYUPDATE" {
			w.updates++
		} else if strings.Contains(strings.ToLower(line), "error") && w.err == "" && !w.ended && !strings.Contains(line, "verify") && !strings.Contains(line, "Verif") {
			w.err = line
		}
		w.mu.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended && w.err == "" {
		w.err = "it has ended"
	}
}

// seen returns what it has written so far.
func (w *watched) seen() (answers, updates int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers, w.updates
}

// until waits for a condition, or for the end.
func (w *watched) until(ok func() bool) {
	for !ok() {
		select {
		case <-w.stop:
			return
		case <-time.After(time.Millisecond): // polls what another process says
		}
	}
}

// await waits until the generation has answered it.
func (w *watched) await(t *testing.T, name string, generation int) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) { // polls what another process says
		w.mu.Lock()
		gen, err := w.generation, w.err
		w.mu.Unlock()
		if gen >= generation {
			return
		}
		if err != "" || time.Now().After(end) {
			t.Errorf("%s: at generation %d, waits for %d: %s", name, gen, generation, err)
			return
		}
	}
}
