package stream

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// What keeps messages from being lost, and what happens without it.

// greedy reads past the end of a frame, as a connection does that does not know of
// frames.
type greedy struct{ *rig }

func (g greedy) Read(p []byte) (n int, err error) {
	for {
		m, err := g.rig.Read(p[n:])
		n += m
		if err != nil || n == len(p) || len(g.in.rest()) == 0 {
			return n, err
		}
	}
}

func TestWithoutLimitsOfFramesAMessageIsLost(t *testing.T) {
	first, second := send(true, opText, "first"), send(true, opText, "second")
	for name, c := range map[string]struct {
		conn func(*rig) io.Reader
		lost bool
	}{
		"with":    {func(r *rig) io.Reader { return r }, false},
		"without": {func(r *rig) io.Reader { return greedy{r} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, join(first, second))
			library := bufio.NewReader(c.conn(r)) // every library reads ahead
			if _, err := io.ReadFull(library, make([]byte, len(first))); err != nil {
				t.Fatal(err)
			}
			r.Go()
			if library.Buffered() == 0 {
				if _, err := library.Read(make([]byte, 1)); !errors.Is(err, ErrMoving) {
					t.Fatalf("got %v", err)
				}
			}
			rest, _, ok := r.Leave(always)
			if lost := !ok || !bytes.Equal(rest, second); lost != c.lost {
				t.Errorf("left %v with %q: lost %v, want %v", ok, rest, lost, c.lost)
			}
		})
	}
}

// A client compresses its messages as was agreed (RFC 7692, 7.2.1), and the second
// one is read by another process, which does not know the first.
func TestWithoutTheParameterACompressedMessageIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		change func(http.Header)
		lost   bool
	}{
		"with":    {CompressEach, false},
		"without": {func(http.Header) {}, true},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{extensions: {deflate}}
			c.change(header)
			alone := strings.Contains(header.Get(extensions), noClientTakeover)

			const text = "a text that a compressor knows when it comes again"
			var out bytes.Buffer
			w, err := flate.NewWriter(&out, flate.BestCompression)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				out.Reset()
				if alone {
					w.Reset(&out)
				}
				_, _ = io.WriteString(w, text)
				_ = w.Flush()
			}
			got := make([]byte, len(text))
			_, err = io.ReadFull(flate.NewReader(&out), got)
			if lost := err != nil || string(got) != text; lost != c.lost {
				t.Errorf("got %q, %v: lost %v, want %v", got, err, lost, c.lost)
			}
		})
	}
}
