package order

import (
	"slices"
	"strings"
	"testing"
)

func TestCalledServersStopAfterTheirCallers(t *testing.T) {
	var o Order
	for _, e := range [][2]string{{"edge", "http"}, {"http", "grpc"}, {"http", "admin"}, {"edge", "grpc"}, {"http", "grpc"}} {
		if err := o.Add(e[0], e[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := o.Callers("grpc"); !slices.Equal(got, []string{"http", "edge"}) {
		t.Errorf("got %q", got)
	}
	for server, want := range map[string]int{"edge": 2, "http": 1, "grpc": 0, "unheard": 0} {
		if got := o.Behind(server); got != want {
			t.Errorf("behind %s: got %d, want %d", server, got, want)
		}
	}
	if o.Turns() != 2 || new(Order).Turns() != 0 {
		t.Errorf("got %d turns, want 2", o.Turns())
	}
	if got := o.Names(); !slices.Equal(got, []string{"admin", "edge", "grpc", "http"}) {
		t.Errorf("got %q", got)
	}
}

func TestCyclesAreErrors(t *testing.T) {
	for calls, want := range map[string]string{
		"a a":         "a calls a: none of them can stop before the other",
		"a b,b a":     "b calls a calls b: none of them can stop before the other",
		"a b,b c,c a": "c calls a calls b calls c",
	} {
		var o Order
		var err error
		for call := range strings.SplitSeq(calls, ",") {
			from, to, _ := strings.Cut(call, " ")
			if err = o.Add(from, to); err != nil {
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", calls, err, want)
		}
		if o.Turns() > 2 {
			t.Errorf("%s: the last call was recorded", calls)
		}
	}
}
