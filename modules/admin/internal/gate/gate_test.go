package gate

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// Peers without permission hold a few connections, and the operator gets in beside
// them.
func TestRefusedPeersDoNotFillTheSocket(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := New(func(net.Conn) error { return errors.New("everybody here is nobody") })
	defer g.Close()
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			nc, err := g.Accept(ln)
			if err != nil {
				return
			}
			accepted <- nc
		}
	}()
	var held []net.Conn
	for range MaxRefused {
		nc, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		held = append(held, <-accepted)
	}
	over, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer over.Close()
	_ = over.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := over.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("one too many: got %v, want it closed", err)
	}
	for _, nc := range held {
		nc.Close()
	}
	again, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	(<-accepted).Close()
	ln.Close()
	for range accepted {
	}
}
