package load

import (
	"slices"
	"testing"
	"time"
)

func run(latencies ...time.Duration) *Result {
	r := &Result{Began: time.Unix(0, 0)}
	for i, l := range latencies {
		r.Samples = append(r.Samples, Sample{time.Duration(i) * time.Second, l})
	}
	return r
}

func TestAroundSplitsAtTheRestart(t *testing.T) {
	r := run(1, 2, 9, 8, 3)
	near, steady := r.Around([]time.Time{time.Unix(2, 5e8)}, 500*time.Millisecond)
	if want := []time.Duration{8, 9}; !slices.Equal(near, want) {
		t.Errorf("near: got %v, want %v", near, want)
	}
	if want := []time.Duration{1, 2, 3}; !slices.Equal(steady, want) {
		t.Errorf("steady: got %v, want %v", steady, want)
	}
}

func TestProfileLaysRestartsOverOneAnother(t *testing.T) {
	r := run(1, 2, 9, 8, 3)
	got := r.Profile([]time.Time{time.Unix(1, 0), time.Unix(3, 0)}, time.Second, time.Second)
	want := [][]time.Duration{{1, 9}, {2, 8}} // [-1s,0) and [0,1s)
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFailureReadsWell(t *testing.T) {
	if got, want := (Failure{Before, RST, true}).String(), "before first byte, rst, new"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
