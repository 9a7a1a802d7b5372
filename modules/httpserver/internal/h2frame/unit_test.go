package h2frame

import "testing"

func TestUnitsAreWholeInAnyPieces(t *testing.T) {
	stream := []byte("\x00\x00\x0c\x04\x00\x00\x00\x00\x00" + "abcdef" + "ghijkl") // SETTINGS
	stream = append(stream, "\x00\x00\x02\x00\x00\x00\x00\x00\x01"+"no"...)        // DATA is not decoded
	stream = append(AppendPing(stream), "\x00\x00\x04\x08\x00\x00\x00\x00\x00"+"mnop"...)
	for cut := range len(stream) + 1 {
		var f Parser
		var u Unit
		var got []string
		begun := func() { u.Begin(&f) }
		payload := func(b []byte) { u.Feed(b, func(whole []byte) { got = append(got, string(whole)) }) }
		f.Feed(stream[:cut], begun, payload)
		f.Feed(stream[cut:], begun, payload)
		if len(got) != 4 || got[0] != "abcdef" || got[1] != "ghijkl" || got[2] != PingData || got[3] != "mnop" {
			t.Errorf("cut at %d: got %q", cut, got)
		}
	}
}
