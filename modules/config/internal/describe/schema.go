package describe

import (
	"encoding/json"
	"math"
	"reflect"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

// Schema returns a JSON Schema (draft-07) of the configuration file, for
// editors and pipelines. "x-reload" is "live" or "restart", "x-env" the
// environment variable of a setting. Rules of Check and Validate are not in it.
func (p *Page) Schema() []byte {
	s := tableSchema(&p.root)
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	s["title"] = p.name
	s["properties"].(map[string]any)["$schema"] = map[string]any{"type": "string"}
	s["patternProperties"] = map[string]any{"^x-": true} // for YAML anchors
	b, _ := json.MarshalIndent(s, "", "  ")              // maps of plain values
	return append(b, '\n')
}

func tableSchema(o *outline) map[string]any {
	properties := map[string]any{}
	for _, p := range o.parts {
		if p.leaf == nil {
			properties[p.key] = tableSchema(p)
			continue
		}
		s := typeSchema(p.leaf.Type, nil)
		if p.leaf.Joins {
			s = map[string]any{"anyOf": []any{s, typeSchema(reflect.SliceOf(p.leaf.Type), nil)}}
		}
		if p.leaf.Doc != "" {
			s["description"] = p.leaf.Doc
		}
		if p.leaf.Unit != "" {
			s["x-unit"] = p.leaf.Unit
		}
		if v := bind.Plain(p.leaf.Default); v != nil {
			if _, err := json.Marshal(v); err == nil { // JSON has no infinity
				s["default"] = v
			}
		}
		if bind.IsSecret(p.leaf.Type) {
			s["writeOnly"] = true
		}
		s["x-reload"] = p.leaf.Class()
		s["x-env"] = p.leaf.Env
		properties[p.key] = s
	}
	return map[string]any{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
}

// durationPattern matches weeks and days, what time.ParseDuration reads, and zero.
const durationPattern = `^[-+]?([0-9]+w)?([0-9]+d)?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*$`

// typeSchema describes the values of a type. Null stands for the default
// everywhere. above are the structs around it, which ends the recursion at a struct
// that contains itself.
func typeSchema(t reflect.Type, above []reflect.Type) map[string]any {
	or := func(kind string) []string { return []string{kind, "null"} }
	switch {
	case t == bind.DurationType:
		return map[string]any{"anyOf": []any{
			map[string]any{"type": "string", "pattern": durationPattern}, map[string]any{"const": 0}, map[string]any{"type": "null"},
		}}
	case t.Kind() == reflect.Pointer:
		return typeSchema(t.Elem(), above)
	case bind.IsSecret(t), bind.IsFileRef(t), bind.IsBytes(t):
		return map[string]any{"type": or("string")}
	case t == bind.URLType, t == bind.IPNetType, t == bind.MacType:
		return map[string]any{"type": or("string")}
	case bind.IsScalar(t) && reflect.PointerTo(t).Implements(bind.TextType):
		return map[string]any{"type": []string{"string", "number", "boolean", "null"}} // its own text
	}
	switch t.Kind() {
	case reflect.Bool:
		return map[string]any{"type": or("boolean")}
	case reflect.String:
		return map[string]any{"type": or("string")}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": or("number")}
	case reflect.Slice, reflect.Array:
		s := map[string]any{"type": or("array"), "items": typeSchema(t.Elem(), above)}
		if t.Kind() == reflect.Array {
			s["minItems"], s["maxItems"] = t.Len(), t.Len()
		}
		return s
	case reflect.Map:
		return map[string]any{"type": or("object"), "additionalProperties": typeSchema(t.Elem(), above)}
	case reflect.Struct:
		return structSchema(t, above)
	case reflect.Interface:
		return map[string]any{}
	}
	s := map[string]any{"type": or("integer")}
	if bits := t.Bits(); t.Kind() >= reflect.Uint {
		s["minimum"], s["maximum"] = 0, uint64(math.MaxUint64)>>(64-bits)
	} else if bits < 64 {
		s["minimum"], s["maximum"] = int64(math.MinInt64)>>(64-bits), int64(math.MaxInt64)>>(64-bits)
	}
	return s
}

func structSchema(t reflect.Type, above []reflect.Type) map[string]any {
	for _, a := range above {
		if a == t {
			return map[string]any{"type": []string{"object", "null"}}
		}
	}
	sh, _ := bind.ShapeOf(t)
	properties := map[string]any{}
	for _, m := range sh.Members {
		properties[m.Key] = typeSchema(m.Type, append(above, t))
	}
	return map[string]any{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
}
