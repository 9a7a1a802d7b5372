//go:build unix

package upgrade

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// connected returns both ends of a connection.
func connected(t *testing.T) (ours, theirs *wire.Conn) {
	t.Helper()
	ours, fd, err := wire.Pair()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = wire.FromFD(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

// connectedRaw returns one end of a connection, and the other as a file.
func connectedRaw(t *testing.T) (ours *wire.Conn, theirs *os.File) {
	t.Helper()
	ours, fd, err := wire.Pair()
	if err != nil {
		t.Fatal(err)
	}
	theirs = os.NewFile(uintptr(fd), "theirs")
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

// A successor in charge that was slow acknowledges when nothing waits for that any
// more. It may live for any length of time; the predecessor has to end.
func TestLateAcknowledgementDoesNotHoldThePredecessor(t *testing.T) {
	ours, theirs := connected(t)
	c := newSuccessor(nil, ours)
	go c.receive()
	if err := errors.Join(theirs.Send(wire.Ack, 1, wire.AckBody{K: 1}), theirs.Send(wire.Health, 0, wire.HealthBody{OK: true})); err != nil {
		t.Fatal(err)
	}
	late := time.After(10 * time.Second)
	select {
	case m := <-c.messages:
		if m.Kind != wire.Health {
			t.Errorf("got %v, want HEALTH", m.Kind)
		}
	case <-late:
		t.Fatal("what comes after the acknowledgement is not read")
	}
	c.conn.Close()
	select {
	case <-c.lost:
	case <-late:
		t.Error("the connection is not given up")
	}
}

// Acknowledgements of nothing are a breach of the protocol, and hold up nothing.
func TestAcknowledgementsOfNothingEndTheConnection(t *testing.T) {
	ours, theirs := connected(t)
	c := newSuccessor(nil, ours)
	go c.receive()
	for i := range uint32(underWay + 1) {
		if err := theirs.Send(wire.Ack, i, wire.AckBody{}); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-c.lost:
		if c.broken == nil {
			t.Error("got no breach")
		}
	case <-time.After(10 * time.Second):
		t.Error("the connection is not given up")
	}
}

// A successor may have served what it has acknowledged, even if it hung up in the
// next moment. If it sends nonsense, it is not known what it has.
func TestAcknowledgementCountsThoughTheConnectionEnds(t *testing.T) {
	for range 20 { // both are ready: neither may win by chance
		ours, theirs := connected(t)
		c := newSuccessor(nil, ours)
		if err := theirs.Send(wire.Ack, 7, wire.AckBody{K: 3}); err != nil {
			t.Fatal(err)
		}
		theirs.Close()
		c.receive()
		if got, err := awaitAck(c, 7, 3); got.taken != 3 || err != nil {
			t.Fatalf("got %+v, %v, want 3", got, err)
		}
		if _, err := awaitAck(c, 8, 3); !errors.Is(err, errGone) {
			t.Fatalf("got %v, want its end", err)
		}
	}
	ours, raw := connectedRaw(t)
	c := newSuccessor(nil, ours)
	if _, err := raw.Write([]byte("this is not a message")); err != nil {
		t.Fatal(err)
	}
	c.receive()
	if _, err := awaitAck(c, 1, 1); err == nil || errors.Is(err, errGone) {
		t.Errorf("got %v, want the breach", err)
	}
}

// What a successor has sent counts, even if it ended in the next moment: one that
// is only to check its configuration does both at once.
func TestLastMessageOfASuccessorThatHasEndedCounts(t *testing.T) {
	path, err := exec.LookPath("true")
	if err != nil {
		t.Skip(err)
	}
	_, u := newTestUpgrader(t)
	for range 20 { // its end and the message are both ready
		ours, theirs := connected(t)
		null, err := descriptor.Duplicate(os.Stdin)
		if err != nil {
			t.Fatal(err)
		}
		proc, err := process.Start(&process.Initial{Argv: []string{path}, Dir: "/"}, process.Program{Path: path}, null)
		descriptor.CloseAll([]int{null})
		if err != nil {
			t.Fatal(err)
		}
		<-proc.Exited()
		s := newSuccessor(proc, ours)
		go s.receive()
		if err := errors.Join(theirs.Send(wire.Checked, 0, nil), theirs.Send(wire.Failed, 0, wire.Text("it stops"))); err != nil {
			t.Fatal(err)
		}
		theirs.Close()
		a := &attempt{u: u, ctx: t.Context(), successor: s}
		if err := a.await(wire.Checked, time.Minute); err != nil {
			t.Fatalf("got %v", err)
		}
		s.discardMessages()
		<-s.lost
	}
}
