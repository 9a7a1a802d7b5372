//go:build unix

package upgrade

import (
	"bytes"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// Messages are also limited by their bytes; each state arrives with its connection.
func TestLargeStatesGoAlongInSeveralMessages(t *testing.T) {
	g := between(t, app.HandoverOptions{Kinds: []string{"", "k"}})
	const n = 12
	var clients []net.Conn
	content := func(i, size int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, size) }
	for i := range n {
		client, _ := g.hand(t, "k", content(i, app.MaxUnread), content(i, app.MaxState))
		clients = append(clients, client)
	}
	plain, _ := g.hand(t, "", nil, nil)
	g.waitEmpty(t.Context())
	g.set.open()
	for i := range n {
		c := accept(t, g.ln).(*app.HandedConn)
		if c.Kind != "k" || !bytes.Equal(c.Unread, content(i, app.MaxUnread)) || !bytes.Equal(c.State, content(i, app.MaxState)) {
			t.Errorf("connection %d: kind %q, %d and %d bytes", i, c.Kind, len(c.Unread), len(c.State))
		}
		if c.Late || c.Together != n {
			t.Errorf("connection %d: late %v, together %d, want %d", i, c.Late, c.Together, n)
		}
		if _, err := clients[i].Write([]byte("!")); err != nil {
			t.Error(err)
		}
		got := make([]byte, app.MaxUnread+1)
		for read := 0; read < len(got); {
			m, err := c.Read(got[read:])
			if err != nil {
				t.Fatal(err)
			}
			read += m
		}
		if want := append(content(i, app.MaxUnread), '!'); !bytes.Equal(got, want) {
			t.Errorf("connection %d: what was read before does not come first", i)
		}
	}
	if _, ok := accept(t, g.ln).(*net.UnixConn); !ok {
		t.Error("a connection without a state is not what it was")
	}
	plain.Close()
	if got := g.messages.Load(); got < 6 {
		t.Errorf("%d messages, want one for about two connections", got)
	}
}

func TestConnectionThatComesLaterIsLate(t *testing.T) {
	g := between(t, app.HandoverOptions{Kinds: []string{"k"}})
	g.hand(t, "k", nil, nil)
	g.waitEmpty(t.Context())
	g.set.open()
	g.hand(t, "k", nil, nil)
	for i, want := range []bool{false, true} {
		if c := accept(t, g.ln).(*app.HandedConn); c.Late != want || (c.Together > 0) == want {
			t.Errorf("connection %d: late %v, together %d", i, c.Late, c.Together)
		}
	}
}

