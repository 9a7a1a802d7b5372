package stream

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// pair returns the two ends of a TCP connection on loopback.
func pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	return client, server
}

// rig is a WebSocket whose 101 is sent, with what its owner is called with.
type rig struct {
	*WebSocket
	client  net.Conn
	moved   chan struct{}
	ended   atomic.Int32
	closing func() bool
}

func newRig(t *testing.T, rest []byte) *rig {
	client, server := pair(t)
	r := &rig{client: client, moved: make(chan struct{}), closing: func() bool { return false }}
	r.WebSocket = NewWebSocket(server, rest, HeadFilter{done: true, print: "101"}, Events{
		Arrive:  func(<-chan struct{}) {},
		Move:    func() { close(r.moved) },
		Closing: func() bool { return r.closing() },
		End:     func() { r.ended.Add(1) },
	})
	return r
}

// send returns a frame of a client.
func send(fin bool, op byte, payload string) []byte {
	b := []byte{op, maskBit}
	if fin {
		b[0] |= finBit
	}
	switch n := len(payload); {
	case n < 126:
		b[1] |= byte(n)
	case n < 1<<16:
		b[1] |= 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] |= 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// read is one Read with its outcome.
type read struct {
	b   []byte
	err error
}

// reads begins a Read and returns a channel for its outcome.
func (r *rig) reads(size int) <-chan read {
	c := make(chan read, 1)
	go func() {
		b := make([]byte, size)
		n, err := r.Read(b)
		c <- read{b[:n], err}
	}()
	return c
}

// stands waits until Stand returns want.
func (r *rig) stands(t *testing.T, want Stand) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); r.Stand() != want; time.Sleep(100 * time.Microsecond) { // polls a state
		if time.Now().After(end) {
			t.Fatalf("stands %v, want %v", r.Stand(), want)
		}
	}
}

func always() bool { return true }
