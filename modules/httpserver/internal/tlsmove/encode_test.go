package tlsmove

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func sample() *State {
	return &State{
		Version: tls.VersionTLS13, Suite: tls.TLS_AES_256_GCM_SHA384,
		In:         Keys{bytes.Repeat([]byte{0xaa}, 48), 7},
		Out:        Keys{bytes.Repeat([]byte{0xbb}, 48), 9},
		ServerName: "todo.example", ALPN: "http/1.1", Curve: tls.X25519, Resumed: true, Retried: true,
		Unique: []byte("unique"), Peer: [][]byte{[]byte("certificate"), []byte("issuer")},
	}
}

func mustEncode(t testing.TB, s *State) []byte {
	t.Helper()
	b, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEncodedStateIsDecoded(t *testing.T) {
	for _, want := range []*State{sample(), {
		Version: tls.VersionTLS12, Suite: tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		In: Keys{Secret: make([]byte, 20)}, Out: Keys{Secret: make([]byte, 20)},
	}} {
		b := mustEncode(t, want)
		if len(b) != cap(b) {
			t.Errorf("%d bytes in a slice of %d: growing it leaves copies of secrets", len(b), cap(b))
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		clear(b)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %#v, want %#v", *got, *want)
		}
	}
}

// An encoding that is cut, too long, unknown or impossible is an error that says
// so.
func TestDecodeRefuses(t *testing.T) {
	whole := mustEncode(t, sample())
	for n := range whole {
		if _, err := Decode(whole[:n]); err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	changed := func(change func(s *State)) []byte {
		s := sample()
		change(s)
		return mustEncode(t, s)
	}
	patched := func(at int, b byte) []byte {
		p := bytes.Clone(whole)
		p[at] = b
		return p
	}
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"bytes behind":         {append(bytes.Clone(whole), 0), "1 bytes too many"},
		"another format":       {patched(0, 9), "format 9 is not known"},
		"unknown flags":        {patched(1, 0x80), "unknown flags 0x80"},
		"unknown suite":        {changed(func(s *State) { s.Suite = 0x1234 }), "0x1234"},
		"ChaCha20":             {changed(func(s *State) { s.Suite = tls.TLS_CHACHA20_POLY1305_SHA256 }), "cannot move"},
		"suite of the other":   {changed(func(s *State) { s.Version = tls.VersionTLS12 }), "0x0303"},
		"unknown version":      {changed(func(s *State) { s.Version = 0x0399 }), "0x0399"},
		"short secret":         {changed(func(s *State) { s.In.Secret = s.In.Secret[1:] }), "47 bytes"},
		"no secret":            {changed(func(s *State) { s.Out.Secret = nil }), "0 bytes"},
		"impossible sequence":  {changed(func(s *State) { s.Out.Sequence = 1 << 63 }), "sequence number"},
		"too large":            {make([]byte, MaxEncoded+1), "exceeds"},
		"field beyond the end": {patched(2+6+8, 0xff), "cut short"},
	} {
		_, err := Decode(c.b)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
		if err != nil && (strings.Contains(err.Error(), "aaaa") || strings.Contains(err.Error(), "170 170")) {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
}

func TestLargeCertificatesAreNotEncoded(t *testing.T) {
	s := sample()
	s.Peer = [][]byte{make([]byte, MaxEncoded)}
	if _, err := s.Encode(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

// However it is printed, a state shows no secret.
func TestStateShowsNoSecret(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{sample(), struct{ S *State }{sample()}} {
			got := fmt.Sprintf(verb, v)
			for _, secret := range []string{"aaaa", "170", "bbbb", "187"} {
				if strings.Contains(got, secret) {
					t.Errorf("%s shows a secret: %s", verb, got)
				}
			}
		}
	}
	s := sample()
	s.Wipe()
	if bytes.ContainsAny(append(s.In.Secret, s.Out.Secret...), "\xaa\xbb") {
		t.Error("Wipe leaves a secret")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(mustEncode(f, sample()))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(b)
		if err != nil {
			return
		}
		again, err := s.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("decoded, but encoded to something else: %v", err)
		}
		// A state that decodes may still be refused, but never panics.
		if c, err := Continue(nil, s, &tls.Config{ClientAuth: tls.RequestClientCert}); err == nil {
			_ = c.ConnectionState()
		}
	})
}
