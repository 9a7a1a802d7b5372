package leader

import (
	"context"
	"time"
)

// forever is longer than any process runs.
const forever = 100 * 365 * 24 * time.Hour

// Alone returns the elector of a fleet of one, as on a developer's machine: this
// process leads at once and always.
func Alone() Elector { return alone{} }

type alone struct{}

// Campaign implements Elector.
func (alone) Campaign(context.Context, []byte) (Leadership, error) {
	now := time.Now()
	t := NewTerm(now, forever)
	t.Token = now.UnixMilli()
	return sole{t}, nil
}

type sole struct{ term *Term }

func (s sole) Term() *Term                { return s.term }
func (s sole) Resign()                    {}
func (s sole) HandOver(func([]byte) bool) {}
