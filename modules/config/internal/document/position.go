package document

import (
	"sort"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// lines are the offsets at which the lines of a file begin.
type lines []int

func linesOf(data []byte) lines {
	starts := lines{0}
	for i, b := range data {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func (l lines) position(offset int) position {
	line := sort.SearchInts(l, offset+1)
	return position{line: line, col: offset - l[line-1] + 1}
}

// yamlPositions walks the values written at n. Aliases are not followed, and keys
// that come by a merge (<<) have no place of their own.
func yamlPositions(n *yaml.Node, path string, ms positions) {
	if _, ok := ms[path]; !ok && path != "" {
		ms[path] = yamlPosition(n, n)
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, val := n.Content[i], n.Content[i+1]
			at := path + sep + key.Value
			ms[at] = yamlPosition(key, val)
			if val.Kind == yaml.ScalarNode && val.Line > key.Line { // it stands below its key
				ms[at] = yamlPosition(val, val)
			}
			yamlPositions(val, at, ms)
		}
	case yaml.SequenceNode:
		for i, val := range n.Content {
			yamlPositions(val, path+sep+strconv.Itoa(i), ms)
		}
	}
}

func yamlPosition(at, val *yaml.Node) position {
	m := position{line: at.Line, col: at.Column}
	if val.Kind == yaml.ScalarNode && val.Tag != "!!str" && val.Tag != "!!null" {
		m.raw = val.Value
	}
	return m
}
