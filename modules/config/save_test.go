package config

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// A file that was renamed and is written to is not complete.
func TestTheSlowestMannerOfASaveCounts(t *testing.T) {
	begin := time.Now()
	var s save
	s.event(begin, renamed)
	s.event(begin, written)
	s.event(begin, renamed)
	if got := s.complete(begin.Add(-time.Hour)).Sub(begin); got != disk.Still {
		t.Errorf("got %v, want %v", got, disk.Still)
	}
}

func TestManner(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	there := write(t, at("there"), "x")
	w := &Watcher{list: watchlist{}}
	w.list.add(dir, "c.yaml")
	event := func(name string, op fsnotify.Op) fsnotify.Event { return fsnotify.Event{Name: name, Op: op} }
	for _, c := range []struct {
		name         string
		before, this fsnotify.Event
		want         manner
	}{
		{"renamed from a name beside it", event(at("c.new"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Create), renamed},
		{"created", event(at("other"), fsnotify.Create), event(at("c.yaml"), fsnotify.Create), created},
		{"created at once", fsnotify.Event{}, event(at("c.yaml"), fsnotify.Create), created},
		{"put aside and created", event(at("c.yaml"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Create), created},
		{"another came back to the name before", event(there, fsnotify.Rename), event(at("c.yaml"), fsnotify.Create), created},
		{"from another directory", event(filepath.Join(t.TempDir(), "c.new"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Create), created},
		{"written", event(at("c.new"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Write), written},
		{"removed", event(at("c.new"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Remove), created},
	} {
		w.last = c.before
		if got := w.manner(c.this); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestWhenASaveIsTakenForComplete(t *testing.T) {
	const ms = time.Millisecond
	begin := time.Now()
	for _, c := range []struct {
		name   string
		events []time.Duration // after begin
		by     manner
		told   time.Duration // when the change before the last was told
		want   time.Duration
	}{
		{"a rename", []time.Duration{0}, renamed, -time.Hour, 8 * ms},
		{"two renames", []time.Duration{0, 5 * ms}, renamed, -time.Hour, 13 * ms},
		{"a new file", []time.Duration{0}, created, -time.Hour, 50 * ms},
		{"several at once", []time.Duration{0, 10 * ms, 20 * ms}, created, -time.Hour, 70 * ms},
		{"a write", []time.Duration{0}, written, -time.Hour, 200 * ms},
		{"pieces", []time.Duration{0, 70 * ms, 140 * ms}, written, -time.Hour, 420 * ms},
		{"who takes long may pause for long", []time.Duration{0, 250 * ms}, written, -time.Hour, 750 * ms},
		{"no rest", []time.Duration{0, 900 * ms, 990 * ms}, created, -time.Hour, 1000 * ms},
		{"the third in a second waits", []time.Duration{0}, created, -500 * ms, 500 * ms},
		{"and for its end", []time.Duration{0, 480 * ms}, created, -500 * ms, 530 * ms},
		{"which it must come to", []time.Duration{0, 1490 * ms}, created, -500 * ms, 1500 * ms},
	} {
		var s save
		for _, at := range c.events {
			s.event(begin.Add(at), c.by)
		}
		if got := s.complete(begin.Add(c.told)).Sub(begin); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
