package stats

import (
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 2, 100}, 3},
	}
	for _, tt := range tests {
		if got := Median(tt.values); got != tt.want {
			t.Errorf("Median(%v): got %v, want %v", tt.values, got, tt.want)
		}
	}
}

func TestMedianDoesNotSortItsArgument(t *testing.T) {
	values := []float64{3, 1, 2}
	Median(values)
	Quantile(values, 0.5)
	if want := []float64{3, 1, 2}; !slices.Equal(values, want) {
		t.Errorf("got %v, want %v", values, want)
	}
}

func TestQuantile(t *testing.T) {
	thousand := make([]int, 1000)
	for i := range thousand {
		thousand[i] = 1000 - i
	}
	tests := []struct {
		values []int
		q      float64
		want   int
	}{
		{nil, 0.5, 0},
		{[]int{7}, 0.999, 7},
		{[]int{7}, 0, 7},
		{thousand, 0.999, 999},
		{thousand, 1, 1000},
		{thousand, 0.5, 500},
		{[]int{1, 2}, 0.5, 1},
	}
	for _, tt := range tests {
		if got := Quantile(tt.values, tt.q); got != tt.want {
			t.Errorf("Quantile(%d values, %v): got %v, want %v", len(tt.values), tt.q, got, tt.want)
		}
	}
}

func TestRatiosArePairwise(t *testing.T) {
	got := Ratios([]float64{2, 30, 5, 1}, []float64{1, 10, 0})
	if want := []float64{2, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestText(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 12: "12", 0.123: "0.12", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 999999: "999999", 12345678: "12.3M",
	} {
		if got := Text(v); got != want {
			t.Errorf("Text(%v): got %q, want %q", v, got, want)
		}
	}
}

func TestIntervalHoldsTheMedian(t *testing.T) {
	var values []float64
	for i := range 101 {
		values = append(values, float64(i))
	}
	lo, hi := Interval(values)
	if lo >= 50 || hi <= 50 || lo < 30 || hi > 70 {
		t.Errorf("got %v to %v, want a part of 30 to 70 around 50", lo, hi)
	}
	if lo, hi := Interval([]float64{7, 7, 7}); lo != 7 || hi != 7 {
		t.Errorf("got %v to %v of sevens", lo, hi)
	}
	if lo, hi := Interval(nil); lo != 0 || hi != 0 {
		t.Errorf("got %v to %v of nothing", lo, hi)
	}
}
