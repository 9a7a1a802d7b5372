package upgrade

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// lineServer answers each line, and keeps the connection open after it. It is a
// minimal app.Mover.
type lineServer struct {
	p             *testProgram
	name          string
	network, addr string

	ln     net.Listener
	handed net.Listener

	mu     sync.Mutex // guards everything below
	conns  map[*lineConn]struct{}
	to     app.Successor
	paused chan struct{} // closed by Resume
	closed bool
	all    sync.WaitGroup
}

type lineConn struct {
	net.Conn
	r    *bufio.Reader
	idle bool // waits for the first byte of a line
	stay bool // it could not be moved
}

type deadliner interface{ SetDeadline(time.Time) error }

func newLineServer(p *testProgram, name, network, addr string) {
	s := &lineServer{p: p, name: name, network: network, addr: addr, conns: map[*lineConn]struct{}{}}
	p.app.Add(app.Hook{Name: name, StartIn: app.Bind, OnStart: s.bind, StopIn: app.Unbind, OnStop: s.unbind})
	p.app.Add(app.Hook{Name: name, StartIn: app.Serve, OnStart: s.serve, StopIn: app.Drain, OnStop: s.drain})
	p.app.Wiring().AddMover(name, s)
}

func (s *lineServer) bind(ctx context.Context) (err error) {
	if s.ln, err = s.p.u.Sockets().Listen(ctx, s.name, s.network, s.addr); err != nil {
		return err
	}
	if s.network == "tcp" {
		s.p.app.Wiring().SetAddress(s.name, s.ln.Addr())
	}
	s.handed = s.p.u.Sockets().HandedOver(s.name)
	return nil
}

func (s *lineServer) serve(context.Context) error {
	s.all.Go(s.accept)
	if s.handed != nil {
		s.all.Go(func() {
			for {
				c, err := s.handed.Accept()
				if err != nil {
					return
				}
				s.start(c, false)
			}
		})
	}
	return nil
}

func (s *lineServer) accept() {
	for {
		c, err := s.ln.Accept()
		if err == nil {
			s.start(c, false)
			continue
		}
		s.mu.Lock()
		paused := s.paused
		s.mu.Unlock()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if paused != nil {
			<-paused
		}
	}
}

func (s *lineServer) start(c net.Conn, stay bool) {
	lc := &lineConn{Conn: c, r: bufio.NewReader(c), stay: stay}
	s.mu.Lock()
	s.conns[lc] = struct{}{}
	s.mu.Unlock()
	s.all.Go(func() { s.talk(lc) })
}

func (s *lineServer) talk(c *lineConn) {
	for {
		if !s.waitForLine(c) {
			return
		}
		line, err := c.r.ReadString('\n')
		if err != nil {
			s.forget(c)
			return
		}
		if _, err := fmt.Fprintln(c, s.answer(strings.TrimSpace(line))); err != nil {
			s.forget(c)
			return
		}
	}
}

// waitForLine returns false when the connection belongs to the successor or is
// gone.
func (s *lineServer) waitForLine(c *lineConn) bool {
	for {
		s.mu.Lock()
		to, closed := s.to, s.closed
		if to != nil && !c.stay && c.r.Buffered() == 0 {
			delete(s.conns, c)
			s.mu.Unlock()
			s.hand(to, c)
			return false
		}
		c.idle = true
		if closed {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
		}
		s.mu.Unlock()
		_, err := c.r.Peek(1)
		s.mu.Lock()
		c.idle = false
		_ = c.SetReadDeadline(time.Time{})
		moving := s.to != nil && !c.stay
		s.mu.Unlock()
		switch {
		case err == nil:
			return true
		case errors.Is(err, os.ErrDeadlineExceeded) && moving:
		case errors.Is(err, os.ErrDeadlineExceeded) && !closed:
		default:
			s.forget(c)
			return false
		}
	}
}

func (s *lineServer) hand(to app.Successor, c *lineConn) {
	s.all.Add(1)
	to.Hand(s.name, c.Conn, func(taken bool) {
		defer s.all.Done()
		if taken {
			_ = c.Close()
			return
		}
		s.mu.Lock()
		stay := s.to != nil // it is not offered to this successor again
		s.mu.Unlock()
		s.start(c.Conn, stay)
	})
}

func (s *lineServer) forget(c *lineConn) {
	_ = c.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *lineServer) answer(line string) string {
	switch line {
	case "snapshot":
		b, _ := json.Marshal(s.p.snapshot())
		return string(b)
	case "status":
		b, _ := json.Marshal(s.p.u.Status())
		return string(b)
	case "upgrade":
		r, err := s.p.u.Upgrade(context.Background())
		b, _ := json.Marshal(r)
		if err != nil {
			return "error " + err.Error()
		}
		return string(b)
	case "kept":
		b, _ := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", s.p.kept.Fd()))
		return fmt.Sprint(strings.Fields(string(b)))
	case "endless":
		fmt.Printf("generation %d has an endless request\n", s.p.app.Generation())
		select {}
	case "chdir":
		return fmt.Sprint(os.Chdir("/"))
	case "inherited by a subprocess":
		out, err := exec.Command("ls", "-l", "/proc/self/fd").CombinedOutput()
		return fmt.Sprint(strings.Count(string(out), "socket:"), " sockets ", err)
	}
	return fmt.Sprintf("%d %s", s.p.app.Generation(), line)
}

func (s *lineServer) Move(_ context.Context, to app.Successor) error {
	s.mu.Lock()
	s.to, s.paused = to, make(chan struct{})
	_ = s.ln.(deadliner).SetDeadline(time.Unix(1, 0))
	for c := range s.conns {
		c.stay = false // that was decided for another successor
		if c.idle {
			_ = c.SetReadDeadline(time.Unix(1, 0))
		}
	}
	s.mu.Unlock()
	for waiting := true; waiting; <-time.After(time.Millisecond) { // until none idles any more
		s.mu.Lock()
		waiting = false
		for c := range s.conns {
			waiting = waiting || c.idle && !c.stay
		}
		s.mu.Unlock()
	}
	return nil
}

func (s *lineServer) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = nil
	for c := range s.conns {
		c.stay = false
	}
	_ = s.ln.(deadliner).SetDeadline(time.Time{})
	s.unpause()
}

// unpause ends a pause. Called with s.mu held.
func (s *lineServer) unpause() {
	if s.paused != nil {
		close(s.paused)
		s.paused = nil
	}
}

func (s *lineServer) unbind(context.Context) error {
	err := s.ln.Close()
	if s.handed != nil {
		_ = s.handed.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.unpause()
	for c := range s.conns {
		if c.idle {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
		}
	}
	return err
}

// drain waits for all connections, and cuts those that are left when half of its
// time is over.
func (s *lineServer) drain(ctx context.Context) error {
	empty := make(chan struct{})
	go func() { s.all.Wait(); close(empty) }()
	deadline, _ := ctx.Deadline()
	select {
	case <-empty:
	case <-time.After(time.Until(deadline) / 2):
		s.mu.Lock()
		defer s.mu.Unlock()
		app.Count(ctx, "cut", int64(len(s.conns)))
		for c := range s.conns {
			_ = c.Close()
		}
	}
	return nil
}
