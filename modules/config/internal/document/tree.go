package document

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A position is where a value stands in its file and how it is written there.
type position struct {
	line, col int
	raw       string
}

// positions holds the mark of every value, by its path: keys and indices, each
// with sep before it.
type positions map[string]position

const sep = "\x00"

// treeOf turns what a codec made of a file into nodes with their origin. A
// value without a mark (below a YAML alias, for one) is said to stand where the
// table around it stands.
func treeOf(v any, ms positions, path string, around Origin) *Node {
	n := &Node{At: around}
	if m, ok := ms[path]; ok {
		n.At.Line, n.At.Col, n.Raw = m.line, m.col, m.raw
	}
	switch x := v.(type) {
	case map[string]any:
		n.Table = make(map[string]*Node, len(x))
		for k, c := range x {
			n.Table[k] = treeOf(c, ms, path+sep+k, n.At)
		}
	case map[any]any: // YAML with keys that are not text
		n.Table = make(map[string]*Node, len(x))
		for k, c := range x {
			key := fmt.Sprint(k)
			n.Table[key] = treeOf(c, ms, path+sep+key, n.At)
		}
	case []any:
		n.IsList = true
		n.List = make([]*Node, len(x))
		for i, c := range x {
			n.List[i] = treeOf(c, ms, path+sep+strconv.Itoa(i), n.At)
		}
	default:
		n.Value = number(v, n.Raw)
		if n.Raw == "" && v != nil {
			n.Raw = fmt.Sprint(n.Value)
		}
	}
	return n
}

var wholeLiteral = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// number gives back the digits that encoding/json lost in a float64.
func number(v any, raw string) any {
	if j, ok := v.(json.Number); ok {
		raw = j.String()
		f, err := j.Float64()
		if err != nil {
			return raw
		}
		v = f
	}
	if _, ok := v.(float64); !ok || !wholeLiteral.MatchString(raw) {
		return v
	}
	if i, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(strings.TrimPrefix(raw, "+"), 10, 64); err == nil {
		return u
	}
	return v
}
