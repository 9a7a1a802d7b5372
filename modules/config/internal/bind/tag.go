package bind

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A tag is one of the tags of a field.
type tag struct{ name, value string }

// readTags splits the tag of a field. [reflect.StructTag.Get] silently ignores a
// malformed part, and all that follows it.
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
				return tags, fmt.Errorf("field %s: the tag %s is written twice", f.Name, name)
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
