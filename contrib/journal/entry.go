package journal

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/coreos/go-systemd/v22/journal"
)

// entry is a line of the log as the journal stores it.
type entry struct {
	message  string
	priority journal.Priority
	fields   map[string]string
}

// parse reads a line of the format json: a level, a time, perhaps the names of
// logger and caller, the message, fields in their order, perhaps a stack. Any other
// line is a message.
func parse(line []byte) entry {
	e := entry{priority: journal.PriInfo, fields: map[string]string{}}
	members, err := membersOf(line)
	if err != nil {
		e.message = strings.TrimSuffix(string(line), "\n")
		return e
	}
	var text strings.Builder
	own := true // a field may have the name of one of these
	for _, m := range members {
		switch value := textOf(m.value); {
		case own && m.key == "level":
			e.priority = priorityOf(value)
		case own && m.key == "time": // the journal has its own
		case own && m.key == "logger":
			e.fields["LOGGER"] = value
		case own && m.key == "caller":
			e.fields["CODE_FILE"], e.fields["CODE_LINE"], _ = strings.Cut(value, ":")
		case own && m.key == "msg":
			text.WriteString(value)
			own = false
		case m.key == "stack":
			e.fields["STACK"] = value
		default:
			text.WriteString(" " + m.key + "=" + plain(value, m.value))
			e.add(m.key, m.value)
		}
	}
	e.message = text.String()
	return e
}

// add adds a field, or each member of one that is an object.
func (e *entry) add(key string, value json.RawMessage) {
	if members, err := membersOf(value); err == nil {
		for _, m := range members {
			e.add(key+"_"+m.key, m.value)
		}
		return
	}
	e.fields[nameOf(key)] = textOf(value)
}

// member is one of a JSON object.
type member struct {
	key   string
	value json.RawMessage
}

// membersOf returns the members of an object in their order. Anything else is an
// error.
func membersOf(object []byte) (all []member, err error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, errNoObject
	}
	for d.More() {
		var m member
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		m.key, _ = key.(string)
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	_, err = d.Token()
	return all, err
}

// textOf returns a string without its quotes, and anything else as it is.
func textOf(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil && value[0] == '"' {
		return s
	}
	return string(value)
}

// plain returns a value as a message shows it: quoted if its end is unclear.
func plain(text string, value json.RawMessage) string {
	if text == "" || strings.ContainsAny(text, " \t\n\"=") {
		return string(value)
	}
	return text
}

func priorityOf(level string) journal.Priority {
	switch level {
	case "debug":
		return journal.PriDebug
	case "info":
		return journal.PriInfo
	case "warn":
		return journal.PriWarning
	case "error":
		return journal.PriErr
	case "dpanic", "panic", "fatal":
		return journal.PriCrit
	}
	return journal.PriDebug // below it there is room for trace levels
}
