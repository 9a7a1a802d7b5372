package report

import (
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
