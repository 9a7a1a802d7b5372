package document

import (
	"regexp"
	"strconv"
)

var wholeLiteral = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// number gives back the digits that a parser lost in a float64.
func number(v any, raw string) any {
	if _, ok := v.(float64); !ok || !wholeLiteral.MatchString(raw) {
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
