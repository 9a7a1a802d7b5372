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
	if writersOf(openRead(t, path)) != some {
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
	if got := writersOf(openRead(t, path)); got != none {
		t.Errorf("got writers %v, want none", got)
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

// A reload that follows a finished save has nothing to wait for.
func TestReplacedFileThatNoProcessWritesIsReadAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "c.yaml"), "http: {port: 1}")
	if writersOf(openRead(t, path)) == unknown {
		t.Skip("leases do not work here")
	}
	for _, tt := range []struct {
		name  string
		save  func(text string)
		waits bool
	}{
		{"renamed", func(text string) { rename(t, write(t, filepath.Join(dir, "new"), text), path) }, false},
		{"renamed, open for writing", func(text string) {
			name := write(t, filepath.Join(dir, "new"), text)
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			rename(t, name, path)
		}, true},
		{"written in place", func(text string) { write(t, path, text) }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := New(t.Context(), "", AtStart)
			if _, err := before.Read(path); err != nil {
				t.Fatal(err)
			}
			tt.save(tt.name)
			waits := waiting{t.Context(), make(chan struct{}, 1)}
			p := AtReload
			p.Limit = 2 * p.Quiet // of a file that stays open for writing
			data, err := New(waits, "", p).Following(before).Read(path)
			if err != nil && !tt.waits || err == nil && string(data) != tt.name {
				t.Errorf("got %q, %v", data, err)
			}
			if got := len(waits.asked) > 0; got != tt.waits {
				t.Errorf("it waited: %t, want %t", got, tt.waits)
			}
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
