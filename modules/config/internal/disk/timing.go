package disk

import "time"

// A Timing says how long to wait for a file that is being saved.
type Timing struct {
	Quiet time.Duration // a file that has not changed for this long is complete
	Still time.Duration // the same, for a file that is rewritten in place
	Fresh time.Duration // the same, for a file that replaced the known one and that no process has open for writing
	Grace time.Duration // how long a file may be missing or empty
	Limit time.Duration // after this long of constant change reading gives up
}

// Brief, Quiet and Still are the times of a reload and of the watch.
const (
	Brief = 8 * time.Millisecond   // for a file that was renamed from one beside it, which is complete
	Quiet = 50 * time.Millisecond  // for a file that is new and not written to
	Still = 200 * time.Millisecond // for a file that is written in place
)

// A start does not wait: an invalid file must be reported at once.
var (
	AtStart  = Timing{}
	AtReload = Timing{Quiet: Quiet, Still: Still, Grace: time.Second, Limit: 5 * time.Second}
)
