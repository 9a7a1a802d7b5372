package h2frame

import "testing"

func TestFramesAreFoundInAnyPieces(t *testing.T) {
	stream := AppendPing(AppendGoAway(nil, EveryStream))
	for cut := range len(stream) + 1 {
		var f Parser
		var kinds []byte
		begun := func() { kinds = append(kinds, f.Type()) }
		f.Feed(stream[:cut], begun, nil)
		if got, want := f.Whole(), cut == 0 || cut == 17 || cut == len(stream); got != want {
			t.Errorf("at %d: got whole %v, want %v", cut, got, want)
		}
		f.Feed(stream[cut:], begun, nil)
		if string(kinds) != string([]byte{GoAway, Ping}) || !f.Whole() {
			t.Errorf("cut at %d: got frames %v, want GOAWAY and PING", cut, kinds)
		}
	}
}
