package watch

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// A file that was renamed and is written to is not complete.
func TestSlowestMannerOfASaveCounts(t *testing.T) {
	begin := time.Now()
	var s save
	s.event(begin, Renamed)
	s.event(begin, Written)
	s.event(begin, Renamed)
	if got := s.complete(begin.Add(-time.Hour)).Sub(begin); got != disk.Still {
		t.Errorf("got %v, want %v", got, disk.Still)
	}
}

func TestMannerOfAnEvent(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	there := at("there")
	if err := os.WriteFile(there, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	w := &Loop{list: List{}}
	w.list.add(dir, "c.yaml")
	event := func(name string, op fsnotify.Op) fsnotify.Event { return fsnotify.Event{Name: name, Op: op} }
	for _, c := range []struct {
		name         string
		before, this fsnotify.Event
		want         Manner
	}{
		{"renamed from a name beside it", event(at("c.new"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Create), Renamed},
		{"created", event(at("other"), fsnotify.Create), event(at("c.yaml"), fsnotify.Create), Created},
		{"created at once", fsnotify.Event{}, event(at("c.yaml"), fsnotify.Create), Created},
		{"put aside and created", event(at("c.yaml"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Create), Created},
		{"another came back to the name before", event(there, fsnotify.Rename), event(at("c.yaml"), fsnotify.Create), Created},
		{"from another directory", event(filepath.Join(t.TempDir(), "c.new"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Create), Created},
		{"written", event(at("c.new"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Write), Written},
		{"removed", event(at("c.new"), fsnotify.Rename), event(at("c.yaml"), fsnotify.Remove), Created},
	} {
		w.last = c.before
		if got := w.manner(c.this); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestWhenASaveCountsAsComplete(t *testing.T) {
	const ms = time.Millisecond
	begin := time.Now()
	for _, c := range []struct {
		name   string
		events []time.Duration // after begin
		by     Manner
		told   time.Duration // when the change before the last was reported
		want   time.Duration
	}{
		{"a rename", []time.Duration{0}, Renamed, -time.Hour, 8 * ms},
		{"two renames", []time.Duration{0, 5 * ms}, Renamed, -time.Hour, 13 * ms},
		{"a new file", []time.Duration{0}, Created, -time.Hour, 50 * ms},
		{"several at once", []time.Duration{0, 10 * ms, 20 * ms}, Created, -time.Hour, 70 * ms},
		{"a write", []time.Duration{0}, Written, -time.Hour, 200 * ms},
		{"pieces", []time.Duration{0, 70 * ms, 140 * ms}, Written, -time.Hour, 420 * ms},
		{"a slow save may pause for long", []time.Duration{0, 250 * ms}, Written, -time.Hour, 750 * ms},
		{"no rest", []time.Duration{0, 900 * ms, 990 * ms}, Created, -time.Hour, 1000 * ms},
		{"the third in a second waits", []time.Duration{0}, Created, -500 * ms, 500 * ms},
		{"and for its end", []time.Duration{0, 480 * ms}, Created, -500 * ms, 530 * ms},
		{"which it must come to", []time.Duration{0, 1490 * ms}, Created, -500 * ms, 1500 * ms},
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
