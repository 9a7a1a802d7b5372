package httpserver

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// beginning is a WebSocket whose handler is at a step of its first three messages
// when an upgrade comes.
type beginning struct {
	step   string // "called", "kept", "hijacked", "switched", "got 2", "answered 2"
	early  int    // bytes of the messages that the client has sent by then
	joined bool   // in the packet of its request
	greets bool   // the server speaks first, in the packet of the 101

	c       *client
	reached chan struct{}
}

const firstMessages = 3

// beginnings returns every step with every number of bytes with which a handler can
// get there.
func beginnings() (all []*beginning) {
	add := func(step string, atLeast int) {
		one := len(says('1'))
		for _, early := range []int{0, 1, one, one + 1, 2 * one, firstMessages * one} {
			if early < atLeast*one {
				continue
			}
			for i := range 4 {
				all = append(all, &beginning{step: step, early: early, joined: i&1 > 0, greets: i&2 > 0, reached: make(chan struct{})})
			}
		}
	}
	for _, step := range []string{"called", "kept", "hijacked", "switched"} {
		add(step, 0)
	}
	for n := 1; n <= firstMessages; n++ {
		add(fmt.Sprint("got ", n), n)
		add(fmt.Sprint("answered ", n), n)
	}
	return all
}

func (b *beginning) String() string {
	return fmt.Sprintf("%s, after %d bytes, with the request: %v, the server speaks first: %v", b.step, b.early, b.joined, b.greets)
}

// serveBeginnings echoes messages of one byte. at is called at every step.
func serveBeginnings(all []*beginning, at func(b *beginning, step string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		i, _ := strconv.Atoi(r.URL.Path[1:])
		b := all[i]
		at(b, "called")
		p := Keep(r)
		at(b, "kept")
		nc, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		at(b, "hijacked")
		head := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
		if b.greets && !p.Resumed() {
			head += "\x81\x01s"
		}
		_, _ = io.WriteString(nc, head)
		at(b, "switched")
		defer nc.Close() // which lets it leave
		for frame := make([]byte, len(says('1'))); ; {
			if _, err := io.ReadFull(nc, frame); err != nil {
				return
			}
			said := frame[len(frame)-1]
			at(b, fmt.Sprintf("got %c", said))
			_, _ = nc.Write([]byte{0x81, 1, said})
			at(b, fmt.Sprintf("answered %c", said))
		}
	}
}

// A WebSocket moves within its first messages as at any other time: wherever its
// handler is, whatever the client has sent by then, and whether the rest comes
// before the move or after it. Each message is answered once.
func TestWebSocketsMoveWithinTheirFirstMessages(t *testing.T) {
	plainAndTLS(t, func(t *testing.T, opts ...rigOption) {
		for _, late := range []bool{false, true} {
			for _, before := range []bool{false, true} {
				t.Run(fmt.Sprintf("late %v, the rest before %v", late, before), func(t *testing.T) {
					t.Parallel() // most of it waits
					moveBeginnings(t, late, before, opts...)
				})
			}
		}
	})
}

// moveBeginnings stops every handler at its step. They go on when the move begins,
// or, if late, when it is over; the rest of the messages comes before that, or
// afterwards.
func moveBeginnings(t *testing.T, late, before bool, opts ...rigOption) {
	all := beginnings()
	held := make(chan struct{})
	release := sync.OnceFunc(func() { close(held) })
	old, _, way := keptPair(t, serveBeginnings(all, func(b *beginning, step string) {
		if step == b.step {
			close(b.reached)
			<-held
		}
	}), serveBeginnings(all, func(*beginning, string) {}), opts...)
	t.Cleanup(release) // before the servers stop
	var said string
	for n := 1; n <= firstMessages; n++ {
		said += says('0' + byte(n))
	}
	for i, b := range all {
		b.c = old.dial()
		request := fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", i)
		if b.joined {
			b.c.send(request + said[:b.early])
		} else {
			b.c.send(request)
			b.c.send(said[:b.early])
		}
	}
	inTime := time.After(patience)
	for _, b := range all {
		select {
		case <-b.reached:
		case <-inTime:
			t.Fatalf("no handler got to: %v", b)
		}
	}
	rest := func() {
		for _, b := range all {
			b.c.send(said[b.early:])
		}
	}
	moved := make(chan struct{})
	go func() {
		defer close(moved)
		if err := old.server.Move(t.Context(), way); err != nil {
			t.Error(err)
		}
	}()
	await(t, "the move to begin", old.server.conns.Moving)
	if late {
		<-moved
	}
	if before {
		rest()
	}
	release()
	<-moved
	await(t, "all to have moved", func() bool { return old.server.Kept().Moved == len(all) })
	if !before {
		rest()
	}
	for _, b := range all {
		b.wantAnswers(t)
	}
}

// wantAnswers reads the 101 and the answers, and nothing else.
func (b *beginning) wantAnswers(t *testing.T) {
	res, err := http.ReadResponse(b.c.br, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("%v: %v, %v", b, res, err)
		return
	}
	want := "\x81\x011\x81\x012\x81\x013"
	if b.greets {
		want = "\x81\x01s" + want
	}
	got := make([]byte, len(want))
	if n, err := io.ReadFull(b.c.br, got); err != nil || string(got) != want {
		t.Errorf("%v: got %q, %v, want %q", b, got[:n], err, want)
	}
	if n := b.c.br.Buffered(); n > 0 {
		t.Errorf("%v: %d bytes too many", b, n)
	}
}
