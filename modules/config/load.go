package config

import (
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// load reads, parses, resolves, decodes and checks, and collects all problems. had
// are the files in force; at the start there are none.
func (l *Catalog) load(in *disk.Inputs, had []string) *candidate {
	c := &candidate{in: in, took: map[string]time.Duration{}}
	clock := time.Now()
	lap := func(step string) {
		c.took[step] += time.Since(clock)
		clock = time.Now()
	}
	c.files = l.src.documents(c.in, had)
	for _, path := range c.files {
		_, _ = c.in.Read(path) // the error is kept, and reported by addDocument
	}
	lap("read")
	c.tree = &document.Node{Table: map[string]*document.Node{}}
	for _, path := range c.files {
		l.addDocument(c, path)
	}
	c.problems = append(c.problems, l.src.idleFormat(c.files)...)
	lap("parse")
	c.over = l.src.over.Lay(c.tree, l.settings, c.in)
	c.problems = append(c.problems, problemsOf(c.over.Problems)...)
	lap("resolve")
	l.decode(c)
	for i, s := range l.sections {
		if c.values[i] != nil { // else its default panicked
			c.problems = append(c.problems, l.certain(s, c.values[i], c)...)
		}
	}
	lap("validate")
	c.sum = c.in.Sum()
	c.sort()
	return c
}
