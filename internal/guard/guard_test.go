package guard_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/gracefulfx/graceful/internal/guard"
)

func TestCall(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name string
		fn   func() error
		is   error
		text string
	}{
		{"returns nil", func() error { return nil }, nil, ""},
		{"returns an error", func() error { return boom }, boom, "boom"},
		{"panics", func() error { panic("ouch") }, nil, "panic: ouch"},
		{"panics with an error", func() error { panic(boom) }, boom, "panic: boom"},
		{"exits", func() error { runtime.Goexit(); return nil }, guard.ErrGoexit, guard.ErrGoexit.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := guard.Call(c.fn)
			if c.text == "" && err != nil || c.text != "" && (err == nil || err.Error() != c.text) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want %q", err, c.text)
			}
		})
	}
}
