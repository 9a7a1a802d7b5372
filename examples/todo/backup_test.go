package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func TestBackupIsADatabaseOfItsOwn(t *testing.T) {
	s := openStore(t)
	add(t, s, "milk")
	to := filepath.Join(t.TempDir(), "copy.db")
	answer, err := s.backup(t.Context(), app.Request{Args: map[string]string{"to": to}})
	if err != nil || !strings.Contains(answer.Text, to) {
		t.Fatalf("got %q, %v, want an answer that names %s", answer.Text, err, to)
	}
	add(t, s, "bread")
	todos, _, err := openStoreAt(t, to).List(t.Context(), Page{Limit: 10})
	if len(todos) != 1 || err != nil {
		t.Errorf("got %v, %v, want the one todo of then", todos, err)
	}
}

func TestBackupRefusesWhatItMustNotTouch(t *testing.T) {
	s := openStore(t)
	add(t, s, "milk")
	there := filepath.Join(t.TempDir(), "there.db")
	if err := os.WriteFile(there, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{there, s.path, t.TempDir()} {
		if err := s.Backup(t.Context(), to); err == nil || !strings.Contains(err.Error(), "name a new one") {
			t.Errorf("%s: got %v, want a refusal", to, err)
		}
	}
	if got, _ := os.ReadFile(there); string(got) != "precious" {
		t.Errorf("got %q, want the old file untouched", got)
	}
}

func TestAFailedBackupLeavesNothing(t *testing.T) {
	s := openStore(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ctx, filepath.Join(dir, "copy.db")); err == nil {
		t.Error("got nil, want an error")
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "nowhere", "copy.db")); err == nil {
		t.Error("got nil, want an error for a directory that is not there")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("got %v, want an empty directory", left)
	}
}
