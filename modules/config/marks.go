package config

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// marksOf finds where every value of a file stands. It is called for files that
// parsed; where it finds nothing a message has the file only. Its error is a
// second YAML document, which the codec ignores in silence.
func marksOf(format string, data []byte) (marks, error) {
	ms := marks{}
	if format == "toml" {
		tomlMarks(data, ms)
		return ms, nil
	}
	var first, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	// JSON is nearly YAML, near enough for line numbers.
	if err := dec.Decode(&first); err == nil && len(first.Content) > 0 {
		yamlMarks(first.Content[0], "", ms)
	}
	if format == "json" {
		return ms, nil
	}
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
		return ms, nil
	case err != nil:
		return nil, err
	}
	return nil, &placed{line: second.Line, col: second.Column, reason: "a second document begins here; only one is read"}
}

// yamlMarks walks the values written at n. Aliases are not followed, and keys
// that come by a merge (<<) have no place of their own.
func yamlMarks(n *yaml.Node, path string, ms marks) {
	if _, ok := ms[path]; !ok && path != "" {
		ms[path] = yamlMark(n, n)
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, val := n.Content[i], n.Content[i+1]
			at := path + sep + key.Value
			ms[at] = yamlMark(key, val)
			if val.Kind == yaml.ScalarNode && val.Line > key.Line { // it stands below its key
				ms[at] = yamlMark(val, val)
			}
			yamlMarks(val, at, ms)
		}
	case yaml.SequenceNode:
		for i, val := range n.Content {
			yamlMarks(val, path+sep+strconv.Itoa(i), ms)
		}
	}
}

func yamlMark(at, val *yaml.Node) mark {
	m := mark{line: at.Line, col: at.Column}
	if val.Kind == yaml.ScalarNode && val.Tag != "!!str" && val.Tag != "!!null" {
		m.raw = val.Value
	}
	return m
}
