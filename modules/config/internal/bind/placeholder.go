package bind

import (
	"github.com/gracefulfx/graceful/internal/lazy"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

var placeholderText = lazy.Regexp(`^\$\{[^{}]+\}$`)

// placeholder reports whether a value of a file is exactly ${NAME}: it was meant
// for a program that expands variables.
func placeholder(n *document.Node) bool {
	text, ok := n.Value.(string)
	return ok && n.At.Kind == "file" && placeholderText().MatchString(text)
}

func (d *Decoder) placeholder(n *document.Node, key string) {
	d.Fail(n, key, "is a placeholder, and nothing here replaces it", "write the value, or set it by the environment", nil)
}
