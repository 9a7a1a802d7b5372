package bind

import (
	"reflect"
)

// A foreignTag is a tag of a field that another library would read. To ignore it in
// silence would lose a rule or a default that the field seems to have.
type foreignTag struct{ Field, Name, Value, Instead string }

// foreignTags are those that are refused, with what to use instead. A tag that only
// names the field is refused when it gives another name.
var foreignTags = []foreignTag{
	{Name: "validate", Instead: "use Check or a method Validate, or say with ReadsTags which check reads it"},
	{Name: "binding", Instead: "use Check or a method Validate, or say with ReadsTags which check reads it"},
	{Name: "default", Instead: "use the option Default"},
	{Name: "env-default", Instead: "use the option Default"},
	{Name: "envDefault", Instead: "use the option Default"},
	{Name: "env", Instead: "every setting has a variable: see the command config schema"},
	{Name: "envconfig", Instead: "every setting has a variable: see the command config schema"},
	{Name: "mapstructure", Instead: "name the key with the tag config"},
	{Name: "koanf", Instead: "name the key with the tag config"},
}

// readForeign finds the foreign tags of a field with this key.
func readForeign(f reflect.StructField, key string) (found []foreignTag) {
	for _, tag := range foreignTags {
		value, ok := f.Tag.Lookup(tag.Name)
		if !ok || value == key && (tag.Name == "mapstructure" || tag.Name == "koanf") {
			continue
		}
		tag.Field, tag.Value = f.Name, value
		found = append(found, tag)
	}
	return found
}
