// Command todo is a small service that shows what graceful does for a program: it
// starts in order, reloads its limits while it serves, hands over to a new binary
// without losing a write, and stops when the last request is answered.
package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTitle is how long a title may be, in characters.
const maxTitle = 200

// What the store refuses. Every refusal changes nothing.
var (
	ErrNotFound  = errors.New("there is no such todo")
	ErrListFull  = errors.New("the list is full")
	ErrKeyReused = errors.New("this Idempotency-Key was used for a different request")
)

// Invalid says what is wrong with a request that was understood, in words its
// sender can act on.
type Invalid struct{ Text string }

func (e *Invalid) Error() string { return e.Text }

// Todo is one thing to do. Version grows by one with every change; it is what an
// ETag is made of.
type Todo struct {
	ID      int64  `json:"id"`
	Title   string `json:"title"`
	Done    bool   `json:"done"`
	Version int64  `json:"version"`
}

// Draft is a todo that has no id yet.
type Draft struct {
	Title string `json:"title"`
	Done  bool   `json:"done"`
}

// Clean trims the title and says what is wrong with it.
func (d *Draft) Clean() error {
	title, err := cleanTitle(d.Title)
	d.Title = title
	return err
}

// Patch changes the fields it has and leaves the others alone.
type Patch struct {
	Title *string `json:"title"`
	Done  *bool   `json:"done"`
}

// Apply changes t, or says why not and leaves t as it was.
func (p Patch) Apply(t *Todo) error {
	if p.Title == nil && p.Done == nil {
		return &Invalid{"nothing to change: send title, done or both"}
	}
	if p.Title != nil {
		title, err := cleanTitle(*p.Title)
		if err != nil {
			return err
		}
		t.Title = title
	}
	if p.Done != nil {
		t.Done = *p.Done
	}
	return nil
}

func cleanTitle(title string) (string, error) {
	title = strings.TrimSpace(title)
	switch n := utf8.RuneCountInString(title); {
	case n == 0:
		return "", &Invalid{"title is empty: say what is to be done"}
	case n > maxTitle:
		return "", &Invalid{fmt.Sprintf("title has %d characters, the most is %d", n, maxTitle)}
	case strings.ContainsFunc(title, unicode.IsControl):
		return "", &Invalid{"title contains control characters: write it on one line"}
	}
	return title, nil
}
