package conns

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestListHoldsWhatWasAddedAndNotRemoved(t *testing.T) {
	var l list
	var want []*Tracked
	for range 1000 {
		if len(want) == 0 || rand.N(5) > 1 {
			c := &Tracked{}
			l.add(c)
			want = append(want, c)
		} else {
			i := rand.N(len(want))
			gone := want[i]
			want = slices.Delete(want, i, i+1)
			if !l.remove(gone) || l.remove(gone) {
				t.Fatal("a connection is not removed exactly once")
			}
		}
		got := slices.Collect(l.all())
		slices.Reverse(got)
		if !slices.Equal(got, want) || l.len != len(want) {
			t.Fatalf("got %d connections, len %d, want %d", len(got), l.len, len(want))
		}
	}
}
