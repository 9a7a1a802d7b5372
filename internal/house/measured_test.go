package house_test

import (
	"cmp"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// metricsOf returns the rows of a table of a page, by their first columns, each
// with its cells by the name of their column.
func metricsOf(t *testing.T, page, heading string, first int) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n"+heading+"\n")
	begin := strings.Index(rest, "\n|")
	if !found || begin < 0 {
		t.Fatalf("%s has no table below %q", page, heading)
	}
	table, _, _ := strings.Cut(rest[begin+1:], "\n\n")
	var names []string
	rows := map[string]map[string]string{}
	for i, line := range strings.Split(table, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		switch i {
		case 0:
			names = cells
		case 1: // the rule below the names
		default:
			row := map[string]string{}
			for j, cell := range cells {
				row[names[j]] = cell
			}
			rows[strings.Join(cells[:first], " | ")] = row
		}
	}
	return rows
}

// The figures that README.md and the comparison give are those of
// docs/bench/results.md, rounded.
func TestPagesHaveTheMetricsThatWereMeasured(t *testing.T) {
	measured := metricsOf(t, "docs/bench/results.md", "## restart", 2)
	for _, p := range []struct {
		page, heading string
		columns       map[string]string // by the names of the page, the servers of bench
		rows          map[string]string // the cases, where the page names them otherwise
		least         int
	}{
		{"README.md", "## Measured",
			map[string]string{"graceful": "graceful", "net/http": "nethttp", "tableflip": "tableflip", "overseer": "overseer", "HAProxy": "haproxy", "nginx": "nginx"},
			map[string]string{"TLS": "TLS, 0-20 ms", "HTTP/2": "h2, 0-20 ms"}, 30},
		{"docs/comparison.md", "## Lost per restart",
			map[string]string{"graceful": "graceful", "stop and start": "nethttp", "endless": "endless", "grace": "grace", "tableflip": "tableflip", "overseer": "overseer"},
			map[string]string{"no think time": "64, no think", "0-20 ms": "64, 0-20 ms", "HTTP/2, 0-20 ms": "h2, 0-20 ms"}, 20},
	} {
		compared := 0
		for row, cells := range metricsOf(t, p.page, p.heading, 1) {
			kase := cmp.Or(p.rows[row], row)
			for column, server := range p.columns {
				got, has := measured[kase+" | "+server]
				if !has && cells[column] == "" {
					continue
				}
				compared++
				if want := rounded(got["lost per restart"]); cells[column] != want {
					t.Errorf("%s: %s, %s: %q lost, measured were %q", p.page, row, column, cells[column], want)
				}
			}
		}
		if compared < p.least {
			t.Errorf("%s: compared %d figures, want those of the whole table", p.page, compared)
		}
	}
}

// None of our clients had to connect again to graceful; http.Client also dials when
// it need not.
func TestNoClientHadToReconnect(t *testing.T) {
	measured := metricsOf(t, "docs/bench/results.md", "## restart", 2)
	for _, kase := range []string{"64, no think", "64, 0-20 ms", "512, 0-400 ms", "TLS, 0-20 ms", "h2, 0-20 ms"} {
		if got := measured[kase+" | graceful"]["reconnects per restart"]; got != "0" {
			t.Errorf("%s: got %q reconnects per restart, want 0", kase, got)
		}
	}
}

// rounded is a median without its range, to one decimal.
func rounded(cell string) string {
	f, err := strconv.ParseFloat(regexp.MustCompile(`^[0-9.]*`).FindString(cell), 64)
	if err != nil {
		return cell
	}
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}
