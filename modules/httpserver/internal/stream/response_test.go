package stream

import (
	"errors"
	"strings"
	"testing"
)

const sse = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n"

// passed writes s in pieces of size n and returns what the filter lets through.
func passed(f *HeadFilter, s string, n int) (string, error) {
	var out strings.Builder
	for len(s) > 0 {
		k := min(n, len(s))
		p, body, err := f.Filter([]byte(s[:k]))
		if err != nil {
			return out.String(), err
		}
		if body > len(p) {
			return "", errors.New("more body than bytes")
		}
		out.Write(p)
		s = s[k:]
	}
	return out.String(), nil
}

func TestHeadIsDroppedWhereverItIsCut(t *testing.T) {
	const body = "5\r\ndata:\r\n"
	again := strings.Replace(sse, "now", "later", 1)
	for n := 1; n <= len(again+body); n++ {
		f := Swallow(Fingerprint([]byte(sse)))
		got, err := passed(&f, again+body, n)
		if got != body || err != nil || !f.Done() {
			t.Fatalf("in pieces of %d: %q, %v", n, got, err)
		}
		var note HeadFilter
		if got, err := passed(&note, again+body, n); got != again+body || err != nil || note.Print() != f.Print() {
			t.Fatalf("noted in pieces of %d: %q, %q, %v", n, got, note.Print(), err)
		}
	}
}

func TestAnotherHeadIsRefusedForGood(t *testing.T) {
	for name, head := range map[string]string{
		"status":   strings.Replace(sse, "200 OK", "404 Not Found", 1),
		"type":     strings.Replace(sse, "event-stream", "html", 1),
		"length":   "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 3\r\n\r\n",
		"encoding": strings.Replace(sse, "Date", "Content-Encoding: gzip\r\nDate", 1),
	} {
		f := Swallow(Fingerprint([]byte(sse)))
		if _, err := passed(&f, head, 1000); !errors.Is(err, ErrOtherResponse) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := passed(&f, sse, 1000); got != "" || !errors.Is(err, ErrOtherResponse) {
			t.Errorf("%s: later %q, %v", name, got, err)
		}
	}
}

func TestInformationalHeadsComeBeforeTheResponse(t *testing.T) {
	const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	var f HeadFilter
	if got, err := passed(&f, hints, 1000); got != hints || err != nil || f.Done() {
		t.Errorf("%q, %v, done %v", got, err, f.Done())
	}
	if got, _ := passed(&f, sse, 1000); got != sse || f.Print() != Fingerprint([]byte(sse)) {
		t.Errorf("%q, %q", got, f.Print())
	}
	g := Swallow("101")
	if got, err := passed(&g, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00", 3); got != "\x81\x00" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestHeadWithoutAnEndIsRefused(t *testing.T) {
	var f HeadFilter
	if _, err := passed(&f, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", MaxHead), 4096); err == nil {
		t.Error("accepted")
	}
}
