package cli

import (
	"encoding/json"
	"strings"

	"github.com/spf13/pflag"
)

// typed is the flag of a setting with the type that help shows. Its value is text,
// which the configuration parses.
type typed struct {
	pflag.Value
	name string
}

// Type implements pflag.Value.
func (t typed) Type() string {
	if t.name == "" {
		return t.Value.Type()
	}
	return t.name
}

// schema is the part of a JSON Schema that describes a setting.
type schema struct {
	Type       any               `json:"type"` // a name, or a list with "null"
	AnyOf      []schema          `json:"anyOf"`
	Pattern    string            `json:"pattern"`
	Properties map[string]schema `json:"properties"`
}

// types returns the type of each setting, under pflag's names.
func (c *call) types() map[string]string {
	all := map[string]string{}
	var whole schema
	if json.Unmarshal(c.known.catalog.Schema(), &whole) == nil {
		whole.collect("", all)
	}
	return all
}

func (s schema) collect(path string, all map[string]string) {
	for key, p := range s.Properties {
		p.collect(strings.TrimPrefix(path+"."+key, "."), all)
	}
	if len(s.Properties) == 0 {
		all[path] = s.typeName()
	}
}

func (s schema) typeName() string {
	for _, one := range s.AnyOf {
		if name := one.typeName(); name != "" {
			return name
		}
	}
	list, _ := s.Type.([]any)
	if name, ok := s.Type.(string); ok {
		list = []any{name}
	}
	for _, name := range list {
		switch name {
		case "boolean":
			return "bool"
		case "integer":
			return "int"
		case "number":
			return "float"
		case "array":
			return "list"
		case "object":
			return "map"
		case "string":
			if strings.Contains(s.Pattern, "ns|us") { // the pattern of a duration
				return "duration"
			}
			return "string"
		}
	}
	return ""
}
