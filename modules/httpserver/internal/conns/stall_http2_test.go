package conns

import (
	"bytes"
	"io"
	"net"
	"testing"
	"testing/synctest"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stall"
)

const (
	noRoom   = "\x00\x00\x06\x04\x00\x00\x00\x00\x00" + "\x00\x04\x00\x00\x00\x00" // SETTINGS_INITIAL_WINDOW_SIZE
	response = "\x00\x00\x01\x01\x04\x00\x00\x00\x05\x88"
)

var ping = string(h2frame.AppendPing(nil))

var reset5 = string(h2frame.AppendReset(nil, 5, h2frame.Cancel))

// stalledStream is a connection whose stream 5 has a response and no room for it.
func stalledStream(t *testing.T, set *Set, read *bytes.Buffer) (*HTTP2Conn, net.Conn) {
	server, client := h2pair(t, set, read)
	io.WriteString(client, h2frame.Preface+noRoom+stream5)
	synctest.Wait()
	if got, want := read.String(), h2frame.Preface+noRoom+stream5; got != want {
		t.Fatalf("the server has read %q", got)
	}
	go io.WriteString(server, settings+response)
	if err := h2frame.ReadUntil(client, h2frame.Headers); err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // the server's Write has returned
	read.Reset()
	return server, client
}

// A stream without room is reset on both sides, and the connection goes on.
func TestStreamWithoutRoomIsReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, read := New(Config{}), &bytes.Buffer{}
		_, client := stalledStream(t, set, read)
		for range stall.Scans {
			set.Scan()
		}
		synctest.Wait()
		if read.Len() > 0 || set.Stalled() != 0 {
			t.Errorf("too early: %q, %d stalled", read, set.Stalled())
		}
		set.Scan()
		got := make([]byte, h2frame.ResetSize)
		if _, err := io.ReadFull(client, got); string(got) != reset5 || err != nil {
			t.Errorf("the client got %q, %v", got, err)
		}
		synctest.Wait()
		if read.String() != reset5 || set.Stalled() != 1 {
			t.Errorf("net/http got %q; %d stalled", read, set.Stalled())
		}
		io.WriteString(client, settings)
		for range 3 * stall.Scans {
			set.Scan()
		}
		synctest.Wait()
		if read.String() != reset5+settings || set.Stalled() != 1 {
			t.Errorf("afterwards net/http got %q; %d stalled", read, set.Stalled())
		}
	})
}

// A reset waits for the end of the frame that is being read; a client that does not
// end it loses the connection.
func TestResetWaitsForTheEndOfAFrame(t *testing.T) {
	for _, ends := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			set, read := New(Config{}), &bytes.Buffer{}
			_, client := stalledStream(t, set, read)
			ended := make(chan struct{})
			go func() { defer close(ended); io.Copy(io.Discard, client) }()
			io.WriteString(client, ping[:12])
			for range stall.Scans + 2 {
				set.Scan()
				synctest.Wait()
			}
			if read.String() != ping[:12] {
				t.Errorf("net/http got %q within a frame", read)
			}
			if ends {
				io.WriteString(client, ping[12:])
				synctest.Wait()
				if read.String() != ping+reset5 {
					t.Errorf("net/http got %q", read)
				}
				return
			}
			for range stall.Scans - 1 {
				set.Scan()
			}
			<-ended
			if set.Stalled() != 2 {
				t.Errorf("%d stalled, want a stream and its connection", set.Stalled())
			}
		})
	}
}

// During a conversation the client may pause.
func TestConversationMayPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, read := New(Config{}), &bytes.Buffer{}
		server, client := stalledStream(t, set, read)
		go io.Copy(io.Discard, client)
		server.tracked.talks.Add(1)
		for range 3 * stall.Scans {
			set.Scan()
		}
		synctest.Wait()
		if read.Len() > 0 || set.Stalled() != 0 {
			t.Errorf("net/http got %q; %d stalled", read, set.Stalled())
		}
		server.tracked.talks.Add(-1)
		for range stall.Scans + 1 {
			set.Scan()
		}
		synctest.Wait()
		if read.String() != reset5 {
			t.Errorf("net/http got %q after the end", read)
		}
	})
}
