package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// keptRelay is a relay that takes connections with their state.
type keptRelay struct {
	*relay
	takes    bool
	together int // how many come at once; 0: each one is late
	count    atomic.Int64
	tooBig   atomic.Bool
}

func newKeptRelay(t *testing.T) *keptRelay { return &keptRelay{relay: newRelay(t), takes: true} }

func (r *keptRelay) Takes(string, string) bool { return r.takes }

func (r *keptRelay) HandWith(_ string, c *app.HandedConn, done func(bool)) error {
	if r.tooBig.Load() {
		return app.ErrTooMuch
	}
	go func() {
		copied, err := copyOf(c.Conn)
		if r.refuse.Load() || err != nil {
			if err == nil {
				_ = copied.Close()
			}
			done(false)
			return
		}
		r.count.Add(1)
		next := &app.HandedConn{Conn: copied, Kind: c.Kind, Unread: append([]byte(nil), c.Unread...), State: append([]byte(nil), c.State...), Late: r.together == 0, Together: r.together}
		done(true)
		r.queue <- next
	}()
	return nil
}

func (r *keptRelay) HandedOverWith(_ string, o app.HandoverOptions) net.Listener {
	return &checkedRelay{r, o}
}

// checkedRelay is its receiving end.
type checkedRelay struct {
	*keptRelay
	o app.HandoverOptions
}

func (r *checkedRelay) Accept() (net.Conn, error) {
	c, err := r.relay.Accept()
	if h, ok := c.(*app.HandedConn); ok && r.o.Check(h) != nil {
		return nil, errors.New("refused")
	}
	return c, err
}

// stepped is a handler whose steps a test controls: it sends its name and the state
// it got, and leaves when it is to move.
func stepped(name, state string, leaving func(w http.ResponseWriter, p *Passage)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			who(name).ServeHTTP(w, r)
			return
		}
		p := Keep(r)
		rc := http.NewResponseController(w)
		fmt.Fprintf(w, "%s %v %s\n", name, p.Resumed(), p.State())
		_ = rc.Flush()
		select {
		case <-p.Moving():
			if leaving != nil {
				leaving(w, p)
			}
			p.Leave([]byte(state))
		case <-app.Draining(r.Context()):
			_, _ = io.WriteString(w, "goodbye\n")
		}
	}
}

// plainAndTLS runs a test without TLS and with it.
func plainAndTLS(t *testing.T, test func(*testing.T, ...rigOption)) {
	t.Run("plain", func(t *testing.T) { test(t) })
	t.Run("TLS", func(t *testing.T) { test(t, throughTLS(t, nil)) })
}

// keptPair returns two servers and the relay between them.
func keptPair(t *testing.T, old, next http.Handler, opts ...rigOption) (*rig, *rig, *keptRelay) {
	t.Helper()
	way := newKeptRelay(t)
	o := serveOn(t, old, opts...)
	n := serveFrom(t, way, next, opts...)
	t.Cleanup(func() { way.Close() })
	return o, n, way
}

// body begins to read a chunked response that goes on.
func (c *client) body() io.Reader {
	c.t.Helper()
	res, err := http.ReadResponse(c.br, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("got %s", res.Status)
	}
	return res.Body
}

func wantLine(t *testing.T, r io.Reader, want string) {
	t.Helper()
	var line strings.Builder
	b := make([]byte, 1)
	for !strings.HasSuffix(line.String(), "\n") {
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatalf("got %q, %v, want %q", line.String(), err, want)
		}
		line.Write(b)
	}
	if got := strings.TrimSpace(line.String()); got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func moveKept(t *testing.T, from *rig, way *keptRelay) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := from.server.Move(ctx, way); err != nil {
		t.Fatal(err)
	}
}
