// Package weaklist has a list that keeps nothing alive. It exists because servers
// that have been replaced, and records that a pool may drop, must be found as long
// as other code needs them, but no longer.
package weaklist

import (
	"slices"
	"weak"
)

// List drops a value that nothing else holds any more. It is not safe for
// concurrent use.
type List[T any] []weak.Pointer[T]

// Add adds v.
func (l *List[T]) Add(v *T) {
	if len(*l) == cap(*l) {
		*l = slices.DeleteFunc(*l, func(w weak.Pointer[T]) bool { return w.Value() == nil })
		*l = slices.Grow(*l, len(*l)+1) // doubles, so that the dead are rarely searched for
	}
	*l = append(*l, weak.Make(v))
}

// All returns the values that are alive.
func (l List[T]) All() (alive []*T) {
	for _, w := range l {
		if v := w.Value(); v != nil {
			alive = append(alive, v)
		}
	}
	return alive
}
