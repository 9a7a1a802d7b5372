package document

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// jsonPositions finds where the keys and elements of a JSON file stand, and every
// key that stands twice: encoding/json takes the last in silence. The value is
// what the file says without those.
func jsonPositions(data []byte, ms positions) (once any, twice []error) {
	defer func() { _ = recover() }() // of a file that could not be parsed after all
	j := jsonReader{positions: ms, data: data, lines: linesOf(data), dec: json.NewDecoder(bytes.NewReader(data))}
	j.dec.UseNumber()
	once, _ = j.value("")
	return once, j.duplicates
}

type jsonReader struct {
	positions  positions
	data       []byte
	lines      lines
	dec        *json.Decoder
	duplicates []error
}

// next reads a token and where it begins.
func (j *jsonReader) next() (json.Token, position) {
	at := int(j.dec.InputOffset())
	for at < len(j.data) && strings.IndexByte(" \t\r\n,:", j.data[at]) >= 0 {
		at++
	}
	t, err := j.dec.Token()
	if err != nil {
		panic(err)
	}
	m := j.lines.position(at)
	switch v := t.(type) {
	case json.Number:
		m.raw = v.String()
	case bool:
		m.raw = strconv.FormatBool(v)
	}
	return t, m
}

// value marks what is at the path and below, and returns it with its own mark.
func (j *jsonReader) value(path string) (any, position) {
	t, here := j.next()
	switch t {
	case json.Delim('{'):
		table := map[string]any{}
		for seen := (positions{}); j.dec.More(); {
			k, at := j.next()
			key, _ := k.(string)
			v, own := j.value(path + sep + key)
			if first, ok := seen[key]; ok {
				j.duplicates = append(j.duplicates, duplicateKey(path+sep+key, first, at))
				table[key] = merge(table[key], v)
				continue
			}
			seen[key], table[key] = at, v
			at.raw = own.raw
			j.positions.add(positions{path + sep + key: at})
		}
		_, _ = j.dec.Token()
		return table, here
	case json.Delim('['):
		list := []any{}
		for i := 0; j.dec.More(); i++ {
			elem := path + sep + strconv.Itoa(i)
			v, own := j.value(elem)
			list = append(list, v)
			j.positions.add(positions{elem: own})
		}
		_, _ = j.dec.Token()
		return list, here
	}
	return t, here
}
