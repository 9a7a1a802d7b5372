package document

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// scalar sets the value and the text of the scalar at n.
func (y *yamlReader) scalar(n *yaml.Node, out *Node) {
	out.Raw = n.Value
	switch tag := n.ShortTag(); tag {
	case "!!null":
		out.Raw = ""
	case "!!int", "!!float", "!!bool", "!!timestamp", "!!binary":
		if i, err := strconv.Atoi(n.Value); err == nil && tag == "!!int" && plainDecimal(n.Value) {
			out.Value = i
			return
		}
		var v any
		if err := n.Decode(&v); err != nil {
			y.report(Problem{Line: n.Line, Col: n.Column, Key: y.key(), Reason: "does not fit its tag " + tag})
			return
		}
		out.Value = number(v, n.Value)
		if text, ok := out.Value.(string); ok { // binary
			out.Raw, out.Binary = text, true
		}
	default:
		out.Value = n.Value
		if n.Style == 0 && isHuge(n.Value) {
			out.Value = Huge(n.Value)
		}
	}
}

// plainDecimal reports whether a number is written in the unambiguous way: digits
// without a leading zero, and perhaps a minus.
func plainDecimal(s string) bool {
	if len(s) > 1 && s[0] == '-' {
		s = s[1:]
	}
	return s == "0" || s[0] >= '1' && s[0] <= '9'
}
