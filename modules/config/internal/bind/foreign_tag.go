package bind

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A foreignTag is a tag of a field that another library would read, or one that is
// misspelt. Ignoring it silently would lose a name, a rule or a default that the
// field seems to have.
type foreignTag struct{ Field, Name, Value, Instead string }

func (t foreignTag) String() string {
	return fmt.Sprintf("field %s: nothing reads the tag %s:%q; %s", t.Field, t.Name, t.Value, t.Instead)
}

// What to use instead of the tags of other libraries.
const (
	useConfig  = "name the key with the tag config"
	useCheck   = "use Check or a method Validate, or declare with ReadsTags that a check reads it"
	useDefault = "use the option Default"
	useEnv     = "every setting has a variable: see the command config schema"
	useFlag    = "every setting has a flag: its key"
)

var foreignTags = map[string]string{
	"mapstructure": useConfig, "koanf": useConfig, "viper": useConfig, "conf": useConfig, "cfg": useConfig, "ini": useConfig, "hcl": useConfig,
	"default": useDefault, "env-default": useDefault, "envDefault": useDefault,
	"env": useEnv, "envconfig": useEnv, "envPrefix": useEnv, "env-prefix": useEnv,
	"flag": useFlag, "arg": useFlag,
	"validate": useCheck, "binding": useCheck, "required": useCheck, "env-required": useCheck, "valid": useCheck,
	"min": useCheck, "max": useCheck, "enum": useCheck, "pattern": useCheck,
}

// ours are the tags that are read.
var ours = []string{"config", "reload", "doc", "unit", "merge", "list", "empty"}

// readForeign finds the foreign tags of a field with this key. A tag that only
// names the field is allowed when it gives the same name. An embedded field has no
// key; libraries flatten it by an option.
func readForeign(f reflect.StructField, key string, tags []tag) (found []foreignTag) {
	for _, t := range tags {
		instead, known := foreignTags[t.name]
		switch {
		case known && instead == useConfig && (t.value == key || key == "" && (t.value == "" || strings.HasPrefix(t.value, ","))):
			continue
		case known || slices.Contains(ours, t.name):
		case Nearest(t.name, ours) != "":
			instead = DidYouMean(Nearest(t.name, ours))
		}
		if instead != "" {
			found = append(found, foreignTag{Field: f.Name, Name: t.name, Value: t.value, Instead: instead})
		}
	}
	return found
}
