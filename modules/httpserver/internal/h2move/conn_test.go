package h2move

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

const (
	endStream  = h2frame.FlagEndStream
	endHeaders = h2frame.FlagEndHeaders
	ack        = h2frame.FlagAck
)

var (
	someSettings = frame(h2frame.Settings, 0, 0)
	settingsAck  = frame(h2frame.Settings, ack, 0)
	ping         = frame(h2frame.Ping, 0, 0, []byte("12345678")...)
	request      = frame(h2frame.Headers, endStream|endHeaders, 1, 0x82)
	response     = frame(h2frame.Headers, endStream|endHeaders, 1, 0x88)
)

// A connection leaves when the client has emptied its table and nothing is under
// way, and not before.
func TestConnLeavesWhenNothingIsUnderWay(t *testing.T) {
	client := func(frames ...[]byte) func(*rig) { return func(r *rig) { r.client(frames...) } }
	server := func(frames ...[]byte) func(*rig) { return func(r *rig) { r.server(frames...) } }
	all := func(steps ...func(*rig)) func(*rig) {
		return func(r *rig) {
			for _, step := range steps {
				step(r)
			}
		}
	}
	upload := frame(h2frame.Headers, endHeaders, 1, 0x82)
	for name, c := range map[string]struct{ under, resolve func(*rig) }{
		"a stream":                        {client(request), server(response)},
		"an upload after its response":    {all(client(upload), server(response)), client(frame(h2frame.Data, endStream, 1))},
		"a download":                      {all(client(request), server(frame(h2frame.Headers, endHeaders, 1, 0x88))), server(frame(h2frame.Data, endStream, 1, 1, 2, 3))},
		"a stream that the client resets": {client(request), client(frame(h2frame.ResetStream, 0, 1, 0, 0, 0, 8))},
		"a PING":                          {client(ping), server(frame(h2frame.Ping, ack, 0, ping[h2frame.HeadSize:]...))},
		"SETTINGS of the client":          {client(someSettings), server(settingsAck)},
		"SETTINGS of the server":          {server(someSettings), client(settingsAck)},
		"a part of a frame":               {all(client(request), server(response[:4])), server(response[4:])},
		"a part of a header block": {all(client(request), server(frame(h2frame.Headers, endStream, 1, 0x88))),
			server(frame(h2frame.Continuation, endHeaders, 1, 0x88))},
	} {
		t.Run(name, func(t *testing.T) {
			testRig(t, nil, func(r *rig) {
				c.under(r)
				r.begin()
				r.conn.mu.Lock()
				asked := r.conn.facts.table == asked // not in the middle of a frame
				r.conn.mu.Unlock()
				if asked && name != "SETTINGS of the server" {
					r.client(settingsAck)
				}
				r.wantLeft(false)
				c.resolve(r)
				if !asked || name == "SETTINGS of the server" {
					r.wantLeft(false)
					r.client(settingsAck)
				}
				r.wantLeft(true)
			})
		})
	}
	t.Run("nothing", func(t *testing.T) {
		testRig(t, nil, func(r *rig) {
			r.wantLeft(false)
			r.begin()
			r.wantLeft(false)
			r.client(settingsAck)
			r.wantLeft(true)
			if _, err := r.conn.Write(response); err != nil || r.fromServer.take() != "4:0:0:000100000000" {
				t.Errorf("what is written after it has left reaches the client: %v", err)
			}
		})
	})
}

// After a reset by the server more of the stream may be on its way, until the
// client has answered once more.
func TestConnPingsAgainAfterAReset(t *testing.T) {
	testRig(t, nil, func(r *rig) {
		r.client(frame(h2frame.Headers, endHeaders, 1, 0x82))
		r.begin()
		r.client(settingsAck)
		r.server(frame(h2frame.ResetStream, 0, 1, 0, 0, 0, 8))
		r.client(frame(h2frame.Data, 0, 1, 1, 2, 3))
		r.wantLeft(false)
		if got, want := r.fromServer.take(), "4:0:0:000100000000 3:0:1:00000008 4:0:0:000100000000"; got != want {
			t.Errorf("the client got %s, want %s", got, want)
		}
		r.client(settingsAck)
		r.wantLeft(true)
	})
}

