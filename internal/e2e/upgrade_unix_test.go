//go:build unix

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Nothing fails, and no client has to connect again.
func TestUpgradesUnderLoadLoseNothing(t *testing.T) {
	for _, tt := range []struct {
		name  string
		think time.Duration
		cut   bool
	}{
		{name: "at full speed"},
		{name: "with pauses of 1 ms", think: time.Millisecond},
		{name: "with pauses of 5 ms", think: 5 * time.Millisecond},
		{name: "cut and pipelined", think: time.Millisecond, cut: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := startChain(t)
			c.upgradeUnderLoad(64, func(id int) { c.raw(id, tt.think, tt.cut) })
			if got := c.dials.Load(); got != 64 {
				t.Errorf("%d connections, want 64", got)
			}
		})
	}
}

// Only the file causes these upgrades: with the policy "restart", a change of a
// setting that cannot change in a running process is one.
func TestRestartOnlyChangesUnderLoadLoseNothing(t *testing.T) {
	c := startChain(t, "PENDING=restart")
	c.upgrades = min(*upgrades, 5)
	c.ask = func(_, generation int) error {
		file := filepath.Join(c.dir, "echo.yaml")
		err := os.WriteFile(file+".new", fmt.Appendf(nil, "upgrade: {pid_file: pid-%d}\n", generation), 0o644)
		return errors.Join(err, os.Rename(file+".new", file))
	}
	c.upgradeUnderLoad(64, func(id int) { c.raw(id, time.Millisecond, false) })
	if got := c.dials.Load(); got != 64 {
		t.Errorf("%d connections, want 64", got)
	}
}

// endNoted notes when the other side ends the connection.
type endNoted struct {
	net.Conn
	note   func()
	closed atomic.Bool
}

func (c *endNoted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && !c.closed.Load() {
		c.note()
	}
	return n, err
}

func (c *endNoted) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// http.Client cannot repeat a POST whose body it cannot read again. It may
// connect again all the same: it gives a connection up on which the answer
// comes 50 ms before its own goroutine has seen that the request is written.
func TestUpgradesUnderLoadOfHTTPClientsLoseNothing(t *testing.T) {
	c := startChain(t)
	var ended atomic.Int64
	note := func() {
		if !c.over() {
			ended.Add(1)
		}
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c.dials.Add(1)
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &endNoted{Conn: conn, note: note}, nil
		}}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, Timeout: 2 * patience}
	c.upgradeUnderLoad(64, func(id int) {
		for n := 0; !c.over(); n++ {
			want := fmt.Sprintf("client %d request %d", id, n)
			res, err := client.Post("http://"+c.addr, "text/plain", io.MultiReader(strings.NewReader(want)))
			if err != nil {
				t.Errorf("%s: %v", want, err)
				return
			}
			got, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || string(got) != want || res.Close {
				t.Errorf("got %q, %v, close %v, want %q", got, err, res.Close, want)
				return
			}
			c.requests.Add(1)
			<-time.After(rand.N(time.Millisecond)) // a client that thinks
		}
	})
	if got := ended.Load(); got > 0 {
		t.Errorf("the server ended %d of %d connections", got, c.dials.Load())
	}
}
