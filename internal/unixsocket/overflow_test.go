package unixsocket

import "testing"

func TestMapsAll(t *testing.T) {
	for text, want := range map[string]bool{
		"         0          0 4294967295\n":                 true,
		"         0       1000          1\n":                 false, // unshare -r
		"         0          0          1\n":                 false, // PrivateUsers=self
		"         0          0 1\n      1000       1000 1\n": false,
		"": false,
	} {
		if got := mapsAll(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
