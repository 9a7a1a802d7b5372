package config

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

const goodTOML = `# settings of a web server
[http]
addr = "127.0.0.1:8080"
read_timeout = "15s"
port = 8080
gen = 12
ratio = 0.75
on = true
hosts = [
  "alpha.example.com",
  "beta.example.com",
]
ports = [80, 443]
bind = "127.0.0.1"

[http.headers]
Content-Type = "text/plain"
X-Frame-Options = "deny"

[[http.peers]]
name = "left"
port = 4001

[[http.peers]]
name = "right"
port = 4002

[http.tls]
min_version = "1.2"

[db]
path = "/var/lib/todo.db"
max_open = 20
`

const goodJSON = `{
  "http": {
    "addr": "127.0.0.1:8080",
    "read_timeout": "15s",
    "port": 8080,
    "gen": 12,
    "ratio": 0.75,
    "on": true,
    "hosts": [
      "alpha.example.com",
      "beta.example.com"
    ],
    "ports": [80, 443],
    "headers": {
      "Content-Type": "text/plain",
      "X-Frame-Options": "deny"
    },
    "peers": [
      {
        "name": "left",
        "port": 4001
      },
      {
        "name": "right",
        "port": 4002
      }
    ],
    "bind": "127.0.0.1",
    "tls": {
      "min_version": "1.2"
    }
  },
  "db": {
    "path": "/var/lib/todo.db",
    "max_open": 20
  }
}
`

// A slip is one kind of mutation: it returns the new text of a line, or "" and
// false if it does not apply. If it returns several lines, the mistake is in the
// last.
type slip struct {
	what    string
	harmful bool
	edit    func(rnd *rand.Rand, line string) (string, bool)
}

// without removes one of the characters, twice doubles it.
func without(chars string) func(*rand.Rand, string) (string, bool) {
	return func(rnd *rand.Rand, line string) (string, bool) {
		at := oneOf(rnd, line, chars)
		if at < 0 {
			return "", false
		}
		return line[:at] + line[at+1:], true
	}
}

func twice(chars string) func(*rand.Rand, string) (string, bool) {
	return func(rnd *rand.Rand, line string) (string, bool) {
		at := oneOf(rnd, line, chars)
		if at < 0 {
			return "", false
		}
		return line[:at] + line[at:at+1] + line[at:], true
	}
}

