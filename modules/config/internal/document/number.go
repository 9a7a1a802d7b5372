package document

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/internal/lazy"
)

// A Huge is a number that is too large for every type that a parser has. It holds
// the text of the document.
type Huge string

var (
	wholeLiteral = lazy.Regexp(`^[-+]?(0|[1-9][0-9]*)$`)
	floatLiteral = lazy.Regexp(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	octalLiteral = lazy.Regexp(`^[-+]?0[0-9_]+$`)
)

// number restores the digits that a parser lost in a float64.
func number(v any, raw string) any {
	if _, ok := v.(float64); !ok || !wholeLiteral().MatchString(raw) {
		return v
	}
	if i, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(raw, 10, 64); err == nil {
		return u
	}
	return v
}

// isHuge reports whether a text is a number too large for a float64.
func isHuge(raw string) bool {
	if !floatLiteral().MatchString(raw) {
		return false
	}
	_, err := strconv.ParseFloat(raw, 64)
	return errors.Is(err, strconv.ErrRange)
}

// Octal reports whether the node is a number such as 010, which is 8 in YAML 1.1
// and 10 in YAML 1.2.
func (n *Node) Octal() bool { return octalLiteral().MatchString(n.Raw) }

// LosesDigits reports whether the node is a whole number whose last digits do not
// fit into a float64.
func (n *Node) LosesDigits() bool {
	f, ok := n.Value.(float64)
	return ok && wholeLiteral().MatchString(n.Raw) && strconv.FormatFloat(f, 'f', -1, 64) != strings.TrimPrefix(n.Raw, "+")
}
