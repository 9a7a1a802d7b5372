package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// This file reads lists and maps from the one line of text that an environment
// variable or a flag has: JSON when it looks like it, else a,b,c and a=1,b=2.
// Blanks around an element do not count.

func listFromText(n *node) (*node, error) {
	text := strings.TrimSpace(n.value.(string))
	if strings.HasPrefix(text, "[") {
		return fromJSON(n, text)
	}
	out := &node{isList: true, at: n.at}
	if text == "" {
		return out, nil
	}
	for _, part := range strings.Split(text, ",") {
		out.list = append(out.list, &node{value: strings.TrimSpace(part), at: n.at, loose: true})
	}
	return out, nil
}

func mapFromText(n *node) (*node, error) {
	text := strings.TrimSpace(n.value.(string))
	if strings.HasPrefix(text, "{") {
		return fromJSON(n, text)
	}
	out := &node{table: map[string]*node{}, at: n.at}
	if text == "" {
		return out, nil
	}
	for _, part := range strings.Split(text, ",") {
		k, v, ok := strings.Cut(part, "=")
		if !ok {
			return n, fmt.Errorf("%q has no =", shorten(strings.TrimSpace(part)))
		}
		out.table[strings.TrimSpace(k)] = &node{value: strings.TrimSpace(v), at: n.at, loose: true}
	}
	return out, nil
}

func fromJSON(n *node, text string) (*node, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return n, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return n, errors.New("not JSON: something follows the value")
	}
	return treeOf(v, nil, "", n.at), nil
}

// plain gives a tree as ordinary Go values, for settings of type any.
func (n *node) plain() any {
	switch {
	case n.isTable():
		out := make(map[string]any, len(n.table))
		for k, c := range n.table {
			out[k] = c.plain()
		}
		return out
	case n.isList:
		out := make([]any, len(n.list))
		for i, c := range n.list {
			out[i] = c.plain()
		}
		return out
	}
	return n.value
}
