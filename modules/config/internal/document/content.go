package document

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"
)

// content is what a file says, and where.
type content struct {
	value     any // never nil
	positions positions
	problems  []error // what codecs pass over in silence, and what had to be left out to make sense of the rest
}

// contentOf makes sense of a file. With an error it has no value, but may know
// what else is wrong.
func contentOf(format string, data []byte) (content, error) {
	switch format {
	case "toml":
		return tomlWithoutDuplicates(data)
	case "json":
		return jsonContent(data)
	}
	return yamlContent(format, data)
}

func jsonContent(data []byte) (content, error) {
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		line, col := lineAndColumn(data, bytes.IndexByte(data, 'n'))
		return content{}, null(line, col)
	}
	m, err := decode("json", data)
	if err != nil {
		return content{}, err
	}
	c := content{value: m, positions: positions{}}
	if once, twice := jsonPositions(data, c.positions); len(twice) > 0 {
		c.value, c.problems = once, twice
	}
	return c, nil
}

// yamlContent reads the first document of a file, and says if there is another.
func yamlContent(format string, data []byte) (content, error) {
	m, err := decode(format, data)
	var parts *yaml.TypeError // of a file that makes sense as YAML
	if err != nil && !errors.As(err, &parts) {
		return content{}, err
	}
	var first, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&first); err != nil || len(first.Content) == 0 {
		return content{value: m}, err
	}
	root := first.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return content{}, null(root.Line, root.Column)
	}
	c := content{value: m, positions: positions{}}
	if parts != nil {
		if tooDeep(root, maxDepth) {
			return content{}, errTooDeep
		}
		c.problems = yamlWithoutDuplicates(root, "")
		m, parts = map[string]any{}, nil
		if err := first.Decode(&m); err != nil && !errors.As(err, &parts) {
			return content{problems: c.problems}, err
		}
		c.value = m
	}
	if parts != nil { // something else
		for _, text := range parts.Errors {
			c.problems = append(c.problems, &yaml.TypeError{Errors: []string{text}})
		}
	}
	yamlPositions(root, "", c.positions)
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		c.problems = append(c.problems, err)
	default:
		c.problems = append(c.problems, &placed{Problem{Line: second.Line, Col: second.Column, Reason: "a second document begins here; only one is read"}})
	}
	return c, nil
}

// null is what a template leaves when it had nothing to say.
func null(line, col int) error {
	return &placed{Problem{Line: line, Col: col, Reason: "holds null, no settings", Hint: meanDefaults, Err: ErrEmpty}}
}
