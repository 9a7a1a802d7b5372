package document

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// EncodeYAML writes a value as YAML, indented by two blanks.
func EncodeYAML(v any) (string, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return b.String(), enc.Close()
}
