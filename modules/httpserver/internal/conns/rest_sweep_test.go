package conns

import (
	"testing"
	"time"
)

func TestPauseBetweenSweeps(t *testing.T) {
	for name, c := range map[string]struct{ next, took, want time.Duration }{
		"few connections":                  {time.Second, time.Millisecond, time.Second},
		"a hundredth of the time":          {10 * time.Millisecond, time.Millisecond, 100 * time.Millisecond},
		"it waited for a processor":        {2500 * time.Millisecond, time.Second, 5 * time.Second},
		"it waited, and little is allowed": {time.Millisecond, time.Second, time.Second},
		"at once":                          {0, 0, restsAtOnce},
	} {
		if got := pause(c.next, c.took); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
