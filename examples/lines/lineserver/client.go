package lineserver

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// kind names the protocol of the connections and the format of their state: here,
// the count in JSON. When the format changes, the name has to change as well; a
// successor that does not know a kind takes none of its connections.
const kind = "lines/1"

// client is a connection with its state.
type client struct {
	net.Conn          // read from: first what a predecessor has read, then the socket
	socket   net.Conn // written to and handed over
	part     []byte   // of a line whose end has not arrived
	count    int      // of lines
	stays    bool     // this successor did not take it; guarded by Server.mu
}

func newClient(c net.Conn) *client {
	h, ok := c.(*app.HandedConn)
	if !ok {
		return &client{Conn: c, socket: c}
	}
	moved := &client{Conn: h, socket: h.Conn}
	_ = json.Unmarshal(h.State, &moved.count) // checked before
	return moved
}

// check refuses an invalid state before this process is in charge: then the old one
// keeps the connection.
func check(c *app.HandedConn) error {
	var count int
	if err := json.Unmarshal(c.State, &count); err != nil {
		return err
	}
	if count < 0 {
		return fmt.Errorf("%d lines", count)
	}
	return nil
}

// talk answers lines until the client is gone or has moved.
func (s *Server) talk(c *client) {
	r := bufio.NewReader(c)
	for {
		more, err := r.ReadBytes('\n') // with an error: all that was buffered
		c.part = append(c.part, more...)
		switch {
		case err == nil:
			c.count++
			if _, err := fmt.Fprintf(c.socket, "%d %s", c.count, c.part); err == nil {
				c.part = nil
				continue
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			if s.leave(c) {
				return // it lives on
			}
			if s.stays(c) {
				continue
			}
		}
		s.forget(c)
		_ = c.Close()
		return
	}
}

// leave hands the connection over, if there is a successor that may take it.
func (s *Server) leave(c *client) bool {
	s.mu.Lock()
	to := s.to
	if to == nil || c.stays {
		s.mu.Unlock()
		return false
	}
	delete(s.clients, c)
	s.all.Add(1)
	s.mu.Unlock()
	state, _ := json.Marshal(c.count)
	err := to.HandWith(name, &app.HandedConn{Conn: c.socket, Kind: kind, Unread: c.part, State: state}, func(taken bool) {
		defer s.all.Done()
		if taken {
			_ = c.socket.Close() // the copy of this process
			return
		}
		c.Conn = c.socket // data from before the socket is in part
		_ = c.socket.SetReadDeadline(time.Time{})
		s.start(c)
	})
	if err == nil {
		return true
	}
	// More than the limit, such as half a line of a megabyte.
	s.mu.Lock()
	s.clients[c] = struct{}{}
	c.stays = true
	s.mu.Unlock()
	s.all.Done()
	return false
}

// stays reports whether a client whose reader was woken stays here. When the server
// stops, such a client has been silent for too long.
func (s *Server) stays(c *client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	_ = c.socket.SetReadDeadline(time.Time{})
	return true
}
