package load

import (
	"slices"
	"time"
)

// Around splits the latencies of a run: near are those of requests that were
// answered within d of one of the moments, steady all others. Both ascend.
func (r *Result) Around(moments []time.Time, d time.Duration) (near, steady []time.Duration) {
	for _, s := range r.Samples {
		at := r.Began.Add(s.At)
		if slices.ContainsFunc(moments, func(m time.Time) bool { return at.Sub(m).Abs() <= d }) {
			near = append(near, s.Latency)
		} else {
			steady = append(steady, s.Latency)
		}
	}
	slices.Sort(near)
	slices.Sort(steady)
	return near, steady
}

// Profile lays the run over itself at the moments and returns, for every step
// of time from -d to d, the latencies of the requests answered in it.
func (r *Result) Profile(moments []time.Time, d, step time.Duration) [][]time.Duration {
	profile := make([][]time.Duration, 2*d/step)
	for _, s := range r.Samples {
		at := r.Began.Add(s.At)
		for _, m := range moments {
			if i := int((at.Sub(m) + d) / step); at.Sub(m) >= -d && i < len(profile) {
				profile[i] = append(profile[i], s.Latency)
			}
		}
	}
	return profile
}
