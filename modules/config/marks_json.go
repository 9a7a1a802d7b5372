package config

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// jsonMarks finds where the keys and elements of a JSON file stand, and every
// key that stands twice: encoding/json takes the last in silence. The value is
// what the file says without those.
func jsonMarks(data []byte, ms marks) (once any, twice []error) {
	defer func() { _ = recover() }() // of a file that could not be parsed after all
	j := jsonMarker{marks: ms, data: data, lines: linesOf(data), dec: json.NewDecoder(bytes.NewReader(data))}
	j.dec.UseNumber()
	once, _ = j.value("")
	return once, j.twice
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

// value marks what is at the path and below, and returns it with its own mark.
func (j *jsonMarker) value(path string) (any, mark) {
	t, here := j.next()
	switch t {
	case json.Delim('{'):
		table := map[string]any{}
		for seen := (marks{}); j.dec.More(); {
			k, at := j.next()
			key, _ := k.(string)
			v, own := j.value(path + sep + key)
			if first, ok := seen[key]; ok {
				j.twice = append(j.twice, standsTwice(path+sep+key, first, at))
				table[key] = addTo(table[key], v)
				continue
			}
			seen[key], table[key] = at, v
			at.raw = own.raw
			j.marks.add(marks{path + sep + key: at})
		}
		_, _ = j.dec.Token()
		return table, here
	case json.Delim('['):
		list := []any{}
		for i := 0; j.dec.More(); i++ {
			elem := path + sep + strconv.Itoa(i)
			v, own := j.value(elem)
			list = append(list, v)
			j.marks.add(marks{elem: own})
		}
		_, _ = j.dec.Token()
		return list, here
	}
	return t, here
}
