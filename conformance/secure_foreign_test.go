//go:build unix

package conformance

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

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
