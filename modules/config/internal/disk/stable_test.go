package disk

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestNeitherEmptyNorGrowingFilesAreRead(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "c.yaml"), "")
	p := Timing{Quiet: 20 * time.Millisecond, Still: 20 * time.Millisecond, Grace: 5 * time.Second, Limit: 10 * time.Second}
	got := make(chan string)
	go func() {
		data, err := New(context.Background(), "", p).Read(path)
		if err != nil {
			t.Error(err)
		}
		got <- string(data)
	}()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 { // for longer than quiet, never resting for so long
		if _, err := f.WriteString("x"); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Millisecond) // a writer that is not done
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if data := <-got; len(data) < 50 {
		t.Errorf("got %d bytes of 50", len(data))
	}
}

// waiting is a context that notifies when a caller waits for it.
type waiting struct {
	context.Context
	asked chan struct{}
}

func (w waiting) Done() <-chan struct{} {
	select {
	case w.asked <- struct{}{}:
	default:
	}
	return w.Context.Done()
}

// The file is missing at first, and then arrives in pieces.
func TestFileThatAppearsInPiecesIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	p := Timing{Quiet: 10 * time.Millisecond, Still: 2 * time.Second, Grace: 10 * time.Second, Limit: 20 * time.Second}
	got := make(chan string)
	waits := waiting{context.Background(), make(chan struct{}, 1)}
	go func() { got <- string(New(waits, "", p).readStable(path).Data) }()
	<-waits.asked // it has looked
	write(t, path, "half")
	select {
	case data := <-got:
		t.Fatalf("got %q when it had just appeared", data)
	case <-time.After(20 * p.Quiet):
	}
	write(t, path, "half and half")
	if data := <-got; data != "half and half" {
		t.Errorf("got %q", data)
	}
}

func write(t testing.TB, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
