package bind

import (
	"fmt"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// joined returns the text of a list, for a setting tagged list:"join", and anything
// else as it is.
func (d *Decoder) joined(n *document.Node, key string) (*document.Node, bool) {
	if text, ok := n.Value.(string); ok && n.Loose && strings.HasPrefix(strings.TrimSpace(text), `["`) {
		list, err := document.FromJSON(text, n)
		if err != nil {
			d.Fail(n, key, fmt.Sprintf("%s is not a list: %v", n.Show(), err), "write a,b,c or a JSON list", err)
			return n, false
		}
		n = list
	}
	if !n.IsList {
		return n, true
	}
	var parts []string
	for i, e := range n.List {
		text, ok := e.Value.(string)
		switch {
		case !ok:
			d.Fail(e, fmt.Sprintf("%s[%d]", key, i), "expected text, found "+e.Show(), `put it in quotes`, nil)
			return n, false
		case strings.TrimSpace(text) == "" || strings.Contains(text, ","):
			d.Fail(e, fmt.Sprintf("%s[%d]", key, i), "expected text without a comma, found "+e.Show(), "", nil)
			return n, false
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		d.Fail(n, key, "the list is empty", "write one element, or leave the setting out", nil)
		return n, false
	}
	return &document.Node{Value: strings.Join(parts, ", "), Raw: strings.Join(parts, ", "), At: n.At}, true
}
