package main

import (
	"strings"
	"testing"
	"time"
)

func TestInvalidSettings(t *testing.T) {
	for _, tt := range []struct {
		section interface{ Validate() error }
		want    string // "" = fine
	}{
		{&DB{Path: "todo.db", BusyTimeout: time.Second}, ""},
		{&DB{BusyTimeout: time.Second}, "path: is empty"},
		{&DB{Path: "todo.db"}, "busy_timeout: must be positive"},
		{&Settings{}, ""},
		{&Settings{ExpireDone: -1}, "expire_done: is negative"},
		{&Limits{MaxTodos: 1, MaxBody: 1}, ""},
		{&Limits{MaxBody: 1}, "max_todos: must be 1"},
		{&Limits{MaxTodos: 1}, "max_body: must be 1"},
		{&Limits{MaxTodos: 1, MaxBody: 1, Rate: -1}, "rate: is negative"},
	} {
		err := tt.section.Validate()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v: got %v, want %q", tt.section, err, tt.want)
		}
	}
}
