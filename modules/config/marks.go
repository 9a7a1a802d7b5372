package config

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// marksOf finds where every value of a file stands. It is called for files that
// parsed; where it finds nothing a message has the file only.
func marksOf(format string, data []byte) marks {
	ms := marks{}
	if format == "toml" {
		tomlMarks(data, ms)
		return ms
	}
	// JSON is (nearly) YAML, near enough for line numbers.
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err == nil && len(doc.Content) > 0 {
		yamlMarks(doc.Content[0], "", ms)
	}
	return ms
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
