package http2

import (
	"net/http"
	"testing"
)

// If this fails with a new Go, HTTP/2 connections do not move there.
func TestHTTP2MayMove(t *testing.T) {
	if err := tryMove(); err != nil {
		t.Error(err)
	}
}

// What a server announces follows its settings, and so does the size of the table
// of its encoder, which it does not announce.
func TestAnnouncedFollowsTheSettings(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range []*http.HTTP2Config{nil, {MaxConcurrentStreams: 7}, {MaxReadFrameSize: 1 << 17}, {MaxEncoderHeaderTableSize: 100}} {
		b, err := announces(&http.Server{HTTP2: c})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := announces(&http.Server{HTTP2: c}); err != nil || string(again) != string(b) {
			t.Errorf("got %x, then %x, %v", b, again, err)
		}
		seen[string(b)] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d of 4 differ", len(seen))
	}
}
