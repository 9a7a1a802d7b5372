package load

import (
	"bufio"
	"crypto/tls"
	"net"
	"time"
)

// socket is a client on one raw socket.
type socket struct {
	plan  *Plan
	tally *tally

	raw  *net.TCPConn
	conn net.Conn // raw, or TLS over it
	br   *bufio.Reader
	buf  []byte
}

func (s *socket) leave() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

func (s *socket) ask(r *request) {
	if s.conn != nil && (s.plan.Fresh || !s.usable()) {
		s.leave()
	}
	isNew := s.conn == nil
	if isNew && !s.dial() {
		return
	}
	if phase, kind := s.exchange(r); phase != "" {
		s.tally.failKind(phase, kind, isNew)
		s.leave()
	}
}

// exchange returns how the request failed, or no phase if it did not.
func (s *socket) exchange(r *request) (Phase, Kind) {
	sent := s.tally.now()
	s.conn.SetDeadline(time.Now().Add(s.plan.Patience))
	if _, err := s.conn.Write([]byte(r.wire())); err != nil {
		return Write, kindOf(err)
	}
	if _, err := s.br.Peek(1); err != nil {
		return Before, kindOf(err)
	}
	read := s.read
	if r.get {
		read = s.readForeign
	}
	res, err := read()
	switch {
	case err != nil:
		return Partial, kindOf(err)
	case res.status != s.plan.Status:
		return Answer, Status
	case !r.get && string(res.body) != r.body:
		return Answer, Mixed
	}
	s.tally.ok(sent, res.pid)
	if res.close {
		s.leave()
	}
	return "", ""
}

func (s *socket) dial() bool {
	c, err := net.DialTimeout("tcp", s.plan.Addr, s.plan.Patience)
	if err != nil {
		s.tally.fail(Dial, err, true)
		return false
	}
	s.tally.dials++
	s.raw, s.conn = c.(*net.TCPConn), c
	if s.plan.TLS != nil {
		t := tls.Client(c, s.plan.TLS)
		t.SetDeadline(time.Now().Add(s.plan.Patience))
		if err := t.Handshake(); err != nil {
			s.tally.fail(Dial, err, true)
			s.leave()
			return false
		}
		if !t.ConnectionState().DidResume {
			s.tally.full++
		}
		s.conn = t
	}
	if s.br == nil {
		s.br = bufio.NewReaderSize(nil, 64<<10)
	}
	s.br.Reset(s.conn)
	return true
}

// usable looks whether the server has left the idle connection. What it sees is not
// a loss: nothing has been sent.
func (s *socket) usable() bool {
	look := notYet
	if s.br.Buffered() == 0 {
		look = peek(s.raw)
	} else {
		look = bytesThere
	}
	if look == bytesThere && s.plan.TLS != nil {
		// A TLS server says goodbye with a record before the FIN.
		s.conn.SetDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := s.br.Peek(1); err != nil {
			look = closed
		}
	}
	switch look {
	case notYet:
		return true
	case bytesThere:
		s.tally.failKind(Answer, Malformed, false) // a response without a request
	case closed:
		s.tally.idle++
	}
	return false
}

// look is what peek sees in the socket of an idle connection.
type look int

const (
	notYet look = iota // nothing; it is open as far as one can see
	closed             // FIN or RST
	bytesThere
)
