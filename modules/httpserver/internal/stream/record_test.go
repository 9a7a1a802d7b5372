package stream

import (
	"bufio"
	"bytes"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestRecordIsWhatWasEncoded(t *testing.T) {
	for _, want := range []*Record{
		{Kind: Waiting, Head: []byte("GET / HTTP/1.1\r\n\r\n")},
		{Kind: Response, Head: []byte("h"), Print: "200|content-type=text/plain", State: []byte{0, 1, 255}, Moves: 3},
		{Kind: Socket, Head: []byte("h"), Print: "101", State: bytes.Repeat([]byte{8}, MaxState)},
	} {
		got, err := Decode(want.Encode())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	}
}

func TestInvalidRecordIsRefused(t *testing.T) {
	good := (&Record{Kind: Socket, Head: []byte("head"), Print: "101", State: []byte("s")}).Encode()
	for at := range good {
		if _, err := Decode(good[:at]); err == nil {
			t.Errorf("cut at %d: accepted", at)
		}
	}
	for name, b := range map[string][]byte{
		"more bytes":    append(append([]byte(nil), good...), 0),
		"version":       append([]byte{9}, good[1:]...),
		"kind":          append([]byte{recordV1, 9}, good[2:]...),
		"no head":       (&Record{Kind: Socket}).Encode(),
		"head too long": (&Record{Kind: Socket, Head: make([]byte, MaxHead+1)}).Encode(),
		"state":         (&Record{Kind: Socket, Head: []byte("h"), State: make([]byte, MaxState+1)}).Encode(),
	} {
		if _, err := Decode(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add((&Record{Kind: Socket, Head: []byte("head"), Print: "101", State: []byte("s")}).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Decode(b)
		if err == nil && !bytes.Equal(r.Encode(), b) {
			t.Errorf("%x is %+v, which is %x", b, r, r.Encode())
		}
	})
}

// A request that is read from its recorded head is the same request.
func TestRequestHeadIsReadAgain(t *testing.T) {
	for _, head := range []string{
		"GET /a%20b?c=%zz&d HTTP/1.1\r\nHost: example.org:8080\r\nAccept: a\r\nAccept: b\r\nX-Empty: \r\n\r\n",
		"GET / HTTP/1.0\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET http://other/x HTTP/1.1\r\nHost: a\r\nCookie: k=v; l=w\r\n\r\n",
	} {
		want, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			t.Fatal(err)
		}
		b, ok := RequestHead(want)
		if !ok {
			t.Fatalf("%q: not recorded", head)
		}
		got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if got.Method != want.Method || got.RequestURI != want.RequestURI || got.Host != want.Host || got.Proto != want.Proto || !reflect.DeepEqual(got.Header, want.Header) {
			t.Errorf("%q became %q", head, b)
		}
	}
}

func TestRequestsThatCannotBeReadAgain(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"a body":         func(r *http.Request) { r.ContentLength = 3 },
		"unknown length": func(r *http.Request) { r.ContentLength, r.TransferEncoding = -1, []string{"chunked"} },
		"HTTP/2":         func(r *http.Request) { r.ProtoMajor = 2 },
		"CONNECT":        func(r *http.Request) { r.Method = http.MethodConnect },
		"too long":       func(r *http.Request) { r.Header.Set("X", strings.Repeat("x", MaxHead)) },
	} {
		r, _ := http.NewRequest("GET", "http://a/", nil)
		change(r)
		if _, ok := RequestHead(r); ok {
			t.Errorf("%s: recorded", name)
		}
	}
}

func TestOffersSayThatEachMessageIsCompressedByItself(t *testing.T) {
	for offer, want := range map[string]string{
		"":                   "",
		"permessage-deflate": "permessage-deflate; client_no_context_takeover",
		"permessage-deflate; client_max_window_bits":     "permessage-deflate; client_max_window_bits; client_no_context_takeover",
		"permessage-deflate; client_no_context_takeover": "permessage-deflate; client_no_context_takeover",
		"a, permessage-deflate ,permessage-deflate; x":   "a, permessage-deflate; client_no_context_takeover,permessage-deflate; x; client_no_context_takeover",
		"x-permessage-deflate-not":                       "x-permessage-deflate-not",
	} {
		h := http.Header{}
		if offer != "" {
			h.Set("Sec-WebSocket-Extensions", offer)
		}
		CompressEach(h)
		if got := h.Get("Sec-WebSocket-Extensions"); got != want {
			t.Errorf("%q became %q, want %q", offer, got, want)
		}
	}
}
