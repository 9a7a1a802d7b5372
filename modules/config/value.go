package config

import (
	"context"
	"sync/atomic"
)

// Value is one section of the configuration in force. Reading it costs one
// atomic load; it may be used from any number of goroutines.
type Value[T any] struct {
	root  *atomic.Pointer[Snapshot]
	index int
	store *Store // nil for Static
}

// Get returns the section in force now. What it points to never changes and
// is shared: treat it as read-only. A later call may return another
// pointer; two sections read by two calls may be of two revisions, take both
// from one Snapshot if they must agree.
func (v *Value[T]) Get() *T { return v.root.Load().values[v.index].(*T) }

// In returns the section as of the snapshot, which must be of the same store.
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
