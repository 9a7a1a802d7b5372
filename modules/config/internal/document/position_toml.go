package document

import (
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlPositions finds where the keys of a TOML file stand. The table headers set
// the path, [[x]] counts elements.
func tomlPositions(data []byte, ms positions) {
	// The parser calls itself unstable: lines in messages are not worth a crash.
	defer func() { _ = recover() }()
	t := tomlWalker{positions: ms, lines: linesOf(data), count: map[string]int{}}
	t.walk(data, func(*unstable.Node, string) {})
}

type tomlWalker struct {
	positions positions
	lines     lines
	count     map[string]int // elements of each list of tables so far
}

// walk marks what is in a file, and calls visit with each expression and its path.
func (t *tomlWalker) walk(data []byte, visit func(e *unstable.Node, path string)) {
	p := unstable.Parser{}
	p.Reset(data)
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			table = t.keys(e.Key(), "")
			visit(e, table)
		case unstable.ArrayTable:
			table = t.keys(e.Key(), "")
			visit(e, table)
			i := sep + strconv.Itoa(t.count[table])
			t.count[table]++
			t.positions[table+i] = t.positions[table]
			table += i
		case unstable.KeyValue:
			at := t.keys(e.Key(), table)
			visit(e, at)
			t.value(e.Value(), at)
		}
	}
}

// keys marks every part of a dotted key. A part that names a list of tables
// stands for its last element.
func (t *tomlWalker) keys(keys unstable.Iterator, path string) string {
	for keys.Next() {
		k := keys.Node()
		path += sep + string(k.Data)
		if _, ok := t.positions[path]; !ok || keys.IsLast() {
			t.positions[path] = t.lines.position(int(k.Raw.Offset))
		}
		if n := t.count[path]; n > 0 && !keys.IsLast() {
			path += sep + strconv.Itoa(n-1)
		}
	}
	return path
}

func (t *tomlWalker) value(v *unstable.Node, at string) {
	switch v.Kind {
	case unstable.Integer, unstable.Float, unstable.Bool:
		m := t.positions[at]
		m.raw = strings.TrimSpace(string(v.Data))
		t.positions[at] = m
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			kv := it.Node()
			t.value(kv.Value(), t.keys(kv.Key(), at))
		}
	case unstable.Array:
		i := 0
		for it := v.Children(); it.Next(); i++ {
			elem := at + sep + strconv.Itoa(i)
			t.positions[elem] = t.positions[at]
			t.value(it.Node(), elem)
		}
	}
}
