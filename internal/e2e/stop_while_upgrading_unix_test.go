//go:build unix

package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// newcomer connects for every request. It ends when it is refused; whatever
// else goes wrong is an error.
func (c *chain) newcomer(id int) {
	for n := 0; ; n++ {
		conn, err := net.Dial(c.network, c.addr)
		if err != nil {
			return
		}
		_ = conn.SetDeadline(time.Now().Add(2 * patience))
		want := fmt.Sprintf("client %d request %d", id, n)
		_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s", len(want), want)
		var got []byte
		if err == nil {
			var res *http.Response
			if res, err = http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				got, err = io.ReadAll(res.Body)
			}
		}
		conn.Close()
		if err != nil || string(got) != want {
			c.t.Errorf("%s: got %q, %v", want, got, err)
			return
		}
		c.requests.Add(1)
	}
}

// A stop comes while two processes hold the socket. A client that connects is
// answered, or refused once both have closed it.
func TestStopWhileUpgradingLosesNoNewConnection(t *testing.T) {
	for _, tt := range []struct{ name, env, moment string }{
		{"the successor starts", "HANGING_SUCCESSOR=1", `the successor hangs`},
		{"the successor is on probation", "ECHO_UPGRADE_PROBATION=1m", `"ready".*"generation":\s*2\b`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := startChain(t, tt.env)
			for id := range 8 {
				c.clients.Go(func() { c.newcomer(id) })
			}
			pid := c.p.cmd.Process.Pid
			if err := syscall.Kill(pid, syscall.SIGUSR2); err != nil {
				t.Fatal(err)
			}
			if _, err := c.p.await(regexp.MustCompile(tt.moment)); err != nil {
				t.Fatal(err, c.p.text())
			}
			for had := c.requests.Load(); c.requests.Load() < had+20 && !t.Failed(); <-time.After(time.Millisecond) { // the clients are at work
			}
			if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			c.clients.Wait()
			if code, err := c.p.exit(); err != nil || code != 0 {
				t.Errorf("exit code %d, %v", code, err)
			}
			t.Logf("%d requests", c.requests.Load())
			if t.Failed() {
				t.Log(c.p.text())
			}
		})
	}
}
