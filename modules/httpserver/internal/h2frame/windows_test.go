package h2frame

import (
	"encoding/binary"
	"slices"
	"testing"
)

func frame(typ, flags byte, stream uint32, size int) *Parser {
	var p Parser
	head := []byte{byte(size >> 16), byte(size >> 8), byte(size), typ, flags}
	p.Feed(binary.BigEndian.AppendUint32(head, stream), func() {}, nil)
	return &p
}

func (w *Windows) grow(stream uint32, n uint32) {
	w.Received(frame(WindowUpdate, 0, stream, 4), binary.BigEndian.AppendUint32(nil, n))
}

func (w *Windows) initially(n uint32) {
	w.Received(frame(Settings, 0, 0, 6), binary.BigEndian.AppendUint32([]byte{0, settingInitialWindow}, n))
}

func TestResponsesWithoutRoomWait(t *testing.T) {
	head, all := frame(Headers, 4, 1, 10), frame(Data, 0, 1, initialWindow)
	tests := []struct {
		name string
		do   func(*Windows)
		want bool // stream 1 waits
	}{
		{"nothing sent", func(*Windows) {}, false},
		{"room for more", func(w *Windows) { w.Sent(head); w.Sent(frame(Data, 0, 1, 1000)) }, false},
		{"no room left", func(w *Windows) { w.Sent(head); w.Sent(all) }, true},
		{"no room from the beginning", func(w *Windows) { w.initially(0); w.Sent(head) }, true},
		{"no room, and no response yet", func(w *Windows) { w.initially(0) }, false},
		{"less room than was used", func(w *Windows) { w.grow(0, 1<<20); w.Sent(head); w.Sent(frame(Data, 0, 1, 1000)); w.initially(500) }, true},
		{"room again", func(w *Windows) { w.Sent(head); w.Sent(all); w.grow(0, 9); w.grow(1, 9) }, false},
		{"room before the response", func(w *Windows) { w.initially(0); w.grow(1, 9); w.Sent(head) }, false},
		{"room for all streams", func(w *Windows) { w.initially(0); w.Sent(head); w.initially(9) }, false},
		{"room on the stream only", func(w *Windows) { w.Sent(head); w.Sent(all); w.grow(1, 9) }, true},
		{"the response is complete", func(w *Windows) { w.Sent(head); w.Sent(frame(Data, FlagEndStream, 1, initialWindow)) }, false},
		{"it has no body", func(w *Windows) { w.initially(0); w.Sent(frame(Headers, FlagEndStream|4, 1, 10)) }, false},
		{"reset by the server", func(w *Windows) { w.Sent(head); w.Sent(all); w.Sent(frame(ResetStream, 0, 1, 4)) }, false},
		{"reset by the client", func(w *Windows) { w.Sent(head); w.Sent(all); w.Closed(1) }, false},
		{"the others used up the connection", func(w *Windows) { w.Opened(3); w.Sent(frame(Data, 0, 3, initialWindow)); w.Sent(head) }, true},
		{"opened when the server leaves", func(w *Windows) {
			*w = NewWindows()
			w.Sent(frame(GoAway, 0, 0, 8))
			w.Opened(1)
			w.Sent(head)
			w.Sent(all)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := NewWindows()
			w.Opened(1)
			tt.do(&w)
			for range 3 {
				if got := w.Waiting(3, false); got != nil {
					t.Fatalf("got %v too early", got)
				}
			}
			if got := w.Waiting(3, false); slices.Contains(got, 1) != tt.want {
				t.Errorf("got %v, want stream 1: %v", got, tt.want)
			}
			if got := w.Waiting(3, false); got != nil {
				t.Errorf("got %v once more", got)
			}
		})
	}
}

// The count begins again when something is sent, even a single byte, and with an
// exemption.
func TestResponseThatMovesDoesNotWait(t *testing.T) {
	w := NewWindows()
	w.initially(0)
	w.Opened(1)
	w.Sent(frame(Headers, 4, 1, 10))
	for i := range 100 {
		if got := w.Waiting(3, i%3 == 2); got != nil {
			t.Fatalf("got %v", got)
		}
	}
	for i := range 100 {
		if i%3 == 2 {
			w.grow(1, 1)
			w.Sent(frame(Data, 0, 1, 1))
		}
		if got := w.Waiting(3, false); got != nil {
			t.Fatalf("got %v", got)
		}
	}
}
