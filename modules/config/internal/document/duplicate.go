package document

import (
	"fmt"
	"strconv"
	"strings"
)

// A duplicate key is an error in every format, and must not hide what else is
// wrong in the file. So the first one stands, and of a table, whatever
// the second has beside; where they disagree cannot matter, because nothing of
// the file comes into force.

// duplicateKey says that the key at a path stands at here, too.
func duplicateKey(path string, first, here position) error {
	return &placed{Problem{Line: here.line, Col: here.col, Key: keyOf(path), Duplicate: true,
		Reason: "stands twice", Hint: fmt.Sprintf("it is at line %d, too", first.line)}}
}

// keyOf writes the path of a mark as people do: http.peers[0].port.
func keyOf(path string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(path, sep), sep) {
		switch _, err := strconv.Atoi(part); {
		case err == nil && b.Len() > 0:
			b.WriteString("[" + part + "]")
		case b.Len() > 0:
			b.WriteString("." + part)
		default:
			b.WriteString(part)
		}
	}
	return b.String()
}

// merge completes the value that stands first with that which stands second.
func merge(first, second any) any {
	if first == nil {
		return second
	}
	a, ok := first.(map[string]any)
	b, too := second.(map[string]any)
	if !ok || !too {
		return first
	}
	for k, v := range b {
		a[k] = merge(a[k], v)
	}
	return a
}

// add does that for their marks.
func (ms positions) add(more positions) {
	for path, m := range more {
		if _, ok := ms[path]; !ok {
			ms[path] = m
		}
	}
}
