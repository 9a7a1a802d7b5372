//go:build unix

package conformance

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Browsers connect before they have anything to ask. A connection that has not sent
// a byte moves like any idle one, and one that has sent half a request line is
// answered before it moves. Neither lets a predecessor wait, although it would wait
// a minute for them, which is more than its stop may take.
func TestConnectionsWithoutARequestHoldNoUpgradeUp(t *testing.T) {
	p := startKept(t, "KEPT_HTTP_LINGER=1m", "KEPT_HTTP_READ_HEADER_TIMEOUT=1m")
	stop := make(chan struct{})
	var streams sync.WaitGroup
	var echoes, pushes, events atomic.Int64
	for range 3 {
		streams.Go(func() {
			if err := talkGorilla(p.url("ws", "gorilla"), false, stop, &echoes, &pushes); err != nil {
				t.Error(err)
			}
		})
	}
	streams.Go(func() {
		if err := listen(p.url("http", "events"), stop, &events); err != nil {
			t.Error(err)
		}
	})
	silent, half := p.dialSome(10), p.dialSome(10)
	for gen := 2; gen <= 6 && !t.Failed(); gen++ {
		fresh := p.dialSome(10) // some are not accepted yet when the upgrade begins
		for _, c := range half {
			c.send(question[:5])
		}
		awaitMore(t, &echoes, 10)
		p.upgrade(gen)
		if gen == 2 {
			p.wantWaiting("connections: 10 active")
		}
		for _, c := range half {
			c.send(question[5:])
			c.wantAnswer()
		}
		p.wantMoved(4)
		silent = append(silent, fresh...)
	}
	for _, c := range silent {
		c.send(question)
		c.wantAnswer()
	}
	close(stop)
	streams.Wait()
	for _, c := range append(silent, half...) {
		c.Close()
	}
	transport.CloseIdleConnections()
	p.stop()
}

const question = "GET /who HTTP/1.1\r\nHost: test\r\n\r\n"

// plainConn is a client that sends bytes.
type plainConn struct {
	net.Conn
	t  *testing.T
	br *bufio.Reader
}

func (p *keptProcess) dialSome(n int) (all []*plainConn) {
	p.t.Helper()
	for range n {
		nc, err := net.Dial("tcp", p.addr)
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { nc.Close() })
		all = append(all, &plainConn{nc, p.t, bufio.NewReader(nc)})
	}
	return all
}

func (c *plainConn) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Error(err)
	}
}

// wantAnswer reads the answer to question, which must leave the connection open.
func (c *plainConn) wantAnswer() {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	res, err := http.ReadResponse(c.br, nil)
	if err != nil {
		c.t.Error(err)
		return
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK || res.Close {
		c.t.Errorf("got %s, close %v, %v", res.Status, res.Close, err)
	}
}
