package stream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
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

func TestReaderBetweenMessagesLeavesWithWhatItHasNotSeen(t *testing.T) {
	next := send(true, opText, "next")
	r := newRig(t, join(send(true, opText, "first"), next[:3]))
	if g := <-r.reads(100); len(g.b) != 11 || g.err != nil {
		t.Fatalf("%q, %v", g.b, g.err)
	}
	if _, _, ok := r.Leave(always); ok {
		t.Error("left before it was to move")
	}
	got := r.reads(100)
	r.stands(t, Held)
	r.Hold()
	r.Go()
	if g := <-got; !errors.Is(g.err, ErrMoving) || len(g.b) > 0 {
		t.Errorf("%q, %v", g.b, g.err)
	}
	<-r.moved
	rest, print, ok := r.Leave(always)
	if !ok || !bytes.Equal(rest, next[:3]) || print != "101" {
		t.Errorf("left %v with %q, %q", ok, rest, print)
	}
	if _, err := r.Write(send(true, opText, "x")); !errors.Is(err, ErrMoving) {
		t.Errorf("a write after it left: %v", err)
	}
	if g := <-r.reads(1); !errors.Is(g.err, ErrMoving) {
		t.Errorf("a read after it left: %v", g.err)
	}
	if err := r.Close(); err != nil || r.ended.Load() != 0 {
		t.Errorf("closed: %v, ended %d", err, r.ended.Load())
	}
	if _, _, ok := r.Leave(always); ok {
		t.Error("left twice")
	}
}

func TestReaderInsideAMessageLeavesAtItsEnd(t *testing.T) {
	r := newRig(t, send(false, opText, "one"))
	<-r.reads(100)
	got := r.reads(100)
	r.stands(t, Partial)
	r.Go()
	select {
	case <-r.moved:
		t.Fatal("moves inside a message")
	default:
	}
	ping, end := send(true, 9, "in between"), send(true, opContinuation, "two")
	if _, err := r.client.Write(join(ping, end)); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for g := <-got; ; g = <-r.reads(100) {
		all = append(all, g.b...)
		if g.err != nil {
			if !errors.Is(g.err, ErrMoving) {
				t.Error(g.err)
			}
			break
		}
	}
	<-r.moved
	if !bytes.Equal(all, join(ping, end)) {
		t.Errorf("%q", all)
	}
	if _, _, ok := r.Leave(always); !ok {
		t.Error("does not leave")
	}
}

// When a waiting reader ends because the connection is to leave, the owner already
// knows: otherwise the handler would think that the client has gone.
func TestOwnerKnowsBeforeReadsEnd(t *testing.T) {
	for range 50 {
		r := newRig(t, nil)
		known := false
		r.on.Move = func() {
			time.Sleep(time.Millisecond) // what a busy machine does
			known = true
		}
		result := make(chan bool, 1)
		go func() {
			_, err := r.Read(make([]byte, 10))
			result <- known && errors.Is(err, ErrMoving)
		}()
		for r.Hold(); r.Stand() != Held; {
			time.Sleep(100 * time.Microsecond) // polls
		}
		r.Go()
		if !<-result {
			t.Fatal("reads ended before the owner knew")
		}
		_ = r.Cut()
	}
}

func TestHandlerThatIsElsewhereHearsThatItMoves(t *testing.T) {
	r := newRig(t, send(true, opText, "work"))
	<-r.reads(100)
	r.stands(t, Busy)
	r.Go()
	<-r.moved
	answer := []byte{finBit | opText, 4, 'd', 'o', 'n', 'e'}
	if _, err := r.Write(answer); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := r.Leave(always); !ok {
		t.Error("does not leave")
	}
	b := make([]byte, len(answer))
	if _, err := io.ReadFull(r.client, b); err != nil || !bytes.Equal(b, answer) {
		t.Errorf("the client got %q, %v", b, err)
	}
}

func TestConnectionsThatDoNotLeave(t *testing.T) {
	for name, first := range map[string][]byte{
		"the client closes":  send(true, opClose, "\x03\xe8"),
		"a frame unmasked":   {finBit | opText, 1, 'x'},
		"a reserved opcode":  send(true, 3, "x"),
		"reserved bits":      append([]byte{finBit | 0x20 | opText}, send(true, opText, "x")[1:]...),
		"a fragmented ping":  send(false, 9, "x"),
		"a ping of 126":      send(true, 9, string(make([]byte, 126))),
		"an absurd length":   {finBit | opBinary, maskBit | 127, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0},
		"a compressed close": append([]byte{finBit | rsv1 | opClose}, send(true, opClose, "x")[1:]...),
	} {
		r := newRig(t, first)
		if g := <-r.reads(1000); !bytes.Equal(g.b, first) {
			t.Errorf("%s: the library gets %q", name, g.b)
		}
		got := r.reads(1)
		r.stands(t, Final)
		r.Go()
		if _, _, ok := r.Leave(always); ok {
			t.Errorf("%s: left", name)
		}
		_ = r.Close()
		if g := <-got; g.err == nil || errors.Is(g.err, ErrMoving) {
			t.Errorf("%s: a read ended with %v", name, g.err)
		}
		if r.ended.Load() != 1 {
			t.Errorf("%s: ended %d times", name, r.ended.Load())
		}
	}
}

func TestServerThatClosesDoesNotLeave(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.Write([]byte{finBit | opClose, 2, 3, 232}); err != nil {
		t.Fatal(err)
	}
	r.Go()
	if _, _, ok := r.Leave(always); ok {
		t.Error("left")
	}
}

func TestConnectionDoesNotLeaveInsideAMessageOfTheServer(t *testing.T) {
	for name, b := range map[string][]byte{
		"half a head":  {finBit | opText},
		"half a frame": {finBit | opText, 2, 'x'},
		"a fragment":   {opText, 1, 'x'},
	} {
		r := newRig(t, nil)
		if _, err := r.Write(b); err != nil {
			t.Fatal(err)
		}
		r.Go()
		if _, _, ok := r.Leave(always); ok {
			t.Errorf("%s: left", name)
		}
	}
}

// Libraries send a close frame when their reads end. The client must not get it.
func TestCloseFrameOfOneThatLeavesIsKeptBack(t *testing.T) {
	r := newRig(t, nil)
	r.closing = func() bool { _, _, ok := r.Leave(always); return ok }
	got := r.reads(1)
	r.stands(t, Held)
	r.Go()
	<-got
	last := []byte{finBit | opText, 1, 'x', finBit | opClose, 0}
	if n, err := r.Write(last); n != len(last) || err != nil {
		t.Fatal(n, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	_ = r.Conn.Close() // as the owner does when the successor has it
	if b, err := io.ReadAll(r.client); err != nil || !bytes.Equal(b, last[:3]) {
		t.Errorf("the client got %x, %v", b, err)
	}
}

// A WebSocket that was to leave and could not tells the client that it may
// reconnect.
func TestOneThatWasToLeaveAndDidNotSaysServiceRestart(t *testing.T) {
	r := newRig(t, nil)
	got := r.reads(1)
	r.stands(t, Held)
	r.Go()
	<-got
	_, _ = r.Write([]byte{finBit | opClose, 0})
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r.client); err != nil || !bytes.Equal(b, serviceRestart) {
		t.Errorf("the client got %x, %v", b, err)
	}
	if r.ended.Load() != 1 {
		t.Errorf("ended %d times", r.ended.Load())
	}
}

func TestResumedSocketSwallowsTheHeadThatTheClientHas(t *testing.T) {
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

func always() bool { return true }
