package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be another process as well: the program itself, or
// another generation of its store.
func TestMain(m *testing.M) {
	if role := os.Getenv("TEST_ROLE"); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

// openStore returns an open store in a new directory.
func openStore(t *testing.T) *Store {
	t.Helper()
	return openStoreAt(t, filepath.Join(t.TempDir(), "todo.db"))
}

func openStoreAt(t *testing.T, path string) *Store {
	t.Helper()
	s, err := NewStore(path, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// add creates a todo.
func add(t *testing.T, s *Store, title string) Todo {
	t.Helper()
	todo, _, err := s.Create(t.Context(), Draft{Title: title}, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return todo
}
