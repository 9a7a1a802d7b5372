package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// movingHTTP2 lets HTTP/2 connections move.
func movingHTTP2(t *testing.T) rigOption {
	return throughTLS(t, func(c *TLSConfig) { c.MoveHTTP2 = true })
}

// http2Client sends requests on one HTTP/2 connection, and none a second time.
type http2Client struct {
	t     *testing.T
	url   string
	dials atomic.Int64
	*http.Transport
}

func (r *rig) http2Client() *http2Client {
	c := &http2Client{t: r.t, url: "https://" + r.addr + "/", Transport: &http.Transport{ForceAttemptHTTP2: true}}
	c.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c.dials.Add(1)
		d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: "test", NextProtos: []string{"h2"}}}
		return d.DialContext(ctx, network, addr)
	}
	r.t.Cleanup(c.CloseIdleConnections)
	return c
}

// post returns the answer, or an error.
func (c *http2Client) post(body string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, io.NopCloser(strings.NewReader(body)))
	if err != nil {
		return "", err
	}
	res, err := c.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.ProtoMajor != 2 {
		c.t.Errorf("got %s", res.Proto)
	}
	return string(answer), err
}

func (c *http2Client) want(body, answer string) {
	c.t.Helper()
	if got, err := c.post(body); err != nil || got != answer {
		c.t.Errorf("got %q, %v, want %q", got, err, answer)
	}
	if n := c.dials.Load(); n != 1 {
		c.t.Errorf("%d dials", n)
	}
}

func TestIdleHTTP2Moves(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		old, _, way := pairOf(t, movingHTTP2(t), tuned(func(hs *http.Server) { hs.TLSConfig = &tls.Config{MaxVersion: version} }))
		c := old.http2Client()
		large := strings.Repeat("x", 1<<20)
		c.want("a", "old POST a")
		c.want(large, "old POST "+large)
		moveTo(t, old, way)
		await(t, "the move", func() bool { return way.handed.Load() == 1 })
		c.want("b", "new POST b")
		for range 3 {
			c.want(large, "new POST "+large)
		}
		old.stop(app.Reason{Kind: app.Replaced})
		if got := old.wait().Counts(); got["cut"] != 0 {
			t.Errorf("got %v", got)
		}
		c.want("c", "new POST c")
	})
}

// A connection that comes back is still served by the old process.
func TestHTTP2ThatComesBackIsServedOn(t *testing.T) {
	old, _, way := pairOf(t, movingHTTP2(t))
	way.refuse.Store(true)
	way.held = make(chan struct{})
	c := old.http2Client()
	c.want("a", "old POST a")
	moveTo(t, old, way)
	await(t, "the move", func() bool { return way.handed.Load() == 1 })
	old.server.Resume()
	close(way.held)
	for _, body := range []string{"b", strings.Repeat("x", 1<<20), "c"} {
		c.want(body, "old POST "+body)
	}
	way.refuse.Store(false)
	way.held = nil
	moveTo(t, old, way)
	await(t, "the second move", func() bool { return way.handed.Load() == 2 })
	c.want("d", "new POST d")
}

// A connection whose client is never without a request is asked to leave, and loses
// none; the others move.
func TestHTTP2UnderLoadLosesNothing(t *testing.T) {
	old, next, way := pairOf(t, movingHTTP2(t))
	stop := make(chan struct{})
	var all sync.WaitGroup
	var answers atomic.Int64
	for range 8 {
		c := old.http2Client()
		c.MaxConnsPerHost = 0
		for range 4 {
			all.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Millisecond): // a client that thinks
					}
					got, err := c.post("abc")
					if errors.Is(err, syscall.ECONNREFUSED) {
						return // it was asked to leave, and here the two have no socket in common
					}
					if err != nil || got != "old POST abc" && got != "new POST abc" {
						t.Errorf("got %q, %v", got, err)
						return
					}
					answers.Add(1)
				}
			})
		}
	}
	await(t, "load", func() bool { return answers.Load() > 300 })
	moveTo(t, old, way)
	old.stop(app.Reason{Kind: app.Replaced})
	await(t, "every connection to leave", func() bool { return old.server.conns.Len() == 0 || t.Failed() })
	after := answers.Load()
	close(stop)
	all.Wait()
	if after == 0 || way.handed.Load() == 0 {
		t.Errorf("%d moved", way.handed.Load())
	}
	t.Logf("%d of 8 moved, not: %v, new has %d", way.handed.Load(), old.server.conns.Stayed(), next.server.conns.Len())
}
