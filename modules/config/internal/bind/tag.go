package bind

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A tag is one of those behind a field.
type tag struct{ name, value string }

// readTags takes the tag of a field apart. [reflect.StructTag.Get] passes over what
// is malformed, and all that follows, as if it were not there.
func readTags(f reflect.StructField) (tags []tag, err error) {
	for rest := strings.TrimSpace(string(f.Tag)); rest != ""; {
		name, after, ok := strings.Cut(rest, ":")
		quoted, qerr := strconv.QuotedPrefix(after)
		value, uerr := strconv.Unquote(quoted)
		if !ok || qerr != nil || uerr != nil || quoted[0] != '"' || name == "" || strings.ContainsAny(name, " \t\",;") {
			return tags, fmt.Errorf("field %s: the tag `%s` is malformed; write `config:\"...\"`, with a blank between two", f.Name, f.Tag)
		}
		for _, t := range tags {
			if t.name == name {
				return tags, fmt.Errorf("field %s: the tag %s stands twice", f.Name, name)
			}
		}
		tags = append(tags, tag{name, value})
		rest = after[len(quoted):]
		if rest != "" && rest[0] != ' ' {
			return tags, fmt.Errorf("field %s: the tag `%s` is malformed; write a blank between two", f.Name, f.Tag)
		}
		rest = strings.TrimSpace(rest)
	}
	return tags, nil
}
