// Package stats has the few statistics that noisy measurements allow: medians,
// quantiles and the spread, never a mean.
package stats

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Number is what can be measured.
type Number interface {
	~int | ~int64 | ~float64
}

// Quantile returns the smallest value that at least the share q of the values
// does not exceed. It is 0 without values. The values need not be sorted.
func Quantile[N Number](values []N, q float64) N {
	if len(values) == 0 {
		return 0
	}
	sorted := values
	if !slices.IsSorted(values) {
		sorted = slices.Sorted(slices.Values(values))
	}
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// Median is the middle value, or the mean of the two middle ones.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	m := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[m]
	}
	return (sorted[m-1] + sorted[m]) / 2
}

// Spread is the lowest and the highest value.
func Spread(values []float64) (lo, hi float64) {
	if len(values) == 0 {
		return 0, 0
	}
	return slices.Min(values), slices.Max(values)
}

// Ratios divides pairwise: values that were measured side by side are compared, so
// that a slow minute slows both.
func Ratios(of, to []float64) []float64 {
	var r []float64
	for i := range min(len(of), len(to)) {
		if to[i] != 0 {
			r = append(r, of[i]/to[i])
		}
	}
	return r
}

// Text writes a number with three significant digits, whole numbers whole.
func Text(v float64) string {
	abs := math.Abs(v)
	switch {
	case v == math.Trunc(v) && abs < 1e6:
		return fmt.Sprintf("%.0f", v)
	case abs >= 1e6:
		return fmt.Sprintf("%.3gM", v/1e6)
	case abs >= 100:
		return fmt.Sprintf("%.0f", v)
	case abs >= 10:
		return fmt.Sprintf("%.1f", v)
	case abs >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// Interval is where the median lies with a probability of 95 %, by the
// bootstrap: the medians of many samples drawn from the values, with
// repetition. It is the same for the same values.
func Interval(values []float64) (lo, hi float64) {
	if len(values) == 0 {
		return 0, 0
	}
	draw := rand.New(rand.NewPCG(1, 2))
	medians := make([]float64, 2000)
	sample := make([]float64, len(values))
	for i := range medians {
		for j := range sample {
			sample[j] = values[draw.IntN(len(values))]
		}
		medians[i] = Median(sample)
	}
	slices.Sort(medians)
	return Quantile(medians, 0.025), Quantile(medians, 0.975)
}
