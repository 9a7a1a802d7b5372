package stream

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"
)

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

func TestHandlerThatIsElsewhereSeesThatItMoves(t *testing.T) {
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
func TestWebSocketThatDoesNotLeaveSaysServiceRestart(t *testing.T) {
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
