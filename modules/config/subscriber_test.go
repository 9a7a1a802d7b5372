package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestSubscribersCommitTogetherOrNotAtAll(t *testing.T) {
	var mu sync.Mutex // the abandoned one goes on by itself
	var log []string
	write := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		log = append(log, s)
	}
	note := func(s string) func() { return func() { write(s) } }
	prepare := func(name string, then func(ctx context.Context) error) func(context.Context, Change[web]) (Tx, error) {
		return func(ctx context.Context, c Change[web]) (Tx, error) {
			write("prepare " + name)
			var err error
			if then != nil {
				err = then(ctx)
			}
			return Tx{Commit: note("commit " + name), Rollback: note("rollback " + name)}, err
		}
	}
	tests := []struct {
		name string
		last func(ctx context.Context) error
		want string
		why  string
	}{
		{"all agree", nil, "prepare a, prepare b, prepare c, commit a, commit b, commit c", ""},
		{"error", func(context.Context) error { return errors.New("no") }, "prepare a, prepare b, prepare c, rollback c, rollback b, rollback a", "no"},
		{"panic", func(context.Context) error { panic("boom") }, "prepare a, prepare b, prepare c, rollback b, rollback a", "panic: boom"},
		{"deadline", func(ctx context.Context) error { <-ctx.Done(); return nil }, "prepare a, prepare b, prepare c, rollback c, rollback b, rollback a", "did not prepare in time"},
		{"deaf to the deadline", func(context.Context) error { time.Sleep(time.Minute); return nil }, "prepare a, prepare b, prepare c, rollback b, rollback a, rollback c", "was abandoned"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log = nil
			r := newRig(t, "http: {port: 1}")
			synctest.Test(t, func(t *testing.T) {
				OnReload(r.web, "a", prepare("a", nil))
				OnReload(r.web, "b", prepare("b", nil))
				OnReload(r.web, "c", prepare("c", tt.last))
				OnReload(r.db, "db", func(context.Context, Change[database]) (Tx, error) {
					t.Error("db did not change")
					return Tx{}, nil
				})
				r.running = make(chan struct{}, 1) // of this bubble
				got := r.edit(t, "http: {port: 2}")
				time.Sleep(2 * time.Minute) // of the bubble: the deaf one has returned
				synctest.Wait()
				if s := strings.Join(log, ", "); s != tt.want {
					t.Errorf("got  %s\nwant %s", s, tt.want)
				}
				if tt.why == "" && (got.Result != Applied || r.web.Get().Port != 2) {
					t.Errorf("got %s, want it applied", got.Text())
				}
				if tt.why != "" && (got.Result != Vetoed || got.VetoedBy != "c" || !strings.Contains(got.Reason, tt.why) || r.web.Get().Port != 1) {
					t.Errorf("got %s, want a veto of c: %s", got.Text(), tt.why)
				}
			})
		})
	}
}

func TestVetoThatNamesASettingPointsAtItsLine(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	OnReload(r.web, "server", func(_ context.Context, c Change[web]) (Tx, error) {
		return Tx{}, errors.Join(Invalid("port", "%d is taken", c.New.Port), errors.New("and so on"))
	})
	got := r.edit(t, "http:\n  on: true\n  port: 2\n")
	want := "vetoed by server: " + r.path + ":3:3: http.port: 2 is taken; revision 1 stays in force"
	if got.Result != Vetoed || got.Text() != want || len(got.Problems) != 1 {
		t.Errorf("got  %s, %v\nwant %s", got.Text(), got.Problems, want)
	}
}

// A subscriber that wraps an error of another package names the setting in words.
func TestVetoThatNamesASettingInWordsPointsAtItsLine(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	OnReload(r.web, "server", func(context.Context, Change[web]) (Tx, error) {
		return Tx{}, errors.Join(fmt.Errorf("http.port: %w", fs.ErrExist), errors.New("http.porter: and so on"))
	})
	got := r.edit(t, "http:\n  on: true\n  port: 2\n")
	want := "vetoed by server: " + r.path + ":3:3: http.port: file already exists; revision 1 stays in force"
	if got.Result != Vetoed || got.Text() != want || len(got.Problems) != 1 {
		t.Errorf("got  %s, %v\nwant %s", got.Text(), got.Problems, want)
	}
}

func TestPanicInCommitIsReportedAndOthersGoOn(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	committed := false
	OnReload(r.web, "bad", func(context.Context, Change[web]) (Tx, error) { return Tx{Commit: func() { panic("late") }}, nil })
	OnReload(r.web, "good", func(context.Context, Change[web]) (Tx, error) {
		return Tx{Commit: func() { committed = true }}, nil
	})
	if got := r.edit(t, "http: {port: 2}"); got.Result != Applied || !committed || !reflect.DeepEqual(got.Degraded, []string{"bad"}) {
		t.Errorf("got %s, committed %v", got.JSON(), committed)
	}
}

func TestChangeNamesItsKeys(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	OnReload(r.web, "s", func(_ context.Context, c Change[web]) (Tx, error) {
		if c.Old.Port != 1 || c.New.Port != 2 || !c.Touched("port") || !c.Touched("tls") || c.Touched("hosts", "po") {
			t.Errorf("got %+v", c)
		}
		return Tx{}, nil
	})
	r.edit(t, "http: {port: 2, tls: {min_version: x}}")
}
