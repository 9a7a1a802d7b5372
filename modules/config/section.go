package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

// A SectionOption configures a section.
type SectionOption interface{ apply(*section) }

type sectionOption func(*section)

func (f sectionOption) apply(s *section) { f(s) }

// Default sets the values that a section has before files, environment and flags
// override them. It takes a constructor, not a value: every load starts from a
// fresh value, so that two revisions share no map or slice.
func Default[T any](fresh func() T) SectionOption {
	return sectionOption(func(s *section) {
		if got := reflect.TypeFor[T](); got != s.typ {
			s.misuse("Default makes a %s, the section holds a %s", got, s.typ)
			return
		}
		s.fresh = func() any { t := fresh(); return &t }
	})
}

// Check adds a rule to the section. The rule runs after the whole section was read,
// sees the values that would take effect, and may set a field that follows from
// others. It returns [Invalid] (joined, if several) to name the setting at fault.
// It may be called several times, with other values in place of those that could
// not be read, so it must have no side effects.
func Check[T any](rule func(*T) error) SectionOption {
	return sectionOption(func(s *section) {
		if got := reflect.TypeFor[T](); got != s.typ {
			s.misuse("Check looks at a %s, the section holds a %s", got, s.typ)
			return
		}
		s.checks = append(s.checks, func(v any) error { return rule(v.(*T)) })
	})
}

// Doc describes, in one line, a section that is a map, a list or a scalar, for
// sample file and schema. A section that is a struct has a doc tag on each field
// instead.
func Doc(line string) SectionOption {
	return sectionOption(func(s *section) { s.doc = line })
}

// Tagged provides the value in the fx graph under a name, so that several
// sections can share one type: `name:"admin"` on the field that takes it.
func Tagged(name string) SectionOption {
	return sectionOption(func(s *section) { s.tag = name })
}

// ReadsTags declares that a check of the section reads these tags of its fields,
// such as "validate". Without it, a tag that other libraries read is an error of
// the declaration.
func ReadsTags(names ...string) SectionOption {
	return sectionOption(func(s *section) { s.readsTags = append(s.readsTags, names...) })
}

// A section is a named part of the configuration and the type it is read into: a
// struct, a map whose keys the operator chooses, a list or a scalar. It never
// changes once declared, so several applications may share one.
type section struct {
	name   string
	tag    string // name of the value in the fx graph, if any
	doc    string // unless it is a struct
	path   []string
	typ    reflect.Type
	shape  *bind.Shape
	fresh  func() any // a *T with the defaults
	checks []func(any) error
	leaves []leaf // every single setting, see leavesOf
	errs   []error

	readsTags []string // of other libraries
}

// A leaf is one setting of a section.
type leaf struct {
	*bind.Member
	key   string   // "http.tls.cert_file"
	path  []string // the key in parts
	index []int    // where it is in the section's struct; nil if it is the section
}

// value returns the setting inside section, which is a *T.
func (l leaf) value(section any) reflect.Value {
	v := reflect.ValueOf(section).Elem()
	if l.index == nil {
		return v
	}
	return bind.FieldIn(v, l.index, l.Type)
}

// set returns the setting inside section to be changed.
func (l leaf) set(section any) reflect.Value {
	v := reflect.ValueOf(section).Elem()
	if l.index == nil {
		return v
	}
	return bind.Reach(v, l.index)
}

func newSection[T any](name string, opts []SectionOption) *section {
	s := &section{name: name, typ: reflect.TypeFor[T](), shape: &bind.Shape{}}
	s.fresh = func() any { return new(T) }
	if name != "" { // else its keys are those at the top of the file
		s.path = strings.Split(name, ".")
	}
	if slices.ContainsFunc(s.path, isNoName) {
		s.misuse("a section is named in letters, digits, _ and -, with dots between the parts; without a name it is the top of the file")
	}
	if _, ok := any(new(T)).(interface{ Validate() error }); ok {
		s.checks = append(s.checks, func(v any) error { return v.(interface{ Validate() error }).Validate() })
	}
	for _, o := range opts {
		o.apply(s)
	}
	s.inspect()
	return s
}

// isNoName reports whether a part of the name of a section is not a letter followed
// by letters, digits, _ and -. A regular expression would slow down every start.
func isNoName(part string) bool {
	letters := func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
	others := func(r rune) bool { return !letters(r) && !('0' <= r && r <= '9') && r != '_' && r != '-' }
	return part == "" || !letters(rune(part[0])) || strings.ContainsFunc(part, others)
}

// inspect examines the type of the section: the fields of a struct are its
// settings; any other type is one setting as a whole.
func (s *section) inspect() {
	switch {
	case !s.isWhole():
		var errs []error
		s.shape, errs = bind.ShapeOf(s.typ)
		for _, err := range errs {
			s.misuse("%w", err)
		}
		s.leaves = leavesOf(s.shape, s.path, nil)
		s.refuseForeignTags()
	case s.name == "":
		s.misuse("the section at the top of the file is a struct, not a %s", s.typ)
	case s.typ.Kind() == reflect.Pointer || s.typ.Kind() == reflect.Interface:
		s.misuse("a section is a struct, a map, a list or a scalar, not a %s", s.typ)
	default:
		m := &bind.Member{Key: s.path[len(s.path)-1], Type: s.typ, Doc: s.doc}
		inner, err := bind.Readable(s.typ, map[reflect.Type]bool{})
		if err != nil {
			s.misuse("%w", err)
		}
		if inner != nil {
			m.Restart, s.shape.Foreign = inner.AnyRestart(), inner.Foreign
		}
		s.refuseForeignTags()
		s.leaves = []leaf{{Member: m, key: s.name, path: s.path}}
	}
}

func (s *section) refuseForeignTags() {
	for _, tag := range s.shape.Foreign {
		if !slices.Contains(s.readsTags, tag.Name) {
			s.misuse("%s", tag)
		}
	}
}

// prefix is what the keys of the section begin with.
func (s *section) prefix() string {
	if s.name == "" {
		return ""
	}
	return s.name + "."
}

// isWhole reports whether the section is one setting as a whole.
func (s *section) isWhole() bool { return s.typ.Kind() != reflect.Struct || bind.IsScalar(s.typ) }

func (s *section) misuse(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf("config section %q: "+format, append([]any{s.name}, args...)...))
}

// leavesOf lists the settings below a shape. Lists and maps are one setting each.
func leavesOf(sh *bind.Shape, path []string, index []int) []leaf {
	var out []leaf
	for _, m := range sh.Members {
		p := append(path[:len(path):len(path)], m.Key)
		i := append(index[:len(index):len(index)], m.Index...)
		if m.Sub != nil {
			out = append(out, leavesOf(m.Sub, p, i)...)
			continue
		}
		out = append(out, leaf{Member: m, key: strings.Join(p, "."), path: p, index: i})
	}
	return out
}
