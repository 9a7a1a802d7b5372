package bind

import (
	"regexp"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

var placeholderText = regexp.MustCompile(`^\$\{[^{}]+\}$`)

// placeholder reports whether a value of a file is exactly ${NAME}: a program that
// expands variables was meant to read it.
func placeholder(n *document.Node) bool {
	text, ok := n.Value.(string)
	return ok && n.At.Kind == "file" && placeholderText.MatchString(text)
}
