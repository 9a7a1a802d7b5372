package house_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// figuresOf returns the rows of a table of a page, by their first columns, each
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

// The figures that README.md gives are those of docs/bench/results.md, rounded.
func TestReadmeHasTheMetricsThatWereMeasured(t *testing.T) {
	shown := metricsOf(t, "README.md", "## Measured", 1)
	measured := metricsOf(t, "docs/bench/results.md", "## restart", 2)
	fullName := map[string]string{"TLS": "TLS, 0-20 ms", "HTTP/2": "h2, 0-20 ms"}
	servers := map[string]string{"graceful": "graceful", "net/http": "nethttp", "tableflip": "tableflip", "overseer": "overseer", "HAProxy": "haproxy", "nginx": "nginx"}
	compared := 0
	for clients, row := range shown {
		name := clients
		if full := fullName[clients]; full != "" {
			name = full
		}
		for column, server := range servers {
			got, has := measured[name+" | "+server]
			if !has && row[column] == "" {
				continue
			}
			compared++
			if want := rounded(got["lost per restart"]); row[column] != want {
				t.Errorf("README.md: %s, %s: %q lost, measured were %q", clients, column, row[column], want)
			}
		}
		if again := measured[name+" | graceful"]["reconnects per restart"]; again != "0" && fullName[clients] == "" {
			t.Errorf("README.md: no client had to connect again, but %s: %s", clients, again)
		}
	}
	if compared < 30 {
		t.Errorf("compared %d figures, want those of the whole table", compared)
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
