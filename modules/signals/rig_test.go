//go:build unix

package signals

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// rig is an application whose signals are fake, inside a synctest bubble.
type rig struct {
	*Fake
	app *app.App
	env Env

	mu     sync.Mutex // guards everything below
	events []app.Event
	codes  []int
	stderr bytes.Buffer
}

func newRig() *rig {
	r := &rig{Fake: &Fake{}, app: app.New("test")}
	r.env = Env{Source: r.Fake, Exit: r.exit, Stderr: r}
	r.app.Observe(func(e app.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	})
	return r
}

func (r *rig) exit(code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.codes = append(r.codes, code)
}

func (r *rig) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stderr.Write(b)
}

func (r *rig) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stderr.String()
}

func (r *rig) exits() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.codes)
}

// notes returns the texts of all notes above debug, each with its error.
func (r *rig) notes() (texts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if c, ok := e.(app.CommandEnded); ok && c.Answer.Outcome == app.OutcomeRefused {
			texts = append(texts, fmt.Sprintf("%s refused: %s", c.Answer.Command, c.Answer.Text))
		}
		if n, ok := e.(app.Noted); ok && n.Note.Level >= 0 {
			text := n.Note.Text
			if n.Note.Err != nil {
				text += ": " + n.Note.Err.Error()
			}
			texts = append(texts, text)
		}
	}
	return texts
}

// answers returns the answers to all commands.
func (r *rig) answers() (answers []app.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if c, ok := e.(app.CommandEnded); ok {
			answers = append(answers, c.Answer)
		}
	}
	return answers
}

// start joins the defaults with changes and starts.
func (r *rig) start(t *testing.T, changes ...Row) {
	t.Helper()
	table, err := Defaults().With(changes...)
	if err != nil {
		t.Fatal(err)
	}
	Join(r.app, table, nil, r.env)
	if err := r.app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// end stops the application, if nothing has stopped it yet, and waits for the end.
func (r *rig) end(t *testing.T) app.Report {
	t.Helper()
	synctest.Wait()
	r.app.Stop(app.Reason{By: "test"})
	report, err := r.app.Wait(context.Background())
	if err != nil {
		t.Error(err)
	}
	return report
}

// aSecond drains for a second, unless it is hurried.
func aSecond(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(time.Second):
		return nil
	}
}

// blocker is a function that runs until it is released.
type blocker struct {
	began, release chan struct{}
	runs           int
}

func newBlocker() *blocker {
	return &blocker{began: make(chan struct{}, 100), release: make(chan struct{})}
}

func (b *blocker) handle(ctx context.Context, _ app.Request) (app.Answer, error) {
	b.runs++
	b.began <- struct{}{}
	select {
	case <-b.release:
		return app.Answer{Text: "done"}, nil
	case <-ctx.Done():
		return app.Answer{}, context.Cause(ctx)
	}
}

func bubble(t *testing.T, fn func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, fn)
}
