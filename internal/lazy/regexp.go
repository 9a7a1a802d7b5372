// Package lazy makes what costs time only when it is used: most programs start, and
// end, without it.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that returns expr compiled. It compiles it when it is
// first called, and panics then if expr is wrong; any goroutine may call it.
func Regexp(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
