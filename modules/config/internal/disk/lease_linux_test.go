package disk

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A writer may be slow, or delayed by a busy machine, in the middle of a file.
func TestSlowWriterIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if !openForWriting(openRead(t, path)) {
		t.Skip("leases do not work here")
	}
	if _, err := f.WriteString("http:\n  port: 1"); err != nil {
		t.Fatal(err)
	}
	p := Timing{Quiet: 10 * time.Millisecond, Still: 10 * time.Millisecond, Grace: 10 * time.Second, Limit: 20 * time.Second}
	got := make(chan string)
	go func() {
		data, err := New(context.Background(), "", p).Read(path)
		if err != nil {
			t.Error(err)
		}
		got <- string(data)
	}()
	select {
	case data := <-got:
		t.Fatalf("got %q while the file was open for writing", data)
	case <-time.After(20 * p.Quiet):
	}
	if _, err := f.WriteString("000\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if data := <-got; data != "http:\n  port: 1000\n" {
		t.Errorf("got %q", data)
	}
	if openForWriting(openRead(t, path)) {
		t.Error("got open for writing, want closed")
	}
}

func openRead(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
