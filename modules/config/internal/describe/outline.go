package describe

import (
	"reflect"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

// A Page is the tree of all settings with their defaults. Sample file and schema
// are written from it.
type Page struct {
	name   string // of the application
	prefix string // of its environment variables
	root   outline
}

// A Setting is one line of a page.
type Setting struct {
	*bind.Member
	Path    []string
	Default reflect.Value
	Env     string // the variable that sets it
}

// New begins a page.
func New(name, prefix string) *Page { return &Page{name: name, prefix: prefix} }

// Table adds a table at the path if there is none, even without settings.
func (p *Page) Table(path []string) { p.root.table(path) }

// Add adds a setting. Settings keep the order in which they were added.
func (p *Page) Add(s Setting) {
	t := p.root.table(s.Path[:len(s.Path)-1])
	t.parts = append(t.parts, &outline{key: s.Key, leaf: &s})
}

// An outline is a setting or a table.
type outline struct {
	key   string
	leaf  *Setting   // nil of a table
	parts []*outline // settings first, then sections, in the order of their declaration
}

// table finds or makes the table at the path.
func (o *outline) table(path []string) *outline {
	for _, key := range path {
		var next *outline
		for _, p := range o.parts {
			if p.key == key && p.leaf == nil {
				next = p
			}
		}
		if next == nil {
			next = &outline{key: key}
			o.parts = append(o.parts, next)
		}
		o = next
	}
	return o
}

// settings and tables are the two kinds of parts.
func (o *outline) settings() []*outline { return o.only(true) }
func (o *outline) tables() []*outline   { return o.only(false) }

func (o *outline) only(leaves bool) (out []*outline) {
	for _, p := range o.parts {
		if (p.leaf != nil) == leaves {
			out = append(out, p)
		}
	}
	return out
}
