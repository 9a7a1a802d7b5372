package stall

import "testing"

// A wait that is found in each of Scans scans has stalled; a new wait counts from
// the beginning.
func TestWaitThatOutlastsTheScansHasStalled(t *testing.T) {
	var w Wait
	for round := range 2 {
		if w.Waits() || w.Stalled() {
			t.Fatalf("round %d: nothing waits", round)
		}
		w.Begin()
		for i := range Scans - 1 {
			if w.Stalled() {
				t.Fatalf("round %d: stalled at scan %d", round, i+1)
			}
		}
		if !w.Stalled() {
			t.Errorf("round %d: not stalled after %d scans", round, Scans)
		}
		w.End()
	}
}

// A client that acknowledges anything makes progress.
func TestUnackedBytesStallWithoutProgress(t *testing.T) {
	var u Unacked
	acked := uint64(0)
	for range 3 * Scans {
		acked++
		if u.Stalled(true, acked) {
			t.Fatal("stalled in spite of progress")
		}
	}
	stalledAt := 0
	for i := 1; i <= Scans && stalledAt == 0; i++ {
		if u.Stalled(true, acked) {
			stalledAt = i
		}
	}
	if stalledAt != Scans {
		t.Errorf("stalled at scan %d, want %d", stalledAt, Scans)
	}
	if u.Stalled(false, acked) {
		t.Error("stalled with nothing on its way")
	}
}
