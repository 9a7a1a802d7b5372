package h2move

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func sample() *State {
	return &State{Settings: []Setting{{1, 4096}, {4, 1 << 20}}, Announced: []byte("announced"), Last: 7, Send: 70000, Receive: 1 << 20}
}

func TestEncodedStateIsDecoded(t *testing.T) {
	for _, want := range []*State{sample(), {Send: initialWindow, Receive: initialWindow, Announced: []byte{}}} {
		got, err := Decode(want.Encode())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*State)
		says   string
	}{
		"even stream":     {func(s *State) { s.Last = 8 }, "not a client's"},
		"no such stream":  {func(s *State) { s.Last = 1<<31 + 1 }, "not a client's"},
		"no window":       {func(s *State) { s.Send = 0 }, "windows"},
		"endless window":  {func(s *State) { s.Receive = 1 << 31 }, "windows"},
		"negative window": {func(s *State) { s.Receive = -1 }, "windows"},
		"settings":        {func(s *State) { s.Settings = make([]Setting, 200) }, "too many settings"},
		"announced":       {func(s *State) { s.Announced = make([]byte, 1000) }, "too many settings"},
	} {
		s := sample()
		c.change(s)
		if _, err := Decode(s.Encode()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
	whole := sample().Encode()
	for n := range len(whole) - len("announced") {
		if _, err := Decode(whole[:n]); err == nil {
			t.Fatalf("cut at %d: no error", n)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample().Encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := Decode(b); err == nil && !bytes.Equal(s.Encode(), b) {
			t.Error("decoded, but encoded to something else")
		}
	})
}
