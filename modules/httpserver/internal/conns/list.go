package conns

import "iter"

// list is a list of connections that hold its links themselves, so that adding and
// removing them costs next to nothing. The mutex of the Set guards it.
type list struct {
	first *Tracked
	len   int
}

func (l *list) add(t *Tracked) {
	t.links = links{next: l.first}
	if l.first != nil {
		l.first.links.prev = t
	}
	l.first = t
	l.len++
}

// remove removes t, and reports whether it was there.
func (l *list) remove(t *Tracked) bool {
	k := t.links
	if k.prev == nil && l.first != t {
		return false
	}
	if k.next != nil {
		k.next.links.prev = k.prev
	}
	if k.prev != nil {
		k.prev.links.next = k.next
	} else {
		l.first = k.next
	}
	t.links = links{}
	l.len--
	return true
}

// all returns the connections. None may be added or removed during the iteration.
func (l *list) all() iter.Seq[*Tracked] {
	return func(yield func(*Tracked) bool) {
		for t := l.first; t != nil; t = t.links.next {
			if !yield(t) {
				return
			}
		}
	}
}
