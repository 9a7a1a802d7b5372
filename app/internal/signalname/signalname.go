// Package signalname knows signals by the names that operators use.
package signalname

import "os"

// Of returns "SIGTERM", not Go's "terminated". A signal that it does not know keeps
// Go's text.
func Of(s os.Signal) string { return of(s) }
