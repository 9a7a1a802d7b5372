package describe

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// Sample returns a configuration file in YAML that changes nothing: every setting
// with its default, what it is for, and whether it changes live or on restart.
// Settings without a default, and secrets, are commented out.
func (p *Page) Sample() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Settings of %s. Every value here is the default.\n", p.name)
	fmt.Fprintf(&b, "# The environment (%sSECTION_KEY) overrides this file, flags override both.\n", p.prefix)
	root := &p.root
	for _, s := range root.settings() { // sections that are maps
		b.WriteString("\n")
		p.sampleSetting(&b, s, "")
	}
	for _, t := range root.tables() {
		b.WriteString("\n")
		p.sampleTable(&b, t, "")
	}
	return b.Bytes()
}

func (p *Page) sampleTable(b *bytes.Buffer, o *outline, indent string) {
	fmt.Fprintf(b, "%s%s:\n", indent, o.key)
	indent += "  "
	for _, s := range o.settings() {
		p.sampleSetting(b, s, indent)
	}
	for _, t := range o.tables() {
		p.sampleTable(b, t, indent)
	}
}

func (p *Page) sampleSetting(b *bytes.Buffer, s *outline, indent string) {
	if s.leaf.Doc != "" {
		fmt.Fprintf(b, "%s# %s\n", indent, strings.ReplaceAll(s.leaf.Doc, "\n", " "))
	}
	kind := bind.TypeName(s.leaf.Type)
	if s.leaf.Joins {
		kind += " or a list"
	}
	if s.leaf.Unit != "" {
		kind += ", " + s.leaf.Unit
	}
	if s.leaf.Appends {
		kind += "; later files add to it"
	}
	if s.leaf.AllowEmpty {
		kind += "; may be empty"
	}
	if s.leaf.Restart {
		kind += "; changes on restart"
	}
	fmt.Fprintf(b, "%s# (%s)\n", indent, kind)
	if bind.IsSecret(s.leaf.Type) {
		name := s.leaf.Env
		fmt.Fprintf(b, "%s# better not here: %s, or %s_FILE with the path of a file that holds it\n", indent, name, name)
	}
	for line := range strings.Lines(yamlText(s.key, s.leaf.Default)) {
		b.WriteString(indent + line)
	}
}

// yamlText writes one setting, or a comment when it has no default.
func yamlText(key string, v reflect.Value) string {
	plain := bind.Plain(v)
	if plain == nil {
		return "# " + key + ":\n"
	}
	text, err := document.EncodeYAML(map[string]any{key: plain})
	if err != nil {
		return "# " + key + ":\n" // YAML cannot write it, so the reader has to
	}
	return text
}
