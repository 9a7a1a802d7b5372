//go:build !race

// The race detector allocates, and makes pools drop values.

package httpserver

import (
	"net/http"
	"testing"
)

// A request costs no allocation beyond those of bare net/http.
func TestRequestAllocatesNoMoreThanBareNetHTTP(t *testing.T) {
	var allocs [2]float64
	for i, side := range sides {
		a := newAsker(t, side.serve(t, http.HandlerFunc(hello)))
		allocs[i] = testing.AllocsPerRun(2000, func() {
			if err := a.ask(); err != nil {
				t.Fatal(err)
			}
		})
	}
	if allocs[1] > allocs[0] {
		t.Errorf("got %v allocations per request, want %v as with net/http", allocs[1], allocs[0])
	}
}
