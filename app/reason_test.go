package app_test

import (
	"errors"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func TestReasonIsOneLine(t *testing.T) {
	r := &app.Reason{By: "start", Err: errors.Join(errors.New("a"), errors.New("b"))}
	if got, want := r.Error(), "start: a; b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
