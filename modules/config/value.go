package config

import (
	"context"
	"fmt"
	"sync/atomic"
)

type pinKey struct{ store *Store }

// Pin ties the configuration in force to ctx, so that everything done for one
// request sees one revision through [Value.From]. Pinning twice keeps the first.
func (st *Store) Pin(ctx context.Context) context.Context {
	if _, ok := ctx.Value(pinKey{st}).(*Snapshot); ok {
		return ctx
	}
	return context.WithValue(ctx, pinKey{st}, st.Snapshot())
}

// A Value is one section of the configuration in force. Reading it costs one atomic
// load; it may be used from any number of goroutines.
type Value[T any] struct {
	root  *atomic.Pointer[Snapshot]
	index int
	store *Store // nil for Static
}

// Get returns the section in force now. What it points to never changes and
// is shared: treat it as read-only. A later call may return another pointer. Two
// sections read by two calls may be of two revisions; take both from one Snapshot
// if they must agree.
func (v *Value[T]) Get() *T { return v.root.Load().values[v.index].(*T) }

// In returns the section as of the snapshot, which must come from the same store.
func (v *Value[T]) In(s *Snapshot) *T { return s.values[v.index].(*T) }

// From returns the section as of the snapshot pinned to ctx by [Store.Pin], or
// the one in force when nothing is pinned.
func (v *Value[T]) From(ctx context.Context) *T {
	if s, ok := ctx.Value(pinKey{v.store}).(*Snapshot); ok {
		return v.In(s)
	}
	return v.Get()
}

// Static returns a value that never changes, for tests and for programs that
// build a part without a configuration.
func Static[T any](section T) *Value[T] {
	v := &Value[T]{root: new(atomic.Pointer[Snapshot])}
	v.root.Store(&Snapshot{values: []any{&section}})
	return v
}

// valueOf returns the value of a section that was loaded.
func valueOf[T any](st *Store, s *section) *Value[T] {
	return &Value[T]{root: &st.root, index: st.index(s), store: st}
}

// index finds where a section is in every snapshot.
func (st *Store) index(s *section) int {
	for i, have := range st.catalog.sections {
		if have == s {
			return i
		}
	}
	panic(fmt.Sprintf("config: section %q is not part of this store", s.name))
}

// OnReload subscribes to changes of one section. prepare is called only when a
// setting of the section really differs, before the new values can be read
// from the Value: it builds what the change needs without any visible effect, and
// its error is a veto: nothing changes. The report points at the line of the
// refused setting when the error names it: [Invalid], or a text that begins with
// its whole key ("http.addr: ..."). When all have prepared, the new configuration
// is published and every Commit is called, in the order of subscription; after a
// veto every Rollback is called, in reverse order.
//
// A panic in prepare is a veto, too, and so is taking longer than [PrepareTimeout],
// when ctx ends. A prepare that ignores ctx is abandoned, and rolled back when it
// does return.
//
// Call OnReload while the application is wired, after [Load]. It must not be
// called from prepare or Commit, and prepare must not start a reload and wait
// for it. On a [Static] value it does nothing.
func OnReload[T any](v *Value[T], name string, prepare func(ctx context.Context, c Change[T]) (Tx, error)) {
	if v.root == nil {
		panic("config: OnReload(" + name + ") before Load")
	}
	if v.store == nil {
		return
	}
	v.store.subscribe(&subscriber{name: name, index: v.index,
		prepare: func(ctx context.Context, old, next any, keys []string) (Tx, error) {
			return prepare(ctx, Change[T]{Old: old.(*T), New: next.(*T), Keys: keys})
		}})
}
