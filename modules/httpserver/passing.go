package httpserver

import (
	"slices"
	"weak"
)

// passing is a list that keeps nothing alive: what nobody else needs any more drops out.
type passing[T any] []weak.Pointer[T]

func (p *passing[T]) add(v *T) {
	if len(*p) == cap(*p) { // before it grows
		*p = slices.DeleteFunc(*p, func(w weak.Pointer[T]) bool { return w.Value() == nil })
	}
	*p = append(*p, weak.Make(v))
}

// all are those that are still there.
func (p passing[T]) all() (list []*T) {
	for _, w := range p {
		if v := w.Value(); v != nil {
			list = append(list, v)
		}
	}
	return list
}
