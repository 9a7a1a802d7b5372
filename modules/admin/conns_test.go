package admin

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections live in a bubble.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// serveIn returns the connections of a server that answers "here", and the
// client's end of one.
func serveIn(t *testing.T) (*conns, net.Conn) {
	c, ln := newConns(), make(pipes)
	h := http.Server{ConnState: c.note, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })}
	go h.Serve(ln)
	t.Cleanup(func() { h.Close() })
	client, server := net.Pipe()
	t.Cleanup(func() { client.Close() })
	ln <- server
	synctest.Wait()
	return c, client
}

func TestConnectedClientIsAnsweredWhenTheServerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, client := serveIn(t)
		drained := make(chan bool, 1)
		go func() { drained <- c.drain(t.Context()) }()
		time.Sleep(timeToAsk / 2) // its request is on its way
		if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "here" {
			t.Errorf("got %q, %v", body, err)
		}
		if !<-drained {
			t.Error("something is left")
		}
	})
}

func TestSilentClientDoesNotHoldTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serveIn(t)
		began := time.Now()
		if !c.drain(t.Context()) {
			t.Error("something is left")
		}
		if took := time.Since(began); took != timeToAsk {
			t.Errorf("it took %v, want %v", took, timeToAsk)
		}
	})
}
