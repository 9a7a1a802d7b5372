package app

import (
	"fmt"
	"time"
)

// Succession is what came of one upgrade, as far as this process knows.
type Succession struct {
	From     int           `json:"from"` // generation
	To       int           `json:"to"`
	By       string        `json:"by,omitempty"` // who asked for it
	Took     time.Duration `json:"took_ns,omitempty"`
	Draining bool          `json:"draining,omitempty"`    // the old process is still there
	Moved    *Moved        `json:"connections,omitempty"` // nil: not known, or not yet
	Error    string        `json:"error,omitempty"`       // why the old process has stayed
}

// Moved counts what became of the connections of the old process.
type Moved struct {
	Handed    int `json:"handed"`     // the new process has them
	TakenBack int `json:"taken_back"` // the old one has them still, or again
	Cut       int `json:"cut"`        // closed by force
}

// String is one line for people.
func (s Succession) String() string {
	text := fmt.Sprintf("%d -> %d", s.From, s.To)
	if s.By != "" {
		text += " by " + s.By
	}
	if s.Took > 0 {
		text += fmt.Sprintf(", took %.1f s", s.Took.Seconds())
	}
	switch {
	case s.Error != "" && (s.Moved == nil || *s.Moved == Moved{}): // it did not come to that
	case s.Moved != nil:
		text += fmt.Sprintf(", %d connections handed, %d taken back, %d cut", s.Moved.Handed, s.Moved.TakenBack, s.Moved.Cut)
	case s.Draining:
		text += ", the old process still drains"
	default:
		text += ", the old process did not tell what became of its connections"
	}
	if s.Error != "" {
		text += ": " + s.Error
	}
	return text
}

// Successions returns what is known of the upgrade that this process has come
// from, and of the last one that it has tried itself, in this order.
func (a *App) Successions() []Succession {
	a.mu.Lock()
	from := a.successions
	a.mu.Unlock()
	if from == nil {
		return nil
	}
	return from()
}

// Succeeds sets what Successions returns. It is for the module that carries out
// upgrades. fn must not block, and may be called by several at once.
func (w Wiring) Succeeds(fn func() []Succession) {
	w.app.mu.Lock()
	defer w.app.mu.Unlock()
	w.app.successions = fn
}
