package h2conn

import (
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/lifetime"
)

// pair returns an HTTP/2 connection whose server only reads, and its client.
func pair(t *testing.T) (*Conn, net.Conn) {
	client, below := net.Pipe()
	life := &lifetime.Life{}
	life.Begin(lifetime.New())
	server := New(below, Client{Life: life, Streams: new(atomic.Bool), Talks: new(atomic.Int64), Socket: below, Draining: new(atomic.Bool)})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		io.Copy(io.Discard, server)
	}()
	t.Cleanup(func() { client.Close(); below.Close(); <-ended })
	return server, client
}

const (
	settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	stream5  = "\x00\x00\x01\x01\x05\x00\x00\x00\x05\x82"
	pong     = "\x00\x00\x08\x06\x01\x00\x00\x00\x00" + h2frame.PingData
)

// The second GOAWAY comes as soon as the answer to the PING has come, in whatever
// pieces, and names the last stream.
func TestSecondGoAwayFollowsTheAnswerToThePing(t *testing.T) {
	for cut := range len(pong) {
		synctest.Test(t, func(t *testing.T) {
			server, client := pair(t)
			io.WriteString(client, h2frame.Preface+settings+stream5)
			go io.WriteString(server, settings)
			if err := h2frame.ReadUntil(client, h2frame.Settings); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			server.SayGoodbye()
			if err := h2frame.ReadUntil(client, h2frame.Ping); err != nil {
				t.Fatal(err)
			}
			io.WriteString(client, pong[:cut])
			io.WriteString(client, pong[cut:])
			io.WriteString(client, settings) // so that net/http reads on after the answer
			f, payload, err := h2frame.Read(client)
			if err != nil || f.Type() != h2frame.GoAway {
				t.Fatalf("got frame %d, %v, want GOAWAY", f.Type(), err)
			}
			if last := binary.BigEndian.Uint32(payload); last != 5 {
				t.Errorf("got last stream %d, want 5", last)
			}
			if took := time.Since(began); took > 0 { // of the bubble
				t.Errorf("cut at %d: it took %v", cut, took)
			}
		})
	}
}
