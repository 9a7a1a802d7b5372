//go:build !race

// The race detector allocates, and makes pools forget.

package httpserver

import (
	"math"
	"net/http"
	"runtime"
	"testing"
)

// A request costs no allocation that bare net/http does not make. What else the
// process does meanwhile allocates, too, and so does a pool that a collection has
// emptied: so each side is measured several times, in turn, and its least counts.
func TestRequestAllocatesNoMoreThanBareNetHTTP(t *testing.T) {
	const rounds, slack = 8, 0.1 // per request: a goroutine of the runtime's may have begun
	ask, least := map[string]func() float64{}, map[string]float64{}
	for _, side := range sides {
		a := newAsker(t, side.serve(t, http.HandlerFunc(hello)))
		ask[side.name] = func() float64 { return allocations(t, a) }
		least[side.name] = math.Inf(1)
	}
	for range rounds {
		for _, side := range sides {
			least[side.name] = min(least[side.name], ask[side.name]())
		}
	}
	if theirs, ours := least[sides[0].name], least[sides[1].name]; ours > theirs+slack {
		t.Errorf("got %.2f allocations per request, want %.2f as with net/http", ours, theirs)
	}
}

// allocations returns how many a request makes, of both sides of the connection.
func allocations(t *testing.T, a *asker) float64 {
	t.Helper()
	const requests = 500
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range requests {
		if err := a.ask(); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / requests
}
