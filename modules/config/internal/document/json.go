package document

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A jsonReader makes the tree of a JSON document token by token: encoding/json
// silently takes the last of two equal keys, and has no lines.
type jsonReader struct {
	*reader
	data  []byte
	lines lines // nil: every value has the position of the document
	dec   *json.Decoder
}

func readJSON(r *reader, data []byte) (*Node, error) {
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return nil, null(lineAndColumn(data, bytes.IndexByte(data, 'n')))
	}
	var misfit *json.UnmarshalTypeError // of a document that is JSON, but not a table
	if err := decode("json", data); err != nil && (!errors.As(err, &misfit) || bytes.TrimSpace(data)[0] != '{') {
		return nil, err
	}
	return newJSONReader(r, data, linesOf(data)).root()
}

// FromJSON reads a JSON value that is not itself a file. All values in it get the
// position of the node around, which is returned with an error.
func FromJSON(text string, around *Node) (*Node, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	var v json.RawMessage
	if err := dec.Decode(&v); err != nil {
		return around, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return around, errors.New("not JSON: something follows the value")
	}
	if tooManyValues([]byte(text)) {
		return around, errTooManyValues
	}
	r := &reader{ctx: context.Background(), origin: around.At}
	n, err := newJSONReader(r, []byte(text), nil).root()
	switch {
	case err != nil:
		return around, err
	case len(r.problems) > 0:
		return around, fmt.Errorf("%s %s", r.problems[0].Key, r.problems[0].Reason)
	}
	return n, nil
}

func newJSONReader(r *reader, data []byte, l lines) *jsonReader {
	j := &jsonReader{reader: r, data: data, lines: l, dec: json.NewDecoder(bytes.NewReader(data))}
	j.dec.UseNumber()
	return j
}

func (j *jsonReader) root() (*Node, error) {
	t, _, _, err := j.next()
	if err != nil {
		return nil, err
	}
	return j.value(t, 0, 0)
}

// next returns a token and the offset at which it begins.
func (j *jsonReader) next() (t json.Token, line, col int, err error) {
	at := int(j.dec.InputOffset())
	for at < len(j.data) && strings.IndexByte(" \t\r\n,:", j.data[at]) >= 0 {
		at++
	}
	if t, err = j.dec.Token(); err == nil && j.lines != nil {
		line, col = j.lines.at(at)
	}
	return t, line, col, err
}

// value reads the value that begins with t. Its position is that of its key.
func (j *jsonReader) value(t json.Token, line, col int) (*Node, error) {
	n, err := j.node(line, col)
	if err != nil {
		return nil, err
	}
	switch x := t.(type) {
	case json.Delim:
		if x == '{' {
			n.Table = map[string]*Node{}
			err = j.object(n)
		} else {
			n.IsList = true
			err = j.array(n)
		}
		if err == nil {
			_, err = j.dec.Token()
		}
	case json.Number:
		n.Raw = x.String()
		f, ferr := x.Float64()
		if n.Value = number(f, n.Raw); ferr != nil {
			n.Value = Huge(n.Raw)
		}
	case bool:
		n.Value, n.Raw = x, strconv.FormatBool(x)
	case string:
		n.Value, n.Raw = x, x
	}
	return n, err
}

func (j *jsonReader) object(n *Node) error {
	for j.dec.More() {
		k, line, col, err := j.next()
		if err != nil {
			return err
		}
		name, _ := k.(string)
		v, err := j.into(key(name), func() (*Node, error) {
			t, _, _, err := j.next()
			if err != nil {
				return nil, err
			}
			return j.value(t, line, col)
		})
		if err != nil {
			return err
		}
		j.put(n, name, v, line, col)
	}
	return nil
}

func (j *jsonReader) array(n *Node) error {
	for i := 0; j.dec.More(); i++ {
		t, line, col, err := j.next()
		if err != nil {
			return err
		}
		v, err := j.into(index(i), func() (*Node, error) { return j.value(t, line, col) })
		if err != nil {
			return err
		}
		n.List = append(n.List, v)
	}
	return nil
}
