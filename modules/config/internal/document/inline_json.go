package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// FromJSON reads a JSON value that is not a file of its own. Everything in it
// stands where the node around stands, which is returned with an error.
func FromJSON(text string, around *Node) (*Node, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return around, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return around, errors.New("not JSON: something follows the value")
	}
	return treeOf(v, nil, "", around.At), nil
}
