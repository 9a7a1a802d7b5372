package admin

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/gracefulfx/graceful/app"
)

// memoryFormat is the version of memory. Another version is ignored: history helps
// operators, but is not promised across releases.
const memoryFormat = 1

// revisionsKept is how many revisions of earlier generations are kept.
const revisionsKept = 20

// memory is the history that one generation leaves to the next; see app.History.
type memory struct {
	Format     int         `json:"format"`
	Events     []Event     `json:"events"`
	Answers    []Answer    `json:"answers"`
	Operations []Operation `json:"operations"`
	Revisions  []Revision  `json:"revisions"`
	Series     []Sample    `json:"series"`
}

// earlier holds the revisions of earlier generations.
type earlier struct {
	mu        sync.Mutex // guards everything below
	revisions []Revision
}

// revisions returns those of earlier generations and of this one, the oldest first.
func (s *Server) revisions() []Revision {
	s.earlier.mu.Lock()
	list := append([]Revision{}, s.earlier.revisions...)
	s.earlier.mu.Unlock()
	if s.store != nil {
		for _, r := range s.store.History() {
			list = append(list, Revision{r, s.app.Generation()})
		}
		if last := s.store.Last(); last.Err() != nil {
			list = append(list, Revision{last, s.app.Generation()})
		}
	}
	return list
}

// save returns the memory, app.MaxHistory bytes at most: the oldest events are
// dropped first, then halves of the rest.
func (s *Server) save() []byte {
	answers, _ := s.journal.recent()
	m := memory{
		Format: memoryFormat, Events: s.journal.all(), Answers: answers, Operations: s.ops.list(),
		Revisions: s.revisions(), Series: s.series.list(),
	}
	for {
		b, err := json.Marshal(m)
		if err == nil && len(b) <= app.MaxHistory {
			return b
		}
		if !m.halve() {
			return nil
		}
	}
}

// halve drops a half, and reports whether there was anything to drop.
func (m *memory) halve() bool {
	switch {
	case len(m.Events) > 0:
		m.Events = m.Events[(len(m.Events)+1)/2:]
	case len(m.Operations)+len(m.Answers) > 0:
		m.Operations, m.Answers = m.Operations[(len(m.Operations)+1)/2:], m.Answers[(len(m.Answers)+1)/2:]
	case len(m.Revisions) > 0:
		m.Revisions = m.Revisions[(len(m.Revisions)+1)/2:]
	case len(m.Series) > 0:
		m.Series = m.Series[(len(m.Series)+1)/2:]
	default:
		return false
	}
	return true
}

// load takes over the memory of the generation before.
func (s *Server) load(b []byte) {
	var m memory
	err := json.Unmarshal(b, &m)
	if err == nil && m.Format != memoryFormat {
		err = fmt.Errorf("it has format %d, and this program reads %d", m.Format, memoryFormat)
	}
	if err != nil {
		s.app.Note(app.Note{Level: slog.LevelDebug, Text: "the history of the predecessor is from another release and is ignored", Err: err})
		return
	}
	s.journal.load(m.Events, m.Answers)
	s.ops.load(m.Operations)
	s.series.load(m.Series)
	s.earlier.mu.Lock()
	defer s.earlier.mu.Unlock()
	m.Revisions = slices.DeleteFunc(m.Revisions, func(r Revision) bool { return r.Generation >= s.app.Generation() })
	s.earlier.revisions = merge(s.earlier.revisions, m.Revisions, revisionsKept, func(r Revision) string {
		return fmt.Sprint(r.Generation, r.Report.Revision, r.At.UnixNano())
	}, func(a, b Revision) int { return a.At.Compare(b.At) })
}

// merge adds to list the elements that it does not have yet, sorts it, and keeps
// the last ones.
func merge[T any, K comparable](list, more []T, most int, key func(T) K, order func(a, b T) int) []T {
	list = slices.Clone(list)
	have := map[K]bool{}
	for _, v := range list {
		have[key(v)] = true
	}
	for _, v := range more {
		if !have[key(v)] {
			list = append(list, v)
		}
	}
	slices.SortStableFunc(list, order)
	return list[max(0, len(list)-most):]
}
