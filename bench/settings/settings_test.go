package settings

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// The comparison is of equal work: every library reads the same.
func TestEveryLibraryReadsTheSame(t *testing.T) {
	path := write(t, Content(7, 3))
	readers, err := Readers(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readers {
		if got := r.Read(1); got != 7 {
			t.Errorf("%s: got %d, want 7", r.Name, got)
		}
	}
}

func TestEveryLibrarySeesARename(t *testing.T) {
	for _, l := range Libraries() {
		t.Run(l.Name, func(t *testing.T) {
			path := write(t, Content(0, 1))
			seen := make(chan *Settings, 100)
			if err := l.Watch(path, func(s *Settings) { seen <- s }); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(write(t, Content(1, 1)), path); err != nil {
				t.Fatal(err)
			}
			select {
			case s := <-seen:
				if s.Gen != 1 || s.Torn() {
					t.Errorf("got generation %d, torn: %v", s.Gen, s.Torn())
				}
			case <-time.After(10 * time.Second):
				t.Error("no change was seen")
			}
		})
	}
}

func TestTornSettings(t *testing.T) {
	whole := Settings{Gen: 1, End: 1, Items: make([]int, Items)}
	short := Settings{Gen: 1, End: 1, Items: make([]int, Items-1)}
	mixed := Settings{Gen: 2, End: 1, Items: make([]int, Items)}
	if whole.Torn() || !short.Torn() || !mixed.Torn() || !(&Settings{}).Torn() {
		t.Error("torn settings pass for whole ones")
	}
}
