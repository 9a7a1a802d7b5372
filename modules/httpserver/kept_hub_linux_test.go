package httpserver

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// hub passes on what one member sends to all, each a WebSocket. It is in the memory
// of a process.
type hub struct {
	before  func(member string) // it joins
	mu      sync.Mutex
	members []net.Conn
}

func (h *hub) join(w http.ResponseWriter, r *http.Request) {
	Keep(r)
	nc, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer nc.Close() // which lets it leave
	_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	if h.before != nil {
		h.before(r.URL.Path)
	}
	h.mu.Lock()
	h.members = append(h.members, nc)
	h.mu.Unlock()
	frame := make([]byte, len(says('x')))
	for {
		if _, err := io.ReadFull(rw, frame); err != nil {
			return
		}
		h.mu.Lock()
		for _, m := range h.members {
			_, _ = m.Write([]byte{0x81, 1, frame[len(frame)-1]})
		}
		h.mu.Unlock()
	}
}

func (h *hub) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.members)
}

// says returns a client's frame with one byte, and a mask of zeros.
func says(b byte) string { return string([]byte{0x81, 0x81, 0, 0, 0, 0, b}) }

// The member that joins the new hub last receives what the first one sends, since
// none reads before all have come. Without that barrier it does not.
func TestWithoutTheBarrierAHubLosesMessages(t *testing.T) {
	for name, c := range map[string]struct {
		together int
		first    byte // that the member receives
	}{
		"with":    {2, 'x'},
		"without": {0, 'y'},
	} {
		t.Run(name, func(t *testing.T) {
			slow := make(chan struct{})
			next := &hub{before: func(member string) {
				if member == "/late" {
					<-slow
				}
			}}
			old, _, way := keptPair(t, http.HandlerFunc(new(hub).join), http.HandlerFunc(next.join))
			way.together = c.together
			member := func(path string) *client {
				m := old.dial()
				m.send(fmt.Sprintf("GET %s HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", path))
				if res, err := http.ReadResponse(m.br, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
					t.Fatal(res, err)
				}
				return m
			}
			hears := func(m *client, want byte) {
				t.Helper()
				got := make([]byte, 3)
				if _, err := io.ReadFull(m.br, got); err != nil || got[2] != want {
					t.Errorf("heard %q, %v, want %q", got[2], err, want)
				}
			}
			early, late := member("/early"), member("/late")
			await(t, "both to wait for a message", func() bool { return old.server.conns.WaitingKept() == 2 })
			moveKept(t, old, way)
			early.send(says('x'))
			if c.together == 0 {
				hears(early, 'x') // at once, and alone
			}
			close(slow)
			if c.together > 0 {
				hears(early, 'x')
			}
			await(t, "the other one to join", func() bool { return next.size() == 2 })
			early.send(says('y'))
			hears(early, 'y')
			hears(late, c.first)
		})
	}
}
