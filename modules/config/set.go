package config

import (
	"context"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// A Set is the list of sections that an application reads. All are declared before
// the first load, since only then is it known which keys belong to a section.
type Set struct {
	sections []*section
	values   []func(*Store, int) // connect each Value to the store it reads from
}

// NewSet returns an empty set.
func NewSet() *Set { return &Set{} }

// Add declares a section and returns its value, which is readable once [Load]
// has returned. A mistake in the declaration is reported by Load.
func Add[T any](set *Set, name string, opts ...SectionOption) *Value[T] {
	v := &Value[T]{}
	set.sections = append(set.sections, newSection[T](name, opts))
	set.values = append(set.values, func(st *Store, index int) {
		v.root, v.index, v.store = &st.root, index, st
	})
	return v
}

// NewCatalog returns the catalog of a set, or an error if a declaration is wrong.
func NewCatalog(set *Set, src Source) (*Catalog, error) { return newCatalog(set.sections, src) }

// Load reads the configuration for the first time. The error holds every problem
// ([InvalidError]), or says which declaration in set is wrong.
//
// Without any file it succeeds: then the settings are defaults, environment and
// flags.
func Load(set *Set, src Source) (*Store, error) {
	l, err := newCatalog(set.sections, src)
	if err != nil {
		return nil, err
	}
	st, err := open(l)
	if err != nil {
		return nil, err
	}
	for i, connect := range set.values {
		connect(st, st.index(set.sections[i]))
	}
	return st, nil
}

func open(l *Catalog) (*Store, error) {
	st := &Store{catalog: l, running: make(chan struct{}, 1), counts: newCounts(), recorded: make(chan struct{})}
	begin := time.Now()
	c := l.load(l.inputs(context.Background(), disk.AtStart), nil)
	st.seen, st.seenSum = c.in, c.sum
	if len(c.problems) > 0 {
		return nil, &InvalidError{Problems: c.problems}
	}
	st.publish(&Snapshot{revision: 1}, c)
	r := st.report("start", begin, c)
	r.Result = Applied
	st.record(r)
	return st, nil
}