// oneOf picks a position in line with one of chars.
func oneOf(rnd *rand.Rand, line, chars string) int {
	var at []int
	for i := range line {
		if strings.IndexByte(chars, line[i]) >= 0 {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return -1
	}
	return at[rnd.IntN(len(at))]
}

// replace applies a regular expression with one value, such as one that has the
// wrong type.
func replace(pattern string, by func(*rand.Rand) string) func(*rand.Rand, string) (string, bool) {
	re := regexp.MustCompile(pattern)
	return func(rnd *rand.Rand, line string) (string, bool) {
		return re.ReplaceAllString(line, by(rnd)), re.MatchString(line)
	}
}

func always(s string) func(*rand.Rand) string { return func(*rand.Rand) string { return s } }

func anyCharacter(rnd *rand.Rand, line string) (string, bool) {
	if line == "" {
		return "", false
	}
	at := rnd.IntN(len(line))
	return line[:at] + []string{"", "x", ":", "\"", "[", "7", " ", "#", "-", "=", ",", "}"}[rnd.IntN(12)] + line[at+rnd.IntN(2):], true
}

// stutter copies a line. In JSON the last line of a table would also lack a comma,
// which is another slip.
func stutter(end string) func(*rand.Rand, string) (string, bool) {
	return func(_ *rand.Rand, line string) (string, bool) {
		return line + "\n" + line, strings.ContainsAny(line, ":=") && strings.HasSuffix(line, end)
	}
}

// misspell makes a typing error in a key of the program.
func misspell(key *regexp.Regexp) func(*rand.Rand, string) (string, bool) {
	return func(rnd *rand.Rand, line string) (string, bool) {
		m := key.FindStringSubmatchIndex(line)
		if m == nil || m[3]-m[2] < 4 {
			return "", false
		}
		at := m[2] + 1 + rnd.IntN(m[3]-m[2]-2)
		if line[at] == line[at+1] || line[at] == 'q' {
			return "", false
		}
		switch rnd.IntN(3) {
		case 0:
			return line[:at] + line[at+1:at+2] + line[at:at+1] + line[at+2:], true
		case 1:
			return line[:at] + line[at+1:], true
		}
		return line[:at] + "q" + line[at+1:], true
	}
}

func tooMuch(prefix string) func(*rand.Rand) string {
	return func(rnd *rand.Rand) string { return prefix + fmt.Sprint(65536+rnd.IntN(1000)) }
}

var (
	tomlKey     = regexp.MustCompile(`^([a-z_]+) = `)
	jsonKey     = regexp.MustCompile(`^\s*"([a-z_]+)": `)
	slipsOfTOML = []slip{
		{"key", true, misspell(tomlKey)},
		{"type", true, replace(` = ([\d.]+|true)$`, always(" = soon"))},
		{"quoted", true, replace(` = (\d+)$`, always(` = "$1"`))},
		{"range", true, replace(`^port = \d+$`, tooMuch("port = "))},
		{"rule", true, replace(`^max_open = 20$`, always("max_open = 5000"))},
		{"unit", true, replace(`"15s"`, always("15"))},
		{"bracket deleted", true, without("[]")},
		{"bracket doubled", false, twice("[]")},
		{"quote deleted", true, without("\"")},
		{"quote doubled", true, twice("\"")},
		{"equals deleted", true, without("=")},
		{"equals doubled", true, twice("=")},
		{"comma deleted", false, without(",")},
		{"comma doubled", true, twice(",")},
		{"line doubled", true, stutter("")},
		{"any", false, anyCharacter},
	}
	slipsOfJSON = []slip{
		{"key", true, misspell(jsonKey)},
		{"type", true, replace(`: ([\d.]+|true)(,?)$`, always(": soon$2"))},
		{"quoted", true, replace(`: (\d+)(,?)$`, always(`: "$1"$2`))},
		{"range", true, replace(`"port": \d+`, tooMuch(`"port": `))},
		{"rule", true, replace(`"max_open": 20`, always(`"max_open": 5000`))},
		{"unit", true, replace(`"15s"`, always("15"))},
		{"bracket deleted", true, without("[]{}")},
		{"bracket doubled", true, twice("[]{}")},
		{"quote deleted", true, without("\"")},
		{"quote doubled", true, twice("\"")},
		{"colon deleted", true, replace(`":`, always(`"`))},
		{"comma deleted", true, without(",")},
		{"comma doubled", true, twice(",")},
		{"line doubled", true, stutter(",")},
		{"any", false, anyCharacter},
	}
)

func mutateTOML(rnd *rand.Rand) mutation { return slipIn(rnd, goodTOML, slipsOfTOML, tomlKey) }
func mutateJSON(rnd *rand.Rand) mutation { return slipIn(rnd, goodJSON, slipsOfJSON, jsonKey) }

func mutateTabs(rnd *rand.Rand) mutation { return slipIn(rnd, tabs(goodJSON), slipsOfJSON, jsonKey) }

func tabs(text string) string { return strings.ReplaceAll(text, "  ", "\t") }

func slipIn(rnd *rand.Rand, good string, slips []slip, key *regexp.Regexp) mutation {
	for {
		lines := strings.Split(strings.TrimSuffix(good, "\n"), "\n")
		i, s := rnd.IntN(len(lines)), slips[rnd.IntN(len(slips))]
		line, ok := s.edit(rnd, lines[i])
		if !ok || line == lines[i] {
			continue
		}
		m := mutation{what: s.what, line: i + 1 + strings.Count(line, "\n"), harmful: s.harmful}
		if k := key.FindStringSubmatch(lines[i]); s.what == "key" {
			m.suggest = k[1]
		}
		lines[i] = line
		m.text = strings.Join(lines, "\n") + "\n"
		return m
	}
}
