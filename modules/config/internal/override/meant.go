package override

import (
	"strings"
	"unicode"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

// Meant returns what was probably meant by a variable that has made an entry: one
// of the declared variables, or another key of the map; "" if none is similar. Keys
// that differ in their digits are different on purpose.
func (s Sources) Meant(name string, e Entry, declared []string) string {
	above := s.Prefix + asVariable(strings.TrimSuffix(e.Key, e.Name))
	for _, d := range declared {
		if rest, ok := strings.CutPrefix(d, above); ok && bind.Nearest(strings.TrimPrefix(name, above), []string{rest}) != "" {
			return d
		}
	}
	letters := func(key string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return -1
			}
			return r
		}, key)
	}
	if near := bind.Nearest(e.Name, e.Beside); letters(near) != letters(e.Name) {
		return near
	}
	return ""
}
