package config

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// Snapshot is the whole configuration at one revision: every section, read and
// checked together. It never changes.
type Snapshot struct {
	revision uint64
	hash     string
	at       time.Time
	values   []any // one *T for each section, in the order of Catalog.sections

	files []string
	tree  *document.Node // what files, environment and flags said, for origins
}

// Revision counts the configurations that were in force; the first is 1.
func (s *Snapshot) Revision() uint64 { return s.revision }

// Hash is a digest of the files this configuration was read from, with their
// names and the files they refer to. The same files give the same hash.
func (s *Snapshot) Hash() string { return s.hash }

// At returns when this configuration came into force.
func (s *Snapshot) At() time.Time { return s.at }

type pinKey struct{ store *Store }

// Pin ties the configuration in force to ctx, so that everything done for one
// request sees one revision through [Value.From]. Pinning twice keeps the first.
func (st *Store) Pin(ctx context.Context) context.Context {
	if _, ok := ctx.Value(pinKey{st}).(*Snapshot); ok {
		return ctx
	}
	return context.WithValue(ctx, pinKey{st}, st.Snapshot())
}

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