// Only what the successor's server has announced is sent to it.
func TestServerGetsOnlyTheKindsThatItTakes(t *testing.T) {
	g := between(t, app.HandoverOptions{Kinds: []string{"tls/1"}})
	if _, taken := g.hand(t, "", nil, nil); <-taken {
		t.Error("a plain connection came to a server that does not take any")
	}
	if g.Takes("s", "k") || g.Takes("another", "tls/1") || !g.Takes("s", "tls/1") {
		t.Error("what is taken is not what was announced")
	}
	ours, _ := socketpair(t)
	for name, tt := range map[string]struct {
		c  app.HandedConn
		is error
	}{
		"another kind":    {app.HandedConn{Conn: ours, Kind: "k"}, nil},
		"no kind":         {app.HandedConn{Conn: ours}, nil},
		"too much unread": {app.HandedConn{Conn: ours, Kind: "tls/1", Unread: make([]byte, app.MaxUnread+1)}, app.ErrTooMuch},
		"too large state": {app.HandedConn{Conn: ours, Kind: "tls/1", State: make([]byte, app.MaxState+1)}, app.ErrTooMuch},
	} {
		err := g.HandWith("s", &tt.c, func(bool) { t.Errorf("%s: done was called", name) })
		if err == nil || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := g.messages.Load(); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

// A server may refuse single connections; it gets the others of the batch.
func TestRefusedStateGoesBack(t *testing.T) {
	g := between(t, app.HandoverOptions{Kinds: []string{"k"}, Check: func(c *app.HandedConn) error {
		switch string(c.State) {
		case "bad":
			return errors.New("no")
		case "panics":
			panic("bug")
		}
		return nil
	}})
	var answers []<-chan bool
	states := []string{"good", "bad", "panics", "good"}
	for _, s := range states {
		_, taken := g.hand(t, "k", []byte("rest"), []byte(s))
		answers = append(answers, taken)
	}
	g.waitEmpty(t.Context())
	g.set.open()
	g.settle(theirs)
	for i, s := range states {
		if got, want := <-answers[i], s == "good"; got != want {
			t.Errorf("%d, %s: taken %v, want %v", i, s, got, want)
		}
	}
	for range 2 {
		if c := accept(t, g.ln).(*app.HandedConn); string(c.State) != "good" {
			t.Errorf("got %q", c.State)
		}
	}
	if handed, back, lost := g.counts(); handed != 2 || back != 2 || lost != nil {
		t.Errorf("handed %d, back %d, %v", handed, back, lost)
	}
}

// A process that will not be in charge clears what it has got.
func TestDroppedConnectionsAreClearedAndStayOpenForTheOther(t *testing.T) {
	g := between(t, app.HandoverOptions{Kinds: []string{"k"}})
	client, taken := g.hand(t, "k", []byte("rest"), []byte("secret"))
	g.waitEmpty(t.Context())
	l := g.ln.(*handedConns)
	l.mu.Lock()
	c := l.queue[0].(*app.HandedConn)
	state := c.State
	l.mu.Unlock()
	g.set.drop()
	if c.State != nil || !bytes.Equal(state, make([]byte, len("secret"))) {
		t.Errorf("the state is still there: %q", state)
	}
	g.settle(ours)
	if <-taken {
		t.Error("it was taken")
	}
	_ = client.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the client sees %v", err)
	}
}

// A successor whose processors are busy finds the next batches when it gets to
// read: a few are under way before the first is acknowledged, and no more than
// that.
func TestBatchesDoNotWaitForOneAnother(t *testing.T) {
	old, far := connected(t)
	to := newSuccessor(nil, old)
	go to.receive()
	set := &handedSet{}
	set.listener("s", &net.TCPAddr{}, app.HandoverOptions{Kinds: []string{"k"}})
	h := newHandover(to, readAbilities(set.abilities().body()), func(string) {})
	received := make(chan wire.Message)
	go func() {
		defer close(received)
		for {
			m, err := far.Receive()
			if err != nil {
				return
			}
			received <- m
		}
	}()
	t.Cleanup(func() {
		h.close()
		old.Close()
		<-to.lost
	})

	const n = 2 * (underWay + 2) // a message holds two of them
	answers := make(chan bool, n)
	for range n {
		ours, _ := socketpair(t)
		c := &app.HandedConn{Conn: ours, Kind: "k", Unread: make([]byte, app.MaxUnread), State: make([]byte, app.MaxState)}
		if err := h.HandWith("s", c, func(taken bool) { answers <- taken }); err != nil {
			t.Fatal(err)
		}
	}
	var waiting []wire.Message
	handed := 0
	for handed < n {
		for handed+connections(waiting) < n && len(waiting) < underWay {
			waiting = append(waiting, <-received)
		}
		select {
		case m := <-received:
			t.Fatalf("%v %d is under way, beside %d", m.Kind, m.Seq, len(waiting))
		default:
		}
		m := waiting[0]
		descriptor.CloseAll(m.FDs)
		if err := far.Send(wire.Ack, m.Seq, wire.AckBody{K: len(m.FDs)}); err != nil {
			t.Fatal(err)
		}
		handed += len(m.FDs)
		waiting = waiting[1:]
	}
	h.waitEmpty(t.Context())
	h.settle(theirs)
	for range n {
		if !<-answers {
			t.Error("one was acknowledged and went back")
		}
	}
}

func connections(messages []wire.Message) (n int) {
	for _, m := range messages {
		n += len(m.FDs)
	}
	return n
}

// If a server asks for it, a connection without a state is a descriptor until it is
// opened.
func TestConnectionIsADescriptorUntilItIsOpened(t *testing.T) {
	g := between(t, app.HandoverOptions{Kinds: []string{"", "k"}, Unopened: true})
	client, _ := g.hand(t, "", nil, nil)
	g.hand(t, "", nil, nil)
	g.hand(t, "k", nil, nil)
	g.waitEmpty(t.Context())
	g.set.open()
	c := accept(t, g.ln).(app.Unopened)
	fd, err := descriptor.Duplicate(c)
	if err != nil || fd == c.Descriptor() {
		t.Fatalf("got %d, %v, want a copy of %d", fd, err, c.Descriptor())
	}
	descriptor.CloseAll([]int{fd})
	nc, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if n, err := client.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	_ = accept(t, g.ln).(app.Unopened).Close()
	g.settle(theirs) // the old process closes its copies then
	if _, ok := accept(t, g.ln).(*app.HandedConn); !ok {
		t.Error("a connection with a state is not what it was")
	}
}
