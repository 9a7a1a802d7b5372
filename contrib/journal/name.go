package journal

import (
	"errors"
	"slices"
	"strings"
)

var errNoObject = errors.New("no JSON object")

// longest is the most bytes that a name may have (journal_field_valid of systemd).
const longest = 64

// reserved reports whether a name means something to the journal, or is one that
// this package sets itself (systemd.journal-fields(7)).
func reserved(name string) bool {
	switch name {
	case "PRIORITY", "ERRNO", "INVOCATION_ID", "USER_INVOCATION_ID", "DOCUMENTATION", "TID", "UNIT", "USER_UNIT", "LOGGER", "STACK":
		return true
	}
	begins := func(with string) bool { return strings.HasPrefix(name, with) }
	return slices.ContainsFunc([]string{"MESSAGE", "CODE_", "SYSLOG_", "COREDUMP_", "OBJECT_"}, begins)
}

// nameOf returns the name of a field in the journal: capitals, digits and
// underscores, beginning with a letter.
func nameOf(key string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, key)
	name = strings.TrimLeft(name, "_")
	if name == "" || name[0] <= '9' || reserved(name) {
		name = "FIELD_" + name
	}
	return name[:min(len(name), longest)]
}
