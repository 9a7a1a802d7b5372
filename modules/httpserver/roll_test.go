package httpserver

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestRollHoldsWhoIsThere(t *testing.T) {
	var r roll
	var want []*life
	for range 1000 {
		if len(want) == 0 || rand.N(5) > 1 {
			l := &life{}
			r.add(l)
			want = append(want, l)
		} else {
			i := rand.N(len(want))
			gone := want[i]
			want = slices.Delete(want, i, i+1)
			if !r.remove(gone) || r.remove(gone) {
				t.Fatal("a connection is not removed exactly once")
			}
		}
		got := slices.Collect(r.all())
		slices.Reverse(got)
		if !slices.Equal(got, want) || r.len != len(want) {
			t.Fatalf("got %d connections, len %d, want %d", len(got), r.len, len(want))
		}
	}
}
