package unacked

import (
	"io"
	"net"
	"testing"
	"time"
)

// full returns both ends of a connection whose server has written more than the
// kernel can send before the client reads.
func full(t *testing.T) (server, client net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err = net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	server.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	for err == nil { // until the deadline
		_, err = server.Write(make([]byte, 64<<10))
	}
	return server, client
}

// A client that has everything ends the wait at once; one that is far away is not
// asked for all the time.
func TestPausesBetweenSweepsGrow(t *testing.T) {
	d := New()
	server, client := full(t)
	d.Hold(server)
	server.Close()
	<-d.Added
	for _, want := range []time.Duration{250 * time.Microsecond, 500 * time.Microsecond,
		time.Millisecond, 2 * time.Millisecond, 4 * time.Millisecond, 5 * time.Millisecond, 5 * time.Millisecond} {
		if got := d.Pause(); got != want {
			t.Errorf("got a pause of %v, want %v", got, want)
		}
		if got := d.Sweep(); got != 1 {
			t.Fatalf("got %d sockets left, want 1", got)
		}
	}
	again, _ := full(t)
	d.Hold(again)
	if got := d.Pause(); got != shortestPause {
		t.Errorf("got a pause of %v after another socket, want %v", got, shortestPause)
	}
	if _, err := io.Copy(io.Discard, client); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); d.Sweep() > 1; {
		if time.Now().After(end) {
			t.Fatal("the socket is held, though its client has everything")
		}
		time.Sleep(d.Pause()) // the kernel's last acknowledgement is no event
	}
	d.Cut()
	if got := d.Len(); got != 0 {
		t.Errorf("got %d sockets after Cut, want 0", got)
	}
}
