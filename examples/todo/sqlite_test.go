package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

func TestBadDatabasesGiveClearErrors(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, path string)
		want    string
	}{
		{"no directory", func(t *testing.T, path string) { os.Remove(filepath.Dir(path)) }, "does its directory exist"},
		{"a directory", func(t *testing.T, path string) { os.Mkdir(path, 0o700) }, "cannot be opened"},
		{"a text file", func(t *testing.T, path string) {
			os.WriteFile(path, []byte(strings.Repeat("dear diary, ", 1000)), 0o600)
		}, "restore a backup"},
		{"damaged", damage, "restore a backup"},
		{"locked", func(t *testing.T, path string) { lock(t, openStoreAt(t, path)) }, "is locked by another program"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data", "todo.db")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			tt.prepare(t, path)
			s, err := NewStore(path, 20*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			err = s.Open(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want an error with %q and the path", err, tt.want)
			}
		})
	}
}

// damage overwrites the schema of a good database. (No process has it open, so this
// test may touch the file.)
func damage(t *testing.T, path string) {
	s := openStoreAt(t, path)
	add(t, s, "milk")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 3000)), 100); err != nil {
		t.Fatal(err)
	}
}

// lock holds the write lock until the test ends.
func lock(t *testing.T, s *Store) {
	t.Helper()
	tx, err := s.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback() })
}

func TestAFullDiskRefusesTheWriteAndKeepsTheRest(t *testing.T) {
	s := openStore(t)
	add(t, s, "milk")
	if _, err := s.write.Exec("PRAGMA max_page_count = 1"); err != nil { // not below its present size: no page more
		t.Fatal(err)
	}
	var err error
	for i := 0; i < 1000 && err == nil; i++ {
		_, _, err = s.Create(t.Context(), Draft{Title: strings.Repeat("x", 200)}, "", 2000)
	}
	if got, want := code(err), sqlite3.SQLITE_FULL; got != want || !strings.Contains(err.Error(), "make room") {
		t.Errorf("got %v (code %d), want code %d and advice", err, got, want)
	}
	if _, err := s.Get(t.Context(), 1); err != nil {
		t.Errorf("reading on a full disk: %v", err)
	}
}

func TestConnectionsAreSetUp(t *testing.T) {
	s := openStore(t)
	for _, tt := range []struct {
		name, pragma string
		db           *sql.DB
		want         string
	}{
		{"writer", "journal_mode", s.write, "wal"},
		{"writer", "synchronous", s.write, "1"},
		{"writer", "busy_timeout", s.write, "10000"},
		{"writer", "foreign_keys", s.write, "1"},
		{"writer", "query_only", s.write, "0"},
		{"reader", "query_only", s.read, "1"},
		{"reader", "busy_timeout", s.read, "10000"},
	} {
		var got string
		if err := tt.db.QueryRow("PRAGMA " + tt.pragma).Scan(&got); err != nil || got != tt.want {
			t.Errorf("%s, %s: got %q (%v), want %q", tt.name, tt.pragma, got, err, tt.want)
		}
	}
}

func TestVersionsCompareAsNumbers(t *testing.T) {
	for _, tt := range []struct {
		version string
		want    int
	}{
		{"3.51.3", 3051003}, {"3.9.0", 3009000}, {"3.54", 3054000}, {"", 0}, {"trunk", 0},
	} {
		if got := number(tt.version); got != tt.want {
			t.Errorf("%q: got %d, want %d", tt.version, got, tt.want)
		}
	}
}
