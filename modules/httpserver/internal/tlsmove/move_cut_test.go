package tlsmove

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"testing/iotest"
)

// oneByteConn reads one byte at a time.
type oneByteConn struct {
	net.Conn
	r io.Reader
}

func (c oneByteConn) Read(p []byte) (int, error) { return c.r.Read(p) }

func oneByte(nc net.Conn) net.Conn { return oneByteConn{nc, iotest.OneByteReader(nc)} }

// However the network cuts what the client sends, the connection moves.
func TestConnectionMovesWhenBytesComeOneByOne(t *testing.T) {
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(v), func(t *testing.T) {
			l := &link{config: &tls.Config{Certificates: certificates(t), MinVersion: v, MaxVersion: v}}
			l.near, l.far = memoryPipe()
			defer l.near.Close()
			l.shake(t, temporaryClient(), oneByte(l.near), l.far)
			var s Session = l.server
			for range 3 {
				exchange(t, l.client, s)
				s = mustMove(t, s, oneByte(l.near), l.config)
			}
			exchange(t, l.client, s)
		})
	}
}

// While a part of a record has come, wherever it is cut, nothing is exported, and
// nothing is lost.
func TestNothingIsExportedInTheMiddleOfARecord(t *testing.T) {
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(v), func(t *testing.T) {
			l := &link{config: &tls.Config{Certificates: certificates(t), MinVersion: v, MaxVersion: v}}
			l.near, l.far = memoryPipe()
			defer l.near.Close()
			l.shake(t, temporaryClient(), l.near, l.far)
			exchange(t, l.client, l.server)
			state, err := l.server.Export()
			if err != nil {
				t.Fatal(err)
			}
			cutEverywhere(t, mustContinue(t, state, dryConn{l.near}, l.config), peerOf(t, state, l.far))
		})
		t.Run(tls.VersionName(v)+" crypto/tls", func(t *testing.T) {
			l := &link{config: &tls.Config{Certificates: certificates(t), MinVersion: v, MaxVersion: v}}
			l.near, l.far = memoryPipe()
			defer l.near.Close()
			sw := &switchConn{Conn: l.near}
			l.shake(t, temporaryClient(), sw, l.far)
			p := l.takeOver(t)
			sw.Conn = dryConn{l.near}
			cutEverywhere(t, l.server, p)
		})
	}
}

// switchConn is a connection whose inner connection a test exchanges.
type switchConn struct{ net.Conn }

func mustContinue(t *testing.T, s *State, nc net.Conn, c *tls.Config) *Conn {
	t.Helper()
	conn, err := Continue(nc, s, c)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func cutEverywhere(t *testing.T, s Session, p *peer) {
	t.Helper()
	buf := make([]byte, 100)
	data := []byte("GET / HTTP/1.1\r\n\r\n")
	length := headerLen + p.out.suite.overhead() + len(data)
	for cut := range length {
		record := p.out.seal(nil, typeData, data)
		p.write(record[:cut])
		if _, err := s.Read(buf); err == nil || !isTimeout(err) {
			t.Fatalf("cut at %d: got %v, want a timeout", cut, err)
		}
		if _, err := s.Export(); cut > 0 && !errors.Is(err, ErrBusy) || cut == 0 && err != nil {
			t.Fatalf("cut at %d: exported: %v", cut, err)
		}
		p.write(record[cut:])
		if n, err := s.Read(buf[:3]); err != nil || string(buf[:n]) != "GET" {
			t.Fatalf("cut at %d: got %q, %v", cut, buf[:n], err)
		}
		if _, err := s.Export(); !errors.Is(err, ErrBusy) {
			t.Fatalf("with plaintext that was not read: %v", err)
		}
		if n, err := s.Read(buf); err != nil || n != len(data)-3 {
			t.Fatalf("cut at %d: got %d bytes, %v", cut, n, err)
		}
		if _, err := s.Export(); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
