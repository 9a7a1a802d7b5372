//go:build unix

package conformance

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// A client whose messages, or the TLS records below them, are cut at any byte at
// the moment of an upgrade notices nothing.
func TestMessageCutAtAnyByteSurvivesAnUpgrade(t *testing.T) {
	cutMessages(t, startKept(t), false)
}

func TestMessageThroughTLSCutAtAnyByteSurvivesAnUpgrade(t *testing.T) {
	t.Run("messages", func(t *testing.T) { cutMessages(t, startKeptTLS(t), false) })
	t.Run("records", func(t *testing.T) { cutMessages(t, startKeptTLS(t), true) })
}

func cutMessages(t *testing.T, p *keptProcess, records bool) {
	first, second, ping := textFrame("c 1"), textFrame("c 2"), ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame([]byte("p"))))
	half := ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpText, false, []byte("c "))))
	rest := ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpContinuation, true, []byte("1"))))
	long := textFrame("c 2" + strings.Repeat("x", 6000))
	for name, c := range map[string]struct {
		sent    []byte
		answers []string
	}{
		"a message":             {first, []string{"e 1"}},
		"two messages":          {join(first, second), []string{"e 1", "e 2"}},
		"a ping in a message":   {join(half, ping, rest), []string{"pong p", "e 1"}},
		"a message and a ping":  {join(first, ping), []string{"e 1", "pong p"}},
		"more than is buffered": {join(first, long), []string{"e 1", "e 2" + strings.Repeat("x", 6000)}},
	} {
		step := 1
		if len(c.sent) > 1000 {
			step = 257
		}
		var all []*awkward
		for cut := 0; cut <= len(c.sent); cut += step {
			a := p.awkward(t)
			a.name = fmt.Sprintf("%s, cut at %d", name, cut)
			if records {
				a.cut.hold(cut)
				a.send(c.sent)
			} else {
				a.send(c.sent[:cut])
				a.rest = c.sent[cut:]
			}
			all = append(all, a)
		}
		p.upgrade(p.generation + 1)
		for _, a := range all {
			a.cut.release()
			a.send(a.rest)
			a.want(c.answers...)
			a.Close()
		}
	}
	p.stop()
}

// A connection that a client closes at the moment of an upgrade ends, and holds
// nothing up.
func TestClientsThatEndDuringAnUpgrade(t *testing.T) {
	for name, start := range map[string]func(*testing.T, ...string) *keptProcess{"plain": startKept, "TLS": startKeptTLS} {
		t.Run(name, func(t *testing.T) {
			p := start(t)
			closing := ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))))
			stays := p.awkward(t)
			for round := range 3 {
				var ends sync.WaitGroup
				for cut := range len(closing) + 1 {
					for _, reset := range []bool{false, true} {
						a := p.awkward(t)
						ends.Go(func() {
							time.Sleep(time.Duration(cut+10*round) * time.Millisecond) // any moment will do
							a.send(closing[:cut])
							if tcp, ok := a.cut.Conn.(*net.TCPConn); ok && reset {
								_ = tcp.SetLinger(0)
							}
							a.Close()
						})
					}
				}
				p.upgrade(p.generation + 1)
				ends.Wait()
				stays.send(textFrame(fmt.Sprintf("c %d", round+1)))
				stays.want(fmt.Sprintf("e %d", round+1))
			}
			stays.Close()
			p.stop()
		})
	}
}

// The same for event streams, whose handlers notice only when they write.
func TestEventStreamsThatEndDuringAnUpgrade(t *testing.T) {
	p := startKept(t)
	stop := make(chan struct{})
	var stays sync.WaitGroup
	var events atomic.Int64
	stays.Go(func() {
		if err := listen(p.url("http", "events"), stop, &events); err != nil {
			t.Error(err)
		}
	})
	for round := range 3 {
		var ends sync.WaitGroup
		for i := range 20 {
			c := p.dialSome(1)[0]
			c.send("GET /events HTTP/1.1\r\nHost: test\r\n\r\n")
			_ = c.SetReadDeadline(time.Now().Add(patience))
			if _, err := http.ReadResponse(c.br, nil); err != nil {
				t.Fatal(err)
			}
			ends.Go(func() {
				time.Sleep(time.Duration(i+10*round) * time.Millisecond) // any moment will do
				if i%2 == 0 {
					_ = c.Conn.(*net.TCPConn).SetLinger(0)
				}
				c.Close()
			})
		}
		awaitMore(t, &events, 10)
		p.upgrade(p.generation + 1)
		ends.Wait()
		awaitMore(t, &events, 10)
		p.wantMoved(1)
	}
	close(stop)
	stays.Wait()
	transport.CloseIdleConnections()
	p.stop()
}

func textFrame(s string) []byte {
	return ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(s))))
}

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// awkward is a WebSocket client that sends bytes.
type awkward struct {
	net.Conn
	t    *testing.T
	cut  *cutConn // below Conn
	br   *bufio.Reader
	name string
	rest []byte
}

func (p *keptProcess) awkward(t *testing.T) *awkward {
	t.Helper()
	nc, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(3 * patience))
	a := &awkward{t: t, cut: &cutConn{Conn: nc, left: -1}}
	a.Conn = a.cut
	if p.tls {
		a.Conn = tls.Client(a.cut, unverified)
	}
	a.br = bufio.NewReader(a.Conn)
	a.send([]byte("GET /gorilla HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
	res, err := http.ReadResponse(a.br, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	return a
}

func (a *awkward) send(b []byte) {
	if len(b) > 0 {
		if _, err := a.Write(b); err != nil {
			a.t.Errorf("%s: %v", a.name, err)
		}
	}
}

// want reads until the answers have come, one after the other, beside pushes.
func (a *awkward) want(answers ...string) {
	a.t.Helper()
	for pushed := 0; len(answers) > 0; {
		f, err := ws.ReadFrame(a.br)
		if err != nil {
			a.t.Errorf("%s: %v, want %.10q", a.name, err, answers)
			return
		}
		got := string(f.Payload)
		if f.Header.OpCode == ws.OpPong {
			got = "pong " + got
		}
		var n int
		if k, _ := fmt.Sscanf(got, "s %d", &n); k == 1 {
			if pushed++; pushed > 1 && n != a.pushed()+1 {
				a.t.Errorf("%s: pushed %d", a.name, n)
			}
			a.rest = []byte(got)
			continue
		}
		if got != answers[0] {
			a.t.Errorf("%s: got %.20q (%v), want %.20q", a.name, got, f.Header.OpCode, answers[0])
			return
		}
		answers = answers[1:]
	}
}

// pushed returns the last number that was pushed, which rest holds.
func (a *awkward) pushed() (n int) {
	_, _ = fmt.Sscanf(string(a.rest), "s %d", &n)
	return n
}

// cutConn holds back all but the first bytes after hold.
type cutConn struct {
	net.Conn
	mu   sync.Mutex
	left int // that still pass; negative: all
	kept []byte
}

func (c *cutConn) hold(after int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = after
}

func (c *cutConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pass := len(p)
	if c.left >= 0 {
		pass = min(c.left, len(p))
		c.left -= pass
	}
	c.kept = append(c.kept, p[pass:]...)
	_, err := c.Conn.Write(p[:pass])
	return len(p), err
}

func (c *cutConn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = -1
	_, _ = c.Conn.Write(c.kept)
	c.kept = nil
}
