package document

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// A reader makes the tree of one document. The formats differ in how they find the
// values; the rules for a tree are the same for all.
type reader struct {
	ctx      context.Context
	origin   Origin // of the document
	path     []step // path of the value that is being read
	nodes    int
	muted    int // > 0: this part was read before, and its problems are known
	problems []Problem
	more     int // problems beyond maxProblems
}

// A step is a key or an index on the way to a value.
type step struct {
	key   string
	index int // -1 for a key
}

const (
	maxDepth    = 100                // more than any configuration needs, and few enough to be cheap
	maxNodes    = 3 * maxValues      // including the values that aliases repeat
	maxProblems = 500                // of one document; the rest is counted
	checkEvery  = 1 << 10            // nodes between two looks at the context
	standsTwice = "is written twice" // a duplicate key
)

var (
	errTooDeep = fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	errAliases = fmt.Errorf("its aliases make more than %d values of it", maxNodes)
)

// node makes the node of a value at a position. After an error the document cannot
// be read any further.
func (r *reader) node(line, col int) (*Node, error) {
	r.nodes++
	switch {
	case r.nodes > maxNodes:
		return nil, errAliases
	case len(r.path) > maxDepth:
		return nil, errTooDeep
	case r.nodes%checkEvery == 0 && r.ctx.Err() != nil:
		return nil, context.Cause(r.ctx)
	}
	n := &Node{At: r.origin}
	if line > 0 {
		n.At.Line, n.At.Col = line, col
	}
	return n, nil
}

// into reads a value one step further down.
func (r *reader) into(s step, read func() (*Node, error)) (*Node, error) {
	r.path = append(r.path, s)
	n, err := read()
	r.path = r.path[:len(r.path)-1]
	return n, err
}

func key(name string) step { return step{key: name, index: -1} }
func index(i int) step     { return step{index: i} }

// key returns the path as people write it: http.peers[0].port.
func (r *reader) key(last ...step) string {
	var b strings.Builder
	for _, s := range append(r.path[:len(r.path):len(r.path)], last...) {
		switch {
		case s.index >= 0:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case b.Len() > 0:
			b.WriteString("." + s.key)
		default:
			b.WriteString(s.key)
		}
	}
	return b.String()
}

// report records a problem.
func (r *reader) report(p Problem) {
	switch {
	case r.muted > 0:
	case len(r.problems) == maxProblems:
		r.more++
	default:
		r.problems = append(r.problems, p)
	}
}

// put adds a value to a table, at a position. A duplicate key is an error in every
// format, and must not hide other problems. So the first value counts, and of two
// tables, all keys of both; where they disagree does not matter, because nothing of
// the document takes effect.
func (r *reader) put(table *Node, name string, v *Node, line, col int) {
	first, ok := table.Table[name]
	if !ok {
		table.Table[name] = v
		return
	}
	r.duplicate(first, line, col, key(name))
	table.Table[name] = complete(first, v)
}

// duplicate reports that the key at the path, or one below it, is a duplicate.
func (r *reader) duplicate(first *Node, line, col int, last ...step) {
	r.report(Problem{Line: line, Col: col, Key: r.key(last...), Duplicate: true,
		Reason: standsTwice, Hint: fmt.Sprintf("it is at line %d, too", first.At.Line)})
}

// complete adds to the first value the keys that only the second has.
func complete(first, second *Node) *Node {
	if first.IsNull() {
		return second
	}
	if first.IsTable() && second.IsTable() {
		for k, v := range second.Table {
			if old, ok := first.Table[k]; ok {
				v = complete(old, v)
			}
			first.Table[k] = v
		}
	}
	return first
}
