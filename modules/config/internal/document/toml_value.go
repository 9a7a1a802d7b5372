package document

import (
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

// value reads the value of a key at a position.
func (t *tomlReader) value(v *unstable.Node, line, col int) (*Node, error) {
	switch v.Kind {
	case unstable.InlineTable:
		n, err := t.newTable(line, col, tomlTable{closed: true})
		if err != nil {
			return nil, err
		}
		depth, copied := len(t.path), t.copied
		t.copied = false
		for it := v.Children(); it.Next() && err == nil; {
			err = t.keyValue(it.Node(), n)
			t.path = t.path[:depth]
		}
		t.copied = copied
		return n, err
	case unstable.Array:
		n, err := t.node(line, col)
		if err != nil {
			return nil, err
		}
		n.IsList, n.List = true, []*Node{}
		for it := v.Children(); it.Next(); {
			e := it.Node()
			c, err := t.into(index(len(n.List)), func() (*Node, error) { return t.value(e, line, col) })
			if err != nil {
				return nil, err
			}
			n.List = append(n.List, c)
		}
		return n, nil
	}
	n, err := t.node(line, col)
	if err != nil {
		return nil, err
	}
	n.Raw = string(v.Data)
	ok := true
	switch v.Kind {
	case unstable.Bool:
		n.Value = n.Raw == "true"
	case unstable.Integer:
		n.Value, ok = tomlInteger(n.Raw)
	case unstable.Float:
		n.Value, ok = tomlFloat(n.Raw)
	case unstable.DateTime, unstable.LocalDateTime, unstable.LocalDate:
		n.Value, ok = tomlTime(n.Raw)
	default: // a text, or a time of day, which only a text could hold
		n.Value = n.Raw
	}
	if !ok {
		t.report(Problem{Line: line, Col: col, Key: t.key(), Reason: Shorten(n.Raw) + " is out of range"})
	}
	return n, nil
}

func tomlInteger(raw string) (any, bool) {
	text := strings.ReplaceAll(strings.TrimPrefix(raw, "+"), "_", "")
	base := 10
	if len(text) > 2 && text[0] == '0' { // 0x, 0o, 0b
		base = 0
	}
	i, err := strconv.ParseInt(text, base, 64)
	return i, err == nil
}

func tomlFloat(raw string) (any, bool) {
	f, err := strconv.ParseFloat(strings.ReplaceAll(raw, "_", ""), 64)
	return f, err == nil
}

func tomlTime(raw string) (any, bool) {
	at, ok := Time(raw)
	if !ok {
		return raw, false
	}
	return at, true
}

// Time reads a time as TOML writes it (RFC 3339; the T may be a blank). A time
// without a zone is in UTC, as in YAML, and one without an hour is the beginning of
// the day.
func Time(raw string) (time.Time, bool) {
	text := strings.ToUpper(strings.Replace(raw, " ", "T", 1))
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
