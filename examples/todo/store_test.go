package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAwkwardFileNames(t *testing.T) {
	for _, name := range []string{"a b.db", "50%.db", "what?.db", "a#b.db", "ä&_query_only=true.db"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Logf("no such name on this file system: %v", err)
			continue
		}
		add(t, openStoreAt(t, path), "written")
		if todos, _, err := openStoreAt(t, path).List(t.Context(), Page{Limit: 10}); len(todos) != 1 {
			t.Errorf("%s: got %d todos (%v), want 1", name, len(todos), err)
		}
	}
}

func TestListPages(t *testing.T) {
	s := openStore(t)
	for i := range 5 {
		add(t, s, fmt.Sprint(i))
	}
	if _, err := s.Update(t.Context(), 2, func(t *Todo) error { t.Done = true; return nil }); err != nil {
		t.Fatal(err)
	}
	yes, no := true, false
	for _, tt := range []struct {
		page Page
		want []int64
		more bool
	}{
		{Page{Limit: 10}, []int64{5, 4, 3, 2, 1}, false},
		{Page{Limit: 5}, []int64{5, 4, 3, 2, 1}, false},
		{Page{Limit: 4}, []int64{5, 4, 3, 2}, true},
		{Page{Limit: 2, Before: 3}, []int64{2, 1}, false},
		{Page{Limit: 1, Before: 3}, []int64{2}, true},
		{Page{Limit: 2, Before: 1}, nil, false},
		{Page{Limit: 9, Before: 99}, []int64{5, 4, 3, 2, 1}, false},
		{Page{Limit: 9, Done: &yes}, []int64{2}, false},
		{Page{Limit: 2, Done: &no}, []int64{5, 4}, true},
	} {
		todos, more, err := s.List(t.Context(), tt.page)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, todo := range todos {
			got = append(got, todo.ID)
		}
		if !slices.Equal(got, tt.want) || more != tt.more {
			t.Errorf("%+v: got %v, %v, want %v, %v", tt.page, got, more, tt.want, tt.more)
		}
	}
}

func TestCreateIsIdempotent(t *testing.T) {
	s := openStore(t)
	first, again, err := s.Create(t.Context(), Draft{Title: "milk"}, "k1", 1)
	if again || err != nil {
		t.Fatalf("got %v, %v, want a new todo", again, err)
	}
	// The list is full now, and the todo has changed since: the answer is still the
	// first one.
	if _, err := s.Update(t.Context(), first.ID, func(t *Todo) error { t.Done = true; return nil }); err != nil {
		t.Fatal(err)
	}
	second, again, err := s.Create(t.Context(), Draft{Title: "milk"}, "k1", 1)
	if second != first || !again || err != nil {
		t.Errorf("got %+v, %v, %v, want %+v again", second, again, err, first)
	}
	if _, _, err := s.Create(t.Context(), Draft{Title: "bread"}, "k1", 1); !errors.Is(err, ErrKeyReused) {
		t.Errorf("another draft with the same key: got %v, want %v", err, ErrKeyReused)
	}
	if _, _, err := s.Create(t.Context(), Draft{Title: "bread"}, "k2", 1); !errors.Is(err, ErrListFull) {
		t.Errorf("beyond the limit: got %v, want %v", err, ErrListFull)
	}
	// A refused request leaves no trace: the key is still free.
	if _, again, err := s.Create(t.Context(), Draft{Title: "bread"}, "k2", 2); again || err != nil {
		t.Errorf("after raising the limit: got %v, %v, want a new todo", again, err)
	}
}

func TestUpdate(t *testing.T) {
	s := openStore(t)
	todo := add(t, s, "milk")
	boom := errors.New("boom")

	if _, err := s.Update(t.Context(), todo.ID, func(t *Todo) error { t.Title = "x"; return boom }); !errors.Is(err, boom) {
		t.Errorf("got %v, want %v", err, boom)
	}
	if got, err := s.Update(t.Context(), todo.ID, func(*Todo) error { return nil }); got != todo || err != nil {
		t.Errorf("without a change: got %+v, %v, want %+v", got, err, todo)
	}
	got, err := s.Update(t.Context(), todo.ID, func(t *Todo) error { t.Done = true; return nil })
	if want := (Todo{ID: todo.ID, Title: "milk", Done: true, Version: 2}); got != want || err != nil {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := s.Update(t.Context(), 99, func(*Todo) error { return nil }); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown id: got %v, want %v", err, ErrNotFound)
	}
}

func TestAnIDIsNeverGivenTwice(t *testing.T) {
	s := openStore(t)
	first := add(t, s, "milk")
	if err := s.Delete(t.Context(), first.ID, func(Todo) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if second := add(t, s, "bread"); second.ID <= first.ID {
		t.Errorf("got id %d after %d was deleted, want a higher one", second.ID, first.ID)
	}
}

func TestCloseWithoutOpenAndTwice(t *testing.T) {
	s, err := NewStore(filepath.Join(t.TempDir(), "todo.db"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
