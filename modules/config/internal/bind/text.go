package bind

import (
	"fmt"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// This file reads lists and maps from the one line of text of an environment
// variable or a flag: JSON when it looks like JSON, else a,b,c and a=1,b=2. Blanks
// around an element do not count.

func listFromText(n *document.Node) (*document.Node, error) {
	text := strings.TrimSpace(n.Value.(string))
	if strings.HasPrefix(text, "[") {
		return document.FromJSON(text, n)
	}
	out := &document.Node{IsList: true, At: n.At}
	if text == "" {
		return out, nil
	}
	for _, part := range strings.Split(text, ",") {
		out.List = append(out.List, &document.Node{Value: strings.TrimSpace(part), At: n.At, Loose: true})
	}
	return out, nil
}

func mapFromText(n *document.Node) (*document.Node, error) {
	text := strings.TrimSpace(n.Value.(string))
	if strings.HasPrefix(text, "{") {
		return document.FromJSON(text, n)
	}
	out := &document.Node{Table: map[string]*document.Node{}, At: n.At}
	if text == "" {
		return out, nil
	}
	for _, part := range strings.Split(text, ",") {
		k, v, ok := strings.Cut(part, "=")
		if !ok {
			return n, fmt.Errorf("%q has no =", document.Shorten(strings.TrimSpace(part)))
		}
		out.Table[strings.TrimSpace(k)] = &document.Node{Value: strings.TrimSpace(v), At: n.At, Loose: true}
	}
	return out, nil
}
