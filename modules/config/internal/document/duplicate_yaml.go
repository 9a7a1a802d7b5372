package document

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// yamlWithoutDuplicates takes every second key out of what is written at n and says
// so. Which keys are the same is for the codec to say, and it does not when it
// makes nodes: the same text, whatever its type.
func yamlWithoutDuplicates(n *yaml.Node, path string) (errs []error) {
	switch n.Kind {
	case yaml.SequenceNode:
		for i, v := range n.Content {
			errs = append(errs, yamlWithoutDuplicates(v, path+sep+strconv.Itoa(i))...)
		}
	case yaml.MappingNode:
		pairs := n.Content
		n.Content = nil
		for i := 0; i+1 < len(pairs); i += 2 {
			key, v := pairs[i], pairs[i+1]
			at := path + sep + key.Value
			errs = append(errs, yamlWithoutDuplicates(v, at)...)
			if first := yamlAdd(n, key, v); first != nil {
				errs = append(errs, duplicateKey(at, yamlPosition(first, first), yamlPosition(key, key)))
			}
		}
	}
	return errs
}

// yamlAdd adds a key to a table as addTo does, and returns the one that was there.
func yamlAdd(table, key, v *yaml.Node) (first *yaml.Node) {
	for i := 0; i+1 < len(table.Content); i += 2 {
		k, old := table.Content[i], table.Content[i+1]
		switch {
		case k.Kind != key.Kind || k.Value != key.Value:
			continue
		case old.Tag == "!!null":
			table.Content[i+1] = v
		case old.Kind == yaml.MappingNode && v.Kind == yaml.MappingNode:
			for j := 0; j+1 < len(v.Content); j += 2 {
				yamlAdd(old, v.Content[j], v.Content[j+1])
			}
		}
		return k
	}
	table.Content = append(table.Content, key, v)
	return nil
}
