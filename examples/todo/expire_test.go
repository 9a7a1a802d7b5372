package main

import (
	"testing"
	"time"
)

func TestExpire(t *testing.T) {
	s := openStore(t)
	for range 3 {
		add(t, s, "milk")
	}
	for _, query := range []string{
		"UPDATE todos SET done = 1, changed_at = unixepoch() - 3600 WHERE id = 1", // done long ago
		"UPDATE todos SET done = 1 WHERE id = 2",                                  // done just now
		"UPDATE todos SET changed_at = 0 WHERE id = 3",                            // old, but not done
		"UPDATE changes SET at = 0 WHERE seq = 1",
		"INSERT INTO idempotency (key, request, response, at) VALUES ('old', '', '', 0)",
	} {
		if _, err := s.write.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{0, 3}, {2 * time.Hour, 3}, {time.Minute, 2}} {
		if err := s.Expire(t.Context(), tt.after); err != nil {
			t.Fatal(err)
		}
		if todos, _, err := s.List(t.Context(), Page{Limit: 10}); len(todos) != tt.want || err != nil {
			t.Errorf("%v: got %d todos (%v), want %d", tt.after, len(todos), err, tt.want)
		}
	}
	changes, err := s.Changes(t.Context(), 0, 100)
	if err != nil || changes[0].Seq != 2 || changes[len(changes)-1].Kind != "deleted" {
		t.Errorf("got %v (%v), want the changes from 2 on, and the deletion last", changes, err)
	}
	var keys int
	if err := s.read.QueryRow("SELECT count(*) FROM idempotency").Scan(&keys); err != nil || keys != 0 {
		t.Errorf("got %d keys (%v), want 0", keys, err)
	}
}
