package load

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Sockets are clients with a WebSocket each. Every client sends a message, waits
// for the echo, pauses, and begins again. One that loses its connection connects
// again, as often as necessary.
type Sockets struct {
	addr   string
	think  time.Duration
	all    []*socketClient
	done   sync.WaitGroup
	cancel context.CancelFunc
	dials  atomic.Int64
	wrong  atomic.Int64
}

// socketClient is one of them. Its mutex guards trips.
type socketClient struct {
	mu    sync.Mutex
	asked time.Time // when the trip under way began; zero: none does
	trips []trip    // since the last Watch
}

type trip struct{ from, to time.Time }

// OpenSockets connects n clients that think for up to twice the time, and returns
// when all are connected.
func OpenSockets(addr string, n int, think time.Duration) (*Sockets, error) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Sockets{addr: addr, think: think, cancel: cancel}
	var opened sync.WaitGroup
	var failed atomic.Int64
	few := make(chan struct{}, 64) // the queue of a listener is short
	for range n {
		c := &socketClient{}
		s.all = append(s.all, c)
		opened.Add(1)
		s.done.Go(func() {
			few <- struct{}{}
			nc, br, err := s.dial(ctx)
			<-few
			opened.Done()
			if err != nil {
				failed.Add(1)
				return
			}
			s.talk(ctx, c, nc, br)
		})
	}
	opened.Wait()
	if failed.Load() > 0 {
		s.Close()
		return nil, errors.New("not every WebSocket could be opened")
	}
	return s, nil
}

// Close ends all clients and waits for them.
func (s *Sockets) Close() {
	s.cancel()
	s.done.Wait()
}

// Reconnects counts the connections beyond the first of each client, and Wrong the
// echoes that were not what had been said.
func (s *Sockets) Reconnects() int { return int(s.dials.Load()) - len(s.all) }

// Wrong counts the echoes that were not what had been said.
func (s *Sockets) Wrong() int { return int(s.wrong.Load()) }

// Watch begins to note round trips; what was noted before is forgotten.
func (s *Sockets) Watch() {
	for _, c := range s.all {
		c.mu.Lock()
		c.trips = c.trips[:0]
		c.mu.Unlock()
	}
}

// Worst returns the longest round trip of each client since Watch, also of those
// under way.
func (s *Sockets) Worst() (all []time.Duration) {
	for _, c := range s.all {
		c.mu.Lock()
		var worst time.Duration
		for _, t := range c.trips {
			worst = max(worst, t.to.Sub(t.from))
		}
		if !c.asked.IsZero() {
			worst = max(worst, time.Since(c.asked))
		}
		c.mu.Unlock()
		all = append(all, worst)
	}
	return all
}

func (s *Sockets) dial(ctx context.Context) (net.Conn, *bufio.Reader, error) {
	d := net.Dialer{Timeout: 30 * time.Second}
	nc, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, nil, err
	}
	_, err = io.WriteString(nc, "GET /ws HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	br := bufio.NewReaderSize(nc, 512)
	if err == nil {
		_ = nc.SetReadDeadline(time.Now().Add(30 * time.Second))
		var res *http.Response
		if res, err = http.ReadResponse(br, nil); err == nil && res.StatusCode != http.StatusSwitchingProtocols {
			err = errors.New(res.Status)
		}
	}
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	s.dials.Add(1)
	return nc, br, nil
}

// talk goes on until ctx ends. A trip that needs a new connection is one.
func (s *Sockets) talk(ctx context.Context, c *socketClient, nc net.Conn, br *bufio.Reader) {
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer func() { stop(); nc.Close() }()
	for ctx.Err() == nil {
		if s.think > 0 {
			select {
			case <-time.After(rand.N(2 * s.think)):
			case <-ctx.Done():
				return
			}
		}
		c.begin()
		for ctx.Err() == nil && s.echo(nc, br) != nil {
			nc.Close()
			next, b, err := s.dial(ctx)
			if err != nil {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			stop()
			nc, br = next, b
			stop = context.AfterFunc(ctx, func() { next.Close() })
		}
		c.end()
	}
}

func (c *socketClient) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = time.Now()
}

func (c *socketClient) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.trips); n > 0 && c.trips[n-1].to.Sub(c.trips[n-1].from) >= time.Since(c.asked) {
		c.asked = time.Time{} // only the longest matters
		return
	}
	c.trips = append(c.trips, trip{c.asked, time.Now()})
	c.asked = time.Time{}
}

const said = "what a WebSocket says to its peer"

// A frame of text with a mask of zeros (RFC 6455, 5.2), and the frame of the echo.
var (
	saying   = append([]byte{0x81, 0x80 | byte(len(said)), 0, 0, 0, 0}, said...)
	repeated = append([]byte{0x81, byte(len(said))}, said...)
)

func (s *Sockets) echo(nc net.Conn, br *bufio.Reader) error {
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	if _, err := nc.Write(saying); err != nil {
		return err
	}
	got := make([]byte, len(repeated))
	if _, err := io.ReadFull(br, got); err != nil {
		return err
	}
	if string(got) != string(repeated) {
		if got[0] != 0x88 { // a close frame is not an echo
			s.wrong.Add(1)
		}
		return errors.New("not the echo")
	}
	return nil
}
