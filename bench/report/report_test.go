package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/bench/load"
)

func sample() *Report {
	r := &Report{Mode: "quick"}
	for i := range 3 {
		r.Add("steady", "hello", "nethttp", "CPU µs/request", 10*float64(i+1))
		r.Add("steady", "hello", "graceful", "CPU µs/request", 11*float64(i+1))
	}
	r.Add("steady", "file", "nethttp", "CPU µs/request", 5)
	return r
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := sample().Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| case  | server   | CPU µs/request        |\n",
		"| hello | nethttp  | 20 [10 to 30]         |\n",
		"| hello | graceful | 22 [11 to 33] ×1.1    |\n",
		"| file  | nethttp  | 5                     |\n",
	} {
		if !strings.Contains(squeeze(b.String()), squeeze(want)) {
			t.Errorf("got\n%s\nwithout %s", b.String(), want)
		}
	}
	if strings.Contains(squeeze(b.String()), "| file | graceful") {
		t.Error("a row without any figure is shown")
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestLossesAddUp(t *testing.T) {
	r := sample()
	f := map[load.Failure]int{{Phase: load.Before, Kind: load.EOF}: 2}
	r.Lose("restart", "x", "tableflip", f)
	r.Lose("restart", "x", "tableflip", f)
	if got := r.Losses[0].How["before first byte, eof, reused"]; len(r.Losses) != 1 || got != 4 {
		t.Errorf("got %v, want one entry of 4", r.Losses)
	}
}

func TestFailedGatesAreCounted(t *testing.T) {
	r := &Report{Gates: []Gate{{OK: true}, {}, {}}}
	if got := r.Failed(); got != 2 {
		t.Errorf("got %d, want 2", got)
	}
}

// A run of one suite, or of one case of it, leaves the rest of the page as it is.
func TestPartialRunKeepsWhatItHasNotMeasured(t *testing.T) {
	old := &Report{Mode: "full", Machine: Machine{LoadBefore: "9"}, Gates: []Gate{{Promise: "restart, a: lost is 0"}, {Promise: "stop, a: lost is 0"}}}
	old.Add("restart", "a", "nethttp", "lost", 1)
	old.Add("restart", "b", "nethttp", "lost", 2)
	old.Add("stop", "a", "nethttp", "lost", 3)
	old.Lose("restart", "b", "nethttp", map[load.Failure]int{{Kind: load.EOF}: 2})
	for _, tt := range []struct {
		some  bool
		want  map[string]float64 // by suite and case
		gates int
	}{
		{true, map[string]float64{"restart a": 7, "restart b": 2, "stop a": 3}, 2},
		{false, map[string]float64{"restart a": 7, "stop a": 3}, 1},
	} {
		r := &Report{Mode: "quick", Machine: Machine{LoadBefore: "1"}}
		r.Add("restart", "a", "nethttp", "lost", 7)
		r.Keep(old, tt.some)
		r.Sort([]string{"stop", "restart"}, []string{"b", "a"})
		got := map[string]float64{}
		for _, m := range r.Measures {
			got[m.Suite+" "+m.Case] = m.Median()
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) || len(r.Gates) != tt.gates {
			t.Errorf("some %v: got %v and gates %v, want %v and %d", tt.some, got, r.Gates, tt.want, tt.gates)
		}
		if (len(r.Losses) == 1) != tt.some {
			t.Errorf("some %v: got losses %v", tt.some, r.Losses)
		}
		if first := r.Measures[0]; first.Suite != "stop" {
			t.Errorf("some %v: first comes %s, want stop", tt.some, first.Suite)
		}
		var b strings.Builder
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"quick run, 0001-01-01 00:00, 0 s, load average 1 before", "full run, 0001-01-01 00:00, 0 s, load average 9 before"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("some %v: got\n%s\nwithout %q", tt.some, &b, want)
			}
		}
	}
}
