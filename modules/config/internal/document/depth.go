package document

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// maxDepth is more than any configuration needs, and less than hurts.
const maxDepth = 100

var errTooDeep = fmt.Errorf("it is nested deeper than %d levels", maxDepth)

func tooDeep(v any, left int) bool {
	if left == 0 {
		return true
	}
	switch x := v.(type) {
	case *yaml.Node:
		return slices.ContainsFunc(x.Content, func(c *yaml.Node) bool { return tooDeep(c, left-1) })
	case map[string]any:
		for _, c := range x {
			if tooDeep(c, left-1) {
				return true
			}
		}
	case map[any]any:
		for _, c := range x {
			if tooDeep(c, left-1) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(x, func(c any) bool { return tooDeep(c, left-1) })
	}
	return false
}
