package config

import (
	"fmt"
	"reflect"
	"slices"
)

// A foreignTag is a tag of a field that another library would read. To ignore it in
// silence would lose a rule or a default that the field seems to have.
type foreignTag struct{ field, name, value, instead string }

// foreignTags are those that are refused, with what to use instead. A tag that only
// names the field is refused when it gives another name.
var foreignTags = []foreignTag{
	{name: "validate", instead: "use Check or a method Validate, or say with ReadsTags which check reads it"},
	{name: "default", instead: "use the option Default"},
	{name: "envDefault", instead: "use the option Default"},
	{name: "env", instead: "every setting has a variable: see the command config schema"},
	{name: "envconfig", instead: "every setting has a variable: see the command config schema"},
	{name: "mapstructure", instead: "name the key with the tag config"},
	{name: "koanf", instead: "name the key with the tag config"},
}

// readForeign finds the foreign tags of a field with this key.
func readForeign(f reflect.StructField, key string) (found []foreignTag) {
	for _, tag := range foreignTags {
		value, ok := f.Tag.Lookup(tag.name)
		if !ok || value == key && (tag.name == "mapstructure" || tag.name == "koanf") {
			continue
		}
		tag.field, tag.value = f.Name, value
		found = append(found, tag)
	}
	return found
}

// ReadsTags says that a check of the section reads these tags of its fields:
// "validate", for example. A tag that is known to other libraries and that nothing
// reads is a mistake in the declaration.
func ReadsTags(names ...string) SectionOption {
	return sectionOption(func(s *section) { s.readsTags = append(s.readsTags, names...) })
}

func (s *section) refuseForeignTags() {
	for _, tag := range s.shape.foreign {
		if !slices.Contains(s.readsTags, tag.name) {
			s.misuse("%w", fmt.Errorf("field %s: nothing reads the tag %s:%q; %s", tag.field, tag.name, tag.value, tag.instead))
		}
	}
}
