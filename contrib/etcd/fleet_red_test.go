package etcd

import (
	"testing"

	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

// A document is the cause if an instance turns red after it, even before the
// outcome of its reload is known, but not if the instance was red before.
func TestRedIsBlamedOnTheDocument(t *testing.T) {
	green, red := reading{green: true}, reading{red: true, text: "it rains"}
	for name, tt := range map[string]struct {
		before, meanwhile, after reading
		want                     int64
	}{
		"red after it":                 {green, green, red, 7},
		"red before the outcome":       {green, red, red, 7},
		"red before it":                {red, red, red, 0},
		"green":                        {green, green, green, 0},
		"one answer is no red":         {green, green, reading{text: "it rains"}, 0},
		"red before it, then green":    {red, green, red, 7},
		"red meanwhile, green at last": {green, red, green, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fleet{seen: &picture{state: rollout.State{Phase: rollout.Rolling, Revision: 7}}}
			f.feels(green)
			f.feels(tt.before)
			f.taking = true
			f.feels(tt.meanwhile)
			f.taking, f.report.Revision = false, 7
			f.feels(tt.after)
			if got := f.report.Failed.Revision; got != tt.want {
				t.Errorf("got %d blamed, want %d", got, tt.want)
			}
		})
	}
}
