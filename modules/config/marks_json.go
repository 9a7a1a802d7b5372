package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// jsonMarks finds where the keys and elements of a JSON file stand. Its error
// is every key that stands twice: encoding/json takes the last in silence.
func jsonMarks(data []byte, ms marks) (err error) {
	defer func() { _ = recover() }() // of a file that could not be parsed after all
	j := jsonMarker{marks: ms, data: data, lines: linesOf(data), dec: json.NewDecoder(bytes.NewReader(data))}
	j.dec.UseNumber()
	j.value("")
	return errors.Join(j.twice...)
}

type jsonMarker struct {
	marks marks
	data  []byte
	lines lines
	dec   *json.Decoder
	twice []error
}

// next reads a token and where it begins.
func (j *jsonMarker) next() (json.Token, mark) {
	at := int(j.dec.InputOffset())
	for at < len(j.data) && strings.IndexByte(" \t\r\n,:", j.data[at]) >= 0 {
		at++
	}
	t, err := j.dec.Token()
	if err != nil {
		panic(err)
	}
	m := j.lines.mark(at)
	switch v := t.(type) {
	case json.Number:
		m.raw = v.String()
	case bool:
		m.raw = strconv.FormatBool(v)
	}
	return t, m
}

// value marks what is at the path and below, and returns its own mark.
func (j *jsonMarker) value(path string) mark {
	t, here := j.next()
	switch t {
	case json.Delim('{'):
		for seen := (marks{}); j.dec.More(); {
			k, at := j.next()
			key, _ := k.(string)
			if first, ok := seen[key]; ok {
				j.twice = append(j.twice, &placed{line: at.line, col: at.col,
					reason: fmt.Sprintf("key %q stands twice (it is at line %d, too)", key, first.line)})
			}
			seen[key] = at
			at.raw = j.value(path + sep + key).raw
			j.marks[path+sep+key] = at
		}
		_, _ = j.dec.Token()
	case json.Delim('['):
		for i := 0; j.dec.More(); i++ {
			elem := path + sep + strconv.Itoa(i)
			j.marks[elem] = j.value(elem)
		}
		_, _ = j.dec.Token()
	}
	return here
}
