package httpserver

import "iter"

// roll is a list of connections that are part of it themselves, so that coming and going costs next to nothing. The
// mutex of the connSet guards it.
type roll struct {
	first *life
	len   int
}

// place is where a life stands on the roll.
type place struct {
	next, prev *life
	listed     bool
}

func (r *roll) add(l *life) {
	l.place = place{next: r.first, listed: true}
	if r.first != nil {
		r.first.place.prev = l
	}
	r.first = l
	r.len++
}

// remove reports whether l was there.
func (r *roll) remove(l *life) bool {
	p := l.place
	if !p.listed {
		return false
	}
	if p.next != nil {
		p.next.place.prev = p.prev
	}
	if p.prev != nil {
		p.prev.place.next = p.next
	} else {
		r.first = p.next
	}
	l.place = place{}
	r.len--
	return true
}

// all are the connections. None may be added or removed meanwhile.
func (r *roll) all() iter.Seq[*life] {
	return func(yield func(*life) bool) {
		for l := r.first; l != nil; l = l.place.next {
			if !yield(l) {
				return
			}
		}
	}
}
