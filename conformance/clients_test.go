package conformance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver"
)

// foreignClient is a program that makes two requests, the second after a line on
// its standard input, and prints the responses.
type foreignClient struct {
	name    string
	command []string // and the URL
	has     []string // a command that succeeds where the program can run
	tls     bool     // it accepts any certificate
	hints   bool     // it knows 103
}

var foreignClients = []foreignClient{
	{"node http", []string{"node", "testdata/clients/node_http.mjs"}, []string{"node", "--version"}, true, true},
	{"node fetch", []string{"node", "testdata/clients/node_fetch.mjs"}, []string{"node", "-e", "fetch"}, true, true},
	{"aiohttp", []string{python, "testdata/clients/aiohttp_client.py"}, []string{python, "-c", "import aiohttp"}, true, true},
	{"java", []string{"java", "-Xmx128m", "testdata/clients/Client.java", "HTTP_1_1"}, []string{"javac", "-version"}, false, true},
	{"java that offers h2c", []string{"java", "-Xmx128m", "testdata/clients/Client.java", "HTTP_2"}, []string{"javac", "-version"}, false, true},
}

// python is the interpreter that has aiohttp: that of the system, for which the
// package is installed, need not be the first in PATH.
var python = func() string {
	if exec.Command("python3", "-c", "import aiohttp").Run() != nil {
		return "/usr/bin/python3"
	}
	return "python3"
}()

// clientRun is a program that has made its first request.
type clientRun struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
	stdin io.Writer
	errs  *strings.Builder
}

func (c foreignClient) run(t *testing.T, url string) *clientRun {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*patience) // a compiler among other things
	t.Cleanup(cancel)
	r := &clientRun{t: t, cmd: exec.CommandContext(ctx, c.command[0], append(c.command[1:], url)...), errs: &strings.Builder{}}
	r.cmd.Stderr = r.errs
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.lines = bufio.NewScanner(out)
	r.wants("200 hello")
	return r
}

// wants reads a line.
func (r *clientRun) wants(begin string) {
	r.t.Helper()
	if !r.lines.Scan() {
		_ = r.cmd.Wait()
		r.t.Fatalf("it ended: %v\n%s", r.cmd.ProcessState, r.errs)
	}
	if got := r.lines.Text(); !strings.HasPrefix(got, begin) {
		r.t.Errorf("got %q, want %q", got, begin)
	} else {
		r.t.Log(got)
	}
}

// Clients of other languages notice only the goodbye of a stop: a request on an
// idle connection is answered while the server drains, after informational
// responses as well.
func TestForeignClientsSucceedWhileItDrains(t *testing.T) {
	for _, c := range foreignClients {
		for _, secure := range []bool{false, true} {
			for _, hints := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s tls %v hints %v", c.name, secure, hints), func(t *testing.T) {
					if out, err := exec.CommandContext(t.Context(), c.has[0], c.has[1:]...).CombinedOutput(); err != nil {
						t.Skipf("%s: %v\n%s", c.has[0], err, out)
					}
					if secure && !c.tls {
						t.Skip("it knows no certificate of ours")
					}
					closes := make(chan bool, 2)
					hs := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if hints {
							w.Header().Set("Link", "</style.css>; rel=preload")
							w.WriteHeader(http.StatusEarlyHints)
							<-time.After(50 * time.Millisecond) // the client reads them by themselves
						}
						hello(w, r)
						closes <- true
					}), secure)
					port, stop := ours(t, hs, func(c *httpserver.Config) { c.Linger = *stopBudget / 2 })
					url := fmt.Sprintf("http://127.0.0.1:%d/", port)
					if secure {
						url = "https" + strings.TrimPrefix(url, "http")
					}
					run := c.run(t, url)
					<-closes
					counts := make(chan map[string]int64)
					go func() { counts <- stop().Counts() }()
					awaitRefused(t, port)
					_, _ = io.WriteString(run.stdin, "\n")
					run.wants("200 hello")
					if err := run.cmd.Wait(); err != nil {
						t.Errorf("%v\n%s", err, run.errs)
					}
					if got := <-counts; got["cut"] != 0 || got["drained"] != 1 {
						t.Errorf("got counts %v, want one request drained and nothing cut", got)
					}
				})
			}
		}
	}
}

// awaitRefused waits until the port is closed, and the server drains.
func awaitRefused(t *testing.T, port int) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return
		}
		c.Close()
		if time.Now().After(end) {
			t.Fatal("the port stays open")
		}
		<-time.After(time.Millisecond) // there is no event
	}
}
