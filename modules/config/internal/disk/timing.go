package disk

import "time"

// Timing says how long to wait for a file that is being saved.
type Timing struct {
	Quiet time.Duration // a file that held still for so long is complete
	Still time.Duration // one that is rewritten in its place, too
	Grace time.Duration // so long a file may be missing or empty
	Limit time.Duration // after so long of constant change we give up
}

// Brief, Quiet and Still are the timing of a reload and of the watch.
const (
	Brief = 8 * time.Millisecond   // what was renamed to its name beside it is complete already
	Quiet = 50 * time.Millisecond  // a file that is new and not written to is complete after it
	Still = 200 * time.Millisecond // after a write into a file that has its name already
)

// A start waits for nothing; a wrong file must be reported at once.
var (
	AtStart  = Timing{}
	AtReload = Timing{Quiet: Quiet, Still: Still, Grace: time.Second, Limit: 5 * time.Second}
)
