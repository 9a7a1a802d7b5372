package config

import (
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A Snapshot is the whole configuration at one revision: every section, read and
// checked together. It never changes.
type Snapshot struct {
	revision uint64
	hash     string
	at       time.Time
	values   []any // one *T for each section, in the order of Catalog.sections

	files []string
	tree  *document.Node // the values of files, environment and flags, for their origins
}

// Revision is the number of this configuration, counted from 1.
func (s *Snapshot) Revision() uint64 { return s.revision }

// Hash is a digest of the files this configuration was read from, with their
// names and the files they refer to. The same files give the same hash.
func (s *Snapshot) Hash() string { return s.hash }

// At returns the time when this configuration came into force.
func (s *Snapshot) At() time.Time { return s.at }
