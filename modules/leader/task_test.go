package leader_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/leader"
)

const lease = 15 * time.Second

// ballot is an election that the test decides.
type ballot struct {
	fail   int // how many campaigns fail first
	handed []byte

	mu    sync.Mutex
	token int64
	term  *leader.Term
	done  []string
}

func (b *ballot) Campaign(_ context.Context, handed []byte) (leader.Leadership, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handed = handed
	if b.fail--; b.fail >= 0 {
		return nil, errors.New("no answer")
	}
	b.token++
	b.term = leader.NewTerm(time.Now(), lease)
	b.term.Token = b.token
	return b, nil
}

func (b *ballot) Term() *leader.Term { return b.term }

func (b *ballot) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = append(b.done, what)
}

func (b *ballot) Resign() { b.note("resign") }

func (b *ballot) HandOver(send func([]byte) bool) {
	if send([]byte("the lease")) {
		b.note("hand over")
	} else {
		b.note("resign")
	}
}

// run starts an application whose leader's task is fn.
func run(t *testing.T, b *ballot, sockets app.Sockets, fn app.TaskFunc, opts ...app.TaskOption) (*app.App, *[]app.Note) {
	t.Helper()
	a := app.New("test")
	var notes []app.Note
	a.Observe(func(e app.Event) {
		if n, ok := e.(app.Noted); ok {
			notes = append(notes, n.Note)
		}
	})
	leader.Go(a, sockets, b, app.Task{Name: "report", Run: fn, Options: opts})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a, &notes
}

func (b *ballot) want(t *testing.T, want ...string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.done, want) {
		t.Errorf("got %q, want %q", b.done, want)
	}
}

func TestAStopWaitsForTheTaskAndResigns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &ballot{fail: 3}
		a, notes := run(t, b, nil, func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			b.note("returned")
			return ctx.Err()
		})
		time.Sleep(5 * time.Second) // of failures
		synctest.Wait()
		a.Stop(app.Reason{Kind: app.Requested})
		if r, err := a.Wait(t.Context()); r.Code != 0 || err != nil {
			t.Errorf("got %v, %v", r, err)
		}
		b.want(t, "returned", "resign")
		warnings := 0
		for _, n := range *notes {
			if strings.HasPrefix(n.Text, "no election") {
				warnings++
			}
		}
		if warnings != 1 {
			t.Errorf("got %d warnings of 3 failures in a row, want 1", warnings)
		}
	})
}

func TestALostTermIsFollowedByAnotherCampaign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &ballot{}
		var tokens []int64
		a, _ := run(t, b, nil, func(ctx context.Context) error {
			token, err := leader.Token(ctx)
			tokens = append(tokens, token)
			<-ctx.Done()
			return errors.Join(err, context.Cause(ctx))
		})
		time.Sleep(25 * time.Second) // nothing renews
		synctest.Wait()
		a.Stop(app.Reason{Kind: app.Requested})
		if r, err := a.Wait(t.Context()); r.Code != 0 || err != nil {
			t.Errorf("got %v, %v", r, err)
		}
		if want := []int64{1, 2, 3}; !slices.Equal(tokens, want) {
			t.Errorf("got tokens %v, want %v", tokens, want)
		}
		b.want(t, "resign", "resign", "resign")
	})
}

func TestATaskThatDoesNotReturnIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		a, notes := run(t, &ballot{}, nil, func(context.Context) error { <-release; return nil })
		time.Sleep(lease + time.Second)
		synctest.Wait()
		if n := len(*notes); n == 0 || !strings.Contains((*notes)[n-1].Text, "has not returned") {
			t.Errorf("got the notes %v", *notes)
		}
		close(release)
		a.Stop(app.Reason{})
		_, _ = a.Wait(t.Context())
	})
}

func TestWhatATaskReturns(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name string
		fn   func(n int) error
		opts []app.TaskOption
		code int // of the application, if it ends by itself
		runs int
	}{
		{"nil", func(int) error { return nil }, nil, -1, 1},
		{"nil and exit", func(int) error { return nil }, []app.TaskOption{app.ExitWhenDone()}, 0, 1},
		{"an error", func(int) error { return boom }, nil, 1, 1},
		{"a panic", func(int) error { panic(boom) }, nil, 1, 1},
		{"an error, once", func(n int) error { return []error{boom, nil}[n-1] }, []app.TaskOption{app.Restart(app.Backoff{})}, -1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, runs := &ballot{}, 0
				a, _ := run(t, b, nil, func(context.Context) error { runs++; return c.fn(runs) }, c.opts...)
				synctest.Wait()
				if stopped := a.Reason() != nil; stopped != (c.code >= 0) {
					t.Errorf("stops %v: %v", stopped, a.Reason())
				}
				a.Stop(app.Reason{})
				if r, _ := a.Wait(t.Context()); r.Code != max(c.code, 0) {
					t.Errorf("got code %d, want %d", r.Code, c.code)
				}
				if runs != c.runs {
					t.Errorf("it ran %d times, want %d", runs, c.runs)
				}
				b.want(t, slices.Repeat([]string{"resign"}, c.runs)...)
			})
		})
	}
}

// kept is app.Sockets with one file that is inherited, and those that are kept.
type kept struct {
	app.Sockets
	inherited *os.File
	keeps     *os.File
}

func (k *kept) File(string) *os.File      { return k.inherited }
func (k *kept) Keep(_ string, f *os.File) { k.keeps = f }
func until(t *testing.T, ch <-chan struct{}) { // or fail
	t.Helper()
	select {
	case <-ch:
	case <-time.After(time.Minute):
		t.Fatal("nothing happens")
	}
}

func TestALeaseGoesToTheSuccessorThatIsThere(t *testing.T) {
	for name, there := range map[string]bool{"a successor": true, "none": false} {
		t.Run(name, func(t *testing.T) {
			old, begun := &ballot{}, make(chan struct{}, 1)
			task := func(ctx context.Context) error { begun <- struct{}{}; <-ctx.Done(); return nil }
			sockets := &kept{}
			a, _ := run(t, old, sockets, task)
			until(t, begun)

			young := &ballot{}
			var b *app.App
			if there {
				b, _ = run(t, young, &kept{inherited: duplicate(t, sockets.keeps)}, task)
			}
			a.Stop(app.Reason{Kind: app.Replaced})
			if _, err := a.Wait(t.Context()); err != nil {
				t.Error(err)
			}
			if !there {
				old.want(t, "resign")
				return
			}
			old.want(t, "hand over")
			until(t, begun)
			if got := string(young.handed); got != "the lease" {
				t.Errorf("the successor got %q", got)
			}
			b.Stop(app.Reason{Kind: app.Requested})
			_, _ = b.Wait(t.Context())
			young.want(t, "resign")
		})
	}
}

// A successor that never leads, because its predecessor does not end, can be
// stopped.
func TestASuccessorThatWaitsCanBeStopped(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	b := &ballot{}
	a, _ := run(t, b, &kept{inherited: r}, func(context.Context) error { return errors.New("it has run") })
	a.Stop(app.Reason{Kind: app.Requested})
	if rep, err := a.Wait(t.Context()); rep.Code != 0 || err != nil {
		t.Errorf("got %v, %v", rep, err)
	}
	b.want(t)
}
