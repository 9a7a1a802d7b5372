package stream

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

func TestReadsEndWithFramesWhereverTheyAreCut(t *testing.T) {
	frames := [][]byte{
		send(true, opText, "hello"), send(false, opBinary, "one"), send(true, 9, "ping"), send(false, opContinuation, ""), send(true, opContinuation, "two"),
		send(true, opText, ""), send(true, opBinary, string(make([]byte, 5000))), send(true, opText, string(make([]byte, 200))), send(true, opBinary, string(make([]byte, 70000))),
	}
	all := join(frames...)
	for _, size := range []int{1, 2, 7, 100, 4096, 1 << 20} {
		for _, piece := range []int{1, 3, 1000, len(all)} {
			if size == 1 && piece == 1 {
				continue // slow, and tests nothing new
			}
			r := newRig(t, all[:0])
			go func() {
				for b := all; len(b) > 0; {
					n := min(piece, len(b))
					if piece < 1000 && len(b) < len(all)-6000 {
						n = min(1000, len(b)) // the heads are in the first frames
					}
					if _, err := r.client.Write(b[:n]); err != nil {
						return
					}
					b = b[n:]
				}
			}()
			for i, want := range frames {
				var got []byte
				b := make([]byte, size)
				for len(got) < len(want) {
					n, err := r.Read(b)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, b[:n]...)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("frame %d, reads of %d, pieces of %d: %d bytes, want %d", i, size, piece, len(got), len(want))
				}
			}
			_ = r.Close()
		}
	}
}

func TestHeldReaderGetsNothingAndGoesOnAfterRelease(t *testing.T) {
	r := newRig(t, nil)
	got := r.reads(100)
	r.stands(t, Held)
	r.Hold()
	hello := send(true, opText, "hello")
	if _, err := r.client.Write(hello); err != nil {
		t.Fatal(err)
	}
	r.stands(t, Held)
	select {
	case g := <-got:
		t.Fatalf("a held reader got %q, %v", g.b, g.err)
	default:
	}
	r.Release()
	if g := <-got; !bytes.Equal(g.b, hello) || g.err != nil {
		t.Errorf("%q, %v", g.b, g.err)
	}
	r.stands(t, Busy)
}

func TestResumedSocketDropsTheHeadThatTheClientHas(t *testing.T) {
	const head = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n"
	client, server := pair(t)
	ended := make(chan struct{}, 2)
	on := Events{Arrive: func(<-chan struct{}) {}, Move: func() {}, Closing: func() bool { return false }, End: func() { ended <- struct{}{} }}
	c := NewWebSocket(server, nil, Swallow(Fingerprint([]byte(head))), on)
	frame := "\x81\x01x"
	for _, piece := range []string{head[:20], head[20:] + frame, frame} {
		if n, err := c.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	b := make([]byte, 6)
	if _, err := io.ReadFull(client, b); err != nil || string(b) != frame+frame {
		t.Errorf("%q, %v", b, err)
	}
	_ = c.Close()

	client, server = pair(t)
	c = NewWebSocket(server, nil, Swallow(Fingerprint([]byte(head))), on)
	if _, err := c.Write([]byte("HTTP/1.1 404 Not Found\r\n\r\n")); !errors.Is(err, ErrOtherResponse) {
		t.Errorf("another head: %v", err)
	}
	if b, err := io.ReadAll(client); err != nil || !bytes.Equal(b, serviceRestart) {
		t.Errorf("the client got %x, %v", b, err)
	}
	_ = c.Close()
	if len(ended) != 2 {
		t.Errorf("%d ended", len(ended))
	}
}

func TestDeadlineOfTheLibrarySurvivesAHold(t *testing.T) {
	r := newRig(t, nil)
	got := r.reads(1)
	r.stands(t, Held)
	r.Hold()
	if err := r.SetDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	r.Release()
	if g := <-got; !errors.Is(g.err, os.ErrDeadlineExceeded) {
		t.Errorf("%q, %v", g.b, g.err)
	}
	_ = r.SetReadDeadline(time.Time{})
	got = r.reads(100)
	r.stands(t, Held)
	for range 50 { // a hold that ends at once does not end a read
		r.Hold()
		r.Release()
	}
	if _, err := r.client.Write(send(true, opText, "x")); err != nil {
		t.Fatal(err)
	}
	if g := <-got; g.err != nil || len(g.b) != 7 {
		t.Errorf("%q, %v", g.b, g.err)
	}
}

func TestFirstReadArrivesOnce(t *testing.T) {
	client, server := pair(t)
	n := 0
	var hold <-chan struct{}
	c := NewWebSocket(server, nil, HeadFilter{done: true}, Events{Arrive: func(h <-chan struct{}) { n++; hold = h }, Move: func() {}, End: func() {}})
	if _, err := client.Write(join(send(true, opText, "a"), send(true, opText, "b"))); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	for range 2 {
		if _, err := c.Read(b); err != nil {
			t.Fatal(err)
		}
	}
	c.Hold()
	<-hold
	if n != 1 {
		t.Errorf("arrived %d times", n)
	}
	_ = c.Close()
}
