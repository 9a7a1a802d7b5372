package document

import (
	"errors"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A tomlReader makes the tree of a TOML document from its expressions. A document
// in which it finds nothing wrong is checked by the decoder as well.
type tomlReader struct {
	*reader
	lines  lines
	parser unstable.Parser
	tables map[*Node]*tomlTable
	root   *Node
	table  *Node // of the last header
	copied bool  // that header is a duplicate, so its keys may be, too
}

// A tomlTable says how a table was created, which decides what may be added to it.
type tomlTable struct {
	header bool // it has a header
	dotted bool // it was created by a dot in a key
	closed bool // it was written in one line
	tables bool // a list: each of its elements has a header
}

// maxDecoded is how long a document may be for the decoder, which searches a key
// among all others of its table, one by one.
const maxDecoded = 64 << 10

func readTOML(r *reader, data []byte) (*Node, error) {
	if tooDeeplyNested(data) {
		return nil, errTooDeep
	}
	root, err := r.node(0, 0)
	if err != nil {
		return nil, err
	}
	root.Table = map[string]*Node{}
	t := &tomlReader{reader: r, lines: linesOf(data), tables: map[*Node]*tomlTable{}, root: root, table: root}
	t.parser.Reset(data)
	for t.parser.NextExpression() {
		if err := t.expression(t.parser.Expression()); err != nil {
			return nil, err
		}
	}
	if err := t.parser.Error(); err != nil {
		return nil, t.syntax(err)
	}
	if len(r.problems) == 0 && len(data) <= maxDecoded {
		if err := decode("toml", data); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// syntax gives an error of the parser its position.
func (t *tomlReader) syntax(err error) error {
	var pe *unstable.ParserError
	if !errors.As(err, &pe) {
		return err
	}
	p := Problem{Reason: pe.Message, Err: err}
	if len(pe.Highlight) > 0 {
		p.Line, p.Col = t.lines.at(int(t.parser.Range(pe.Highlight).Offset))
	}
	return &placed{withArrayGap(t.parser.Data(), p)}
}

func (t *tomlReader) expression(e *unstable.Node) (err error) {
	switch e.Kind {
	case unstable.Table, unstable.ArrayTable:
		t.path, t.copied = t.path[:0], false
		t.table, err = t.header(e.Key(), e.Kind == unstable.ArrayTable)
	case unstable.KeyValue:
		depth := len(t.path)
		err = t.keyValue(e, t.table)
		t.path = t.path[:depth]
	}
	return err
}

// header finds or makes the table that a header names.
func (t *tomlReader) header(keys unstable.Iterator, list bool) (*Node, error) {
	table := t.root
	for keys.Next() {
		k := keys.Node()
		name := string(k.Data)
		line, col := t.place(k)
		last := keys.IsLast()
		t.path = append(t.path, key(name))
		next, ok := table.Table[name]
		var err error
		switch info := t.tables[next]; {
		case !ok && last && list:
			if next, err = t.list(line, col); err == nil {
				table.Table[name] = next
				next, err = t.element(next, line, col)
			}
		case !ok:
			if next, err = t.newTable(line, col, tomlTable{header: last}); err == nil {
				table.Table[name] = next
			}
		case next.IsList && info != nil && info.tables && last && list:
			next, err = t.element(next, line, col)
		case next.IsList && info != nil && info.tables && !last:
			next = next.List[len(next.List)-1]
			t.path = append(t.path, index(len(table.Table[name].List)-1))
		case !next.IsTable(), last && list, last && (info.header || info.dotted), info.closed:
			t.duplicate(next, line, col)
			if t.copied = true; !next.IsTable() { // its keys are read nevertheless
				next, err = t.newTable(line, col, tomlTable{})
			}
		case last:
			info.header = true
			next.At.Line, next.At.Col = line, col
		}
		if err != nil {
			return nil, err
		}
		table = next
	}
	return table, nil
}

func (t *tomlReader) newTable(line, col int, info tomlTable) (*Node, error) {
	n, err := t.node(line, col)
	if err == nil {
		n.Table = map[string]*Node{}
		t.tables[n] = &info
	}
	return n, err
}

func (t *tomlReader) list(line, col int) (*Node, error) {
	n, err := t.node(line, col)
	if err == nil {
		n.IsList = true
		t.tables[n] = &tomlTable{tables: true}
	}
	return n, err
}

// element adds a table to a list of tables.
func (t *tomlReader) element(list *Node, line, col int) (*Node, error) {
	n, err := t.newTable(line, col, tomlTable{header: true})
	if err == nil {
		t.path = append(t.path, index(len(list.List)))
		list.List = append(list.List, n)
	}
	return n, err
}

// place returns the position of a key.
func (t *tomlReader) place(k *unstable.Node) (line, col int) {
	return t.lines.at(int(k.Raw.Offset))
}

// keyValue reads a line, or a part of an inline table. Dots in its key create
// tables, to which only other dotted keys may add.
func (t *tomlReader) keyValue(e *unstable.Node, table *Node) error {
	for keys := e.Key(); keys.Next(); {
		k := keys.Node()
		name := string(k.Data)
		line, col := t.place(k)
		t.path = append(t.path, key(name))
		first, ok := table.Table[name]
		switch {
		case keys.IsLast():
			v, err := t.value(e.Value(), line, col)
			if err != nil {
				return err
			}
			if !ok {
				table.Table[name] = v
				return nil
			}
			if !t.copied {
				t.duplicate(first, line, col)
			}
			table.Table[name] = complete(first, v)
			return nil
		case !ok:
			n, err := t.newTable(line, col, tomlTable{dotted: true})
			if err != nil {
				return err
			}
			table.Table[name], table = n, n
		case !first.IsTable() || !t.tables[first].dotted && !t.copied:
			t.duplicate(first, line, col)
			return nil
		default:
			table = first
		}
	}
	return nil
}