func TestConnThatSaysGoodbyeStays(t *testing.T) {
	for name, say := range map[string]func(*rig){
		"server": func(r *rig) { r.server(h2frame.AppendGoAway(nil, 0)) },
		"client": func(r *rig) { r.client(h2frame.AppendGoAway(nil, 0)) },
		"push":   func(r *rig) { r.server(frame(h2frame.PushPromise, endHeaders, 1, 0, 0, 0, 2, 0x82)) },
	} {
		t.Run(name, func(t *testing.T) {
			testRig(t, nil, func(r *rig) {
				say(r)
				r.fromServer.take()
				r.begin()
				if got := r.fromServer.take(); got != "" {
					t.Errorf("it is asked to empty its table: %s", got)
				}
				r.wantLeft(false)
			})
		})
	}
}

// A move that failed leaves no trace: the client may use its table again, and the
// next move asks again.
func TestConnStaysAfterEnd(t *testing.T) {
	testRig(t, nil, func(r *rig) {
		r.begin()
		r.conn.End()
		r.client(settingsAck, request)
		r.server(response)
		r.wantLeft(false)
		if got, want := r.fromServer.take(), "4:0:0:000100000000 4:0:0:000100001000 1:5:1:88"; got != want {
			t.Errorf("the client got %s, want %s", got, want)
		}
		r.begin()
		r.wantLeft(false) // the client may use its table
		r.client(settingsAck)
		if got, want := r.fromServer.take(), "4:0:0:000100000000"; got != want {
			t.Errorf("the client got %s, want %s", got, want)
		}
		r.client(settingsAck)
		r.wantLeft(true)
		if got, want := r.fromClient.take(), "1:5:1:82"; got != want {
			t.Errorf("the server got %s, want %s", got, want)
		}
		if r.state.Last != 1 {
			t.Errorf("got %+v", r.state)
		}
	})
}

// A client that goes on with a new server does not notice its beginning.
func TestConnHidesTheBeginningOfANewServer(t *testing.T) {
	from := &State{Settings: []Setting{{3, 5}}, Last: 7, Send: 70000, Receive: 1<<20 - 100}
	testRig(t, from, func(r *rig) {
		if got, want := r.fromClient.take(), "4:0:0:000300000005 8:0:0:"+fmt.Sprintf("%08x", 70000-initialWindow); got != want {
			t.Errorf("the server got %s, want %s", got, want)
		}
		r.server(someSettings, window(0, 1<<20-initialWindow), settingsAck)
		if got, want := r.fromServer.take(), "4:0:0: 8:0:0:00000064"; got != want {
			t.Errorf("the client got %s, want %s", got, want)
		}
		r.client(settingsAck,
			frame(h2frame.ResetStream, 0, 7, 0, 0, 0, 8), window(5, 10), frame(h2frame.Priority, 0, 3, 0, 0, 0, 0, 1), // of old streams
			window(0, 10), frame(h2frame.Headers, endStream|endHeaders, 9, 0x82))
		if got, want := r.fromClient.take(), "4:1:0: 8:0:0:0000000a 1:5:9:82"; got != want {
			t.Errorf("the server got %s, want %s", got, want)
		}
		r.server(frame(h2frame.Headers, endStream|endHeaders, 9, 0x88))
		r.begin()
		r.client(settingsAck)
		r.wantLeft(true)
		if s := r.state; s.Last != 9 || s.Send != 70010 || s.Receive != 1<<20 || len(s.Settings) != 1 {
			t.Errorf("got %+v", s)
		}
	})
}

// The new server assumes a window of 65535 bytes. What it sends beyond the client's
// window waits, and what the client adds to its window first makes up for the
// difference.
func TestConnHoldsBackWhatTheClientDoesNotAllow(t *testing.T) {
	testRig(t, &State{Send: 20000, Receive: initialWindow}, func(r *rig) {
		r.server(someSettings, settingsAck)
		r.client(settingsAck, frame(h2frame.Headers, endStream|endHeaders, 1, 0x82))
		r.fromClient.take()
		r.fromServer.take()
		part := frame(h2frame.Data, 0, 1, make([]byte, 16000)...)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			_, _ = r.conn.Write(append(bytes.Clone(part), part...))
		}()
		synctest.Wait()
		if got := r.fromServer.take(); strings.Count(got, "0:0:1:") != 1 {
			t.Errorf("the client got %s, want one frame of DATA", got)
		}
		r.client(window(0, 40000))
		<-sent
		synctest.Wait()
		if got := r.fromServer.take(); strings.Count(got, "0:0:1:") != 1 {
			t.Errorf("the client got %s, want the second", got)
		}
		r.client(window(0, 10000))
		if got, want := r.fromClient.take(), "8:0:0:"+fmt.Sprintf("%08x", 50000-(initialWindow-20000)); got != want {
			t.Errorf("the server got %s, want %s", got, want)
		}
	})
}
