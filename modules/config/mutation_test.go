package config

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

const goodFile = `# settings of a web server
http:
  addr: "127.0.0.1:8080"
  read_timeout: 15s
  port: 8080
  gen: 12
  ratio: 0.75
  on: true
  hosts:
    - alpha.example.com
    - beta.example.com
  ports: [80, 443]
  headers:
    Content-Type: text/plain
    X-Frame-Options: deny
  peers:
    - name: left
      port: 4001
    - name: right
      port: 4002
  bind: 127.0.0.1
  tls:
    min_version: "1.2"
db:
  path: /var/lib/todo.db
  max_open: 20
`

// A mutation is one slip of the finger, with its line.
type mutation struct {
	what    string
	text    string
	line    int
	harmful bool   // it must be refused
	suggest string // the key that the hint must name
}

var keyLine = regexp.MustCompile(`^(\s*(?:- )?)([a-z_]+):(.*)$`)

// mutate makes one edit. Some kinds are always harmful; a change of an arbitrary
// character may or may not be.
func mutate(rnd *rand.Rand) mutation {
	lines := strings.Split(strings.TrimSuffix(goodFile, "\n"), "\n")
	for {
		i := rnd.IntN(len(lines))
		m := keyLine.FindStringSubmatch(lines[i])
		old := lines[i]
		kind := rnd.IntN(12)
		out := mutation{line: i + 1, what: []string{"key", "type", "range", "rule", "unit", "tab", "no section", "any", "blank more", "blank less", "no colon", "line doubled"}[kind]}
		switch {
		case kind == 0 && m != nil && len(m[2]) > 3: // a typing error in a key
			key := []byte(m[2])
			at := 1 + rnd.IntN(len(key)-2)
			switch rnd.IntN(3) {
			case 0:
				key[at], key[at+1] = key[at+1], key[at]
			case 1:
				key = append(key[:at], key[at+1:]...)
			case 2:
				key[at] = 'q'
			}
			if string(key) == m[2] {
				continue
			}
			lines[i], out.harmful, out.suggest = m[1]+string(key)+":"+m[3], true, m[2]
		case kind == 1 && m != nil && regexp.MustCompile(`^ (\d|true)`).MatchString(m[3]) && m[2] != "bind": // another type
			lines[i], out.harmful = m[1]+m[2]+": soon", true
		case kind == 2 && m != nil && m[2] == "port": // out of range
			lines[i], out.harmful = m[1]+m[2]+": "+fmt.Sprint(65536+rnd.IntN(1000)), true
		case kind == 3 && m != nil && m[2] == "max_open":
			lines[i], out.harmful = m[1]+m[2]+": 5000", true
		case kind == 4 && m != nil && m[2] == "read_timeout": // no unit
			lines[i], out.harmful = strings.TrimSuffix(old, "s"), true
		case kind == 5 && m != nil && strings.HasPrefix(old, "  "): // a tab
			lines[i], out.harmful = "\t"+strings.TrimPrefix(old, "  "), true
		case kind == 6 && m != nil && strings.TrimSpace(m[3]) == "": // a section that is a word
			lines[i], out.harmful = old+" off", true
		case kind == 7: // any character
			at := rnd.IntN(len(old))
			lines[i] = old[:at] + []string{"", "x", ":", "\"", "[", "7", " ", "#", "-"}[rnd.IntN(9)] + old[at+rnd.IntN(2):]
		case kind == 8: // one blank too many
			lines[i] = " " + old
		case kind == 9 && strings.HasPrefix(old, " "): // or too few
			lines[i] = old[1:]
		case kind == 10 && m != nil: // no colon
			lines[i], out.harmful = strings.Replace(old, ":", "", 1), true
		case kind == 11 && m != nil && !strings.Contains(m[1], "-"): // twice
			lines[i], out.harmful = old+"\n"+old, true
			out.line++
		default:
			continue
		}
		if lines[i] == old {
			continue
		}
		out.text = strings.Join(lines, "\n") + "\n"
		return out
	}
}

func TestTyposAreReportedAtTheirLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, good string
		mutate     func(*rand.Rand) mutation
	}{
		{"c.yaml", goodFile, mutate},
		{"c.toml", goodTOML, mutateTOML},
		{"c.json", goodJSON, mutateJSON},
		{"tabs.json", tabs(goodJSON), mutateTabs},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := loadWeb(Source{Files: []string{file(t, c.name, c.good)}}); err != nil {
				t.Fatal(err)
			}
			slips(t, file(t, c.name, ""), c.mutate)
		})
	}
}

// slips makes a thousand of them. Of those that are refused, 95 in 100 must be
// reported at their line, and for 80 in 100 misspelt keys the hint must be right.
func slips(t *testing.T, path string, mutate func(*rand.Rand) mutation) {
	rnd := rand.New(rand.NewPCG(7, 7))
	var refused, located, hinted, wantHint int
	kinds := map[string][2]int{} // by the kind of slip: those at their line, and all
	for range 1000 {
		m := mutate(rnd)
		write(t, path, m.text)
		_, _, err := loadWeb(Source{Files: []string{path}})
		var invalid *InvalidError
		if !errors.As(err, &invalid) {
			if m.harmful {
				t.Errorf("line %d was accepted:\n%s", m.line, strings.Split(m.text, "\n")[m.line-1])
			}
			continue
		}
		refused++
		right, hint := false, false
		for _, p := range invalid.Problems {
			right = right || p.Line == m.line
			hint = hint || p.Line == m.line && strings.Contains(p.Hint, `"`+m.suggest+`"`)
		}
		k := kinds[m.what]
		k[1]++
		if right {
			located++
			k[0]++
		}
		kinds[m.what] = k
		if len(invalid.Problems) > 1 && m.what != "any" { // a # before a section is several
			t.Errorf("one slip, and got %v", err)
		}
		if !right {
			t.Logf("line %d: %q: got %v", m.line, strings.Split(m.text, "\n")[m.line-1], err)
		}
		if m.suggest != "" {
			wantHint++
			if hint {
				hinted++
			}
		}
	}
	t.Logf("%d refused, %d at their line; %d of %d typing errors understood; %v", refused, located, hinted, wantHint, kinds)
	if located*100 < refused*95 {
		t.Errorf("got %d of %d at the right line, want 95 in 100", located, refused)
	}
	if hinted*100 < wantHint*80 {
		t.Errorf("got %d of %d suggestions, want 80 in 100", hinted, wantHint)
	}
}
