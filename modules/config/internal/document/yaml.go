package document

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gracefulfx/graceful/internal/lazy"
)

// A yamlReader makes the tree of a YAML document from the nodes of the parser, not
// from the values of its decoder: those do not keep how keys and values are
// written, and decoding takes quadratic time and memory for duplicate keys.
type yamlReader struct {
	*reader
	open map[*yaml.Node]bool // the values with an anchor that are being read
}

// readYAML reads the first document of a file, and reports a second one.
func readYAML(r *reader, data []byte) (*Node, error) {
	var first, second yaml.Node
	dec := yaml.NewDecoder(&cancelled{r.ctx, bytes.NewReader(data)})
	if err := dec.Decode(&first); err != nil {
		return nil, err
	}
	root := first.Content[0]
	switch {
	case root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null":
		return nil, null(root.Line, root.Column)
	case root.Kind != yaml.MappingNode:
		return nil, &placed{Problem{Line: root.Line, Reason: "the file holds no settings in sections", Hint: writeASection}}
	}
	y := yamlReader{reader: r, open: map[*yaml.Node]bool{}}
	tree, err := y.value(root, 0, 0)
	if err != nil {
		return nil, err
	}
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.report(syntax(r.ctx, data, err))
	default:
		r.report(Problem{Line: second.Line, Col: second.Column, Reason: "a second document begins here; only one is read"})
	}
	return tree, nil
}

const writeASection = "write the name of a section and a colon, and below it, indented, its settings"

// cancelled is a reader that ends when its context has ended.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.Reader.Read(p)
}

// value reads the value at n. Its position is that of its key.
func (y *yamlReader) value(n *yaml.Node, line, col int) (*Node, error) {
	out, err := y.node(line, col)
	if err == nil {
		out.Anchored = n.Anchor != ""
	}
	switch {
	case err != nil:
		return nil, err
	case n.Kind == yaml.AliasNode:
		return y.alias(n, line, col)
	case foreignTag(n):
		y.reportTag(n)
		return out, nil
	}
	if n.Anchor != "" {
		y.open[n] = true
		defer delete(y.open, n)
	}
	switch n.Kind {
	case yaml.MappingNode:
		out.Table = make(map[string]*Node, len(n.Content)/2)
		return out, y.mapping(n, out)
	case yaml.SequenceNode:
		out.IsList, out.List = true, make([]*Node, 0, len(n.Content))
		for i, c := range n.Content {
			v, err := y.into(index(i), func() (*Node, error) { return y.value(c, c.Line, c.Column) })
			if err != nil {
				return nil, err
			}
			out.List = append(out.List, v)
		}
	default:
		y.scalar(n, out)
	}
	return out, nil
}

// alias reads the value of an anchor again: merging changes trees, so they must not
// share nodes. Problems of the value are reported at the anchor.
func (y *yamlReader) alias(n *yaml.Node, line, col int) (*Node, error) {
	if y.open[n.Alias] {
		y.report(Problem{Line: n.Line, Col: n.Column, Key: y.key(), Reason: "the anchor contains itself"})
		return y.node(line, col)
	}
	y.muted++
	out, err := y.value(n.Alias, line, col)
	y.muted--
	if err == nil {
		out.Anchored = false // it was meant
	}
	return out, err
}

// mapping reads the keys of a table. Keys that are merged into it (<<) give way to
// those that are written in it, and keep their positions.
func (y *yamlReader) mapping(n *yaml.Node, out *Node) error {
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		switch {
		case k.Kind != yaml.ScalarNode:
			y.report(Problem{Line: k.Line, Col: k.Column, Key: y.key(), Reason: "a key is text, not a list or a table"})
			continue
		case foreignTag(k):
			y.reportTag(k)
			continue
		case k.ShortTag() == "!!merge":
			if len(merged) > 0 {
				y.report(Problem{Line: k.Line, Col: k.Column, Key: y.key(), Duplicate: true, Reason: "<< " + standsTwice, Hint: "write a list: <<: [*a, *b]"})
			}
			merged = append(merged, v)
			continue
		}
		line, col := n.Content[i].Line, n.Content[i].Column
		at, below := line, v.Kind == yaml.ScalarNode && v.Line > line
		if below { // its position is there
			line, col = v.Line, v.Column
		}
		child, err := y.into(key(k.Value), func() (*Node, error) { return y.value(v, line, col) })
		if err != nil {
			return err
		}
		y.put(out, k.Value, child, at, n.Content[i].Column)
	}
	for _, m := range merged {
		if err := y.merge(m, out); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the keys that out does not have.
func (y *yamlReader) merge(n *yaml.Node, out *Node) error {
	sources := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		sources = n.Content
	}
	for _, s := range sources {
		v, err := y.value(s, s.Line, s.Column)
		switch {
		case err != nil:
			return err
		case !v.IsTable():
			y.report(Problem{Line: s.Line, Col: s.Column, Key: y.key(), Reason: "<< takes a table, or a list of tables"})
			continue
		}
		for k, c := range v.Table {
			if _, ok := out.Table[k]; !ok {
				out.Table[k] = c
			}
		}
	}
	return nil
}

// knownTags are tags that programs do something with. Another may be the beginning
// of a secret that is not in quotes, and is not repeated.
var knownTags = lazy.Regexp(`^!(?i:env|env_?var|secret|vault|include|import|file|ref|sub|getatt|join|input|reference|encrypted|var)$`)

func (y *yamlReader) reportTag(n *yaml.Node) {
	p := Problem{Line: n.Line, Col: n.Column, Key: y.key(), Reason: "begins with !, which makes a tag of its first word", Hint: "put it in quotes"}
	if knownTags().MatchString(n.Tag) {
		p.Reason, p.Hint = "the tag "+n.Tag+" means nothing here", "write the value itself, or set it by the environment"
	}
	y.report(p)
}

// foreignTag reports whether n has a tag that YAML does not define. !secret and
// !env are common in other programs; loading only the text after the tag would not
// be what was meant.
func foreignTag(n *yaml.Node) bool {
	switch tag := n.ShortTag(); tag {
	case "", "!", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!map", "!!seq", "!!merge":
		return false
	default:
		return !strings.HasPrefix(tag, "tag:yaml.org,2002:")
	}
}
