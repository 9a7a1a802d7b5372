package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// texts holds the text as written, whatever a parser makes of it.
type texts struct {
	M     map[string]string `config:"m"`
	Any   map[string]any    `config:"any"`
	S     string            `config:"s"`
	Word  word              `config:"word"`
	Token Secret            `config:"token"`
	N     int               `config:"n"`
	At    time.Time         `config:"at"`
}

// A word keeps its text unchanged.
type word string

func (w *word) UnmarshalText(text []byte) error { *w = word(text); return nil }

func loadTexts(t *testing.T, name, text string) (*texts, error) {
	t.Helper()
	set := NewSet()
	v := Add[texts](set, "t")
	if _, err := Load(set, Source{Files: []string{file(t, name, text)}, Environ: none}); err != nil {
		return nil, err
	}
	return v.Get(), nil
}

func TestKeysOfMapsAreWhatIsWritten(t *testing.T) {
	const yaml = "t: {m: {007: a, 0x10: b, 1.10: c, 2024-01-01: d, null: e, true: f, ~: g, 7: h, '16': i, 0042: j}}"
	want := []string{"0042", "007", "0x10", "1.10", "16", "2024-01-01", "7", "null", "true", "~"}
	for name, text := range map[string]string{
		"direct.yaml": yaml,
		"alias.yaml":  "x-m: &m {007: a, 0x10: b, 1.10: c, 2024-01-01: d, null: e, true: f, ~: g, 7: h, '16': i, 0042: j}\nt: {m: *m}",
		"merge.yaml":  "x-m: &m {007: a, 0x10: b, 1.10: c, 2024-01-01: d, null: e}\nt: {m: {<<: *m, true: f, ~: g, 7: h, '16': i, 0042: j}}",
		"keys.json":   `{"t": {"m": {"007": "a", "0x10": "b", "1.10": "c", "2024-01-01": "d", "null": "e", "true": "f", "~": "g", "7": "h", "16": "i", "0042": "j"}}}`,
		"keys.toml":   "[t.m]\n007 = 'a'\n0x10 = 'b'\n'1.10' = 'c'\n2024-01-01 = 'd'\nnull = 'e'\ntrue = 'f'\n'~' = 'g'\n7 = 'h'\n16 = 'i'\n0042 = 'j'\n",
	} {
		got, err := loadTexts(t, name, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if keys := slices.Sorted(maps.Keys(got.M)); !slices.Equal(keys, want) {
			t.Errorf("%s: got %q, want %q", name, keys, want)
		}
	}
}

func TestTextsAreWhatIsWritten(t *testing.T) {
	at := time.Date(1979, 5, 27, 7, 32, 0, 0, time.UTC)
	for _, tt := range []struct{ name, text, want string }{
		{"date.toml", "[t]\ns = 1979-05-27T07:32:00Z\nword = 1979-05-27\nat = 1979-05-27 07:32:00\n", "1979-05-27T07:32:00Z|1979-05-27||0"},
		{"time.toml", "[t]\ns = 07:32:00\nword = 0x10\nat = 1979-05-27T07:32:00\n", "07:32:00|0x10||0"},
		{"date.yaml", "t: {s: 1979-05-27, word: 1.10, token: 1979-05-27, at: 1979-05-27T07:32:00Z}", "1979-05-27|1.10|1979-05-27|0"},
		{"alias.yaml", "x: &a 1979-05-27\nx-b: &b 0x1F\nt: {s: *a, word: *b, n: *b, at: 1979-05-27T07:32:00Z}", "unknown section"},
		{"alias2.yaml", "x-a: &a 1979-05-27\nx-b: &b 0x1F\nt: {s: *a, word: *b, n: *b, at: 1979-05-27T07:32:00Z}", "1979-05-27|0x1F||31"},
		{"merge.yaml", "x-a: &a {s: 1979-05-27, word: 1_000, n: 1_000}\nt: {<<: *a, at: 1979-05-27T07:32:00Z}", "1979-05-27|1_000||1000"},
		{"refused.yaml", "t: {n: 0644}", "could be octal or decimal"},
		{"refused alias.yaml", "x-c: &c 0644\nt: {n: *c}", "t.n: 0644 could be octal or decimal"},
		{"refused merge.yaml", "x-c: &c {n: 0644}\nt: {<<: *c}", ":1:10: t.n: 0644 could be octal or decimal"},
		{"refused number.yaml", "x-c: &c 5\nt: {s: *c}", `t.s: expected text, found 5 (put it in quotes: "5")`},
		{"words.json", `{"t": {"word": 1.10, "at": "1979-05-27T07:32:00Z", "n": 1e2}}`, "|1.10||100"},
		{"words of a day.json", `{"t": {"word": "x", "at": "1979-05-27 07:32:00"}}`, "|x||0"},
		{"quoted local time.yaml", "t: {at: '1979-05-27T07:32:00'}", "|||0"},
		{"no time.yaml", "t: {at: '27 May'}", `t.at: "27 May" is not a time (write for example "2006-01-02T15:04:05Z", or "2006-01-02")`},
		{"binary.yaml", "t: {s: !!binary aGk=, word: !!str 5, at: 1979-05-27T07:32:00Z}", "hi|5||0"},
	} {
		got, err := loadTexts(t, tt.name, tt.text)
		switch {
		case err != nil && !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		case err != nil:
		case fmt.Sprintf("%s|%s|%s|%d", got.S, got.Word, got.Token.Reveal(), got.N) != tt.want:
			t.Errorf("%s: got %s|%s|%s|%d, want %s", tt.name, got.S, got.Word, got.Token.Reveal(), got.N, tt.want)
		case !got.At.Equal(at):
			t.Errorf("%s: got %s, want %s", tt.name, got.At, at)
		}
	}
}

// !!binary says that base64 follows, which []byte has anyway.
func TestBinaryIsDecodedOnce(t *testing.T) {
	type keys struct{ Tagged, Plain []byte }
	set := NewSet()
	v := Add[keys](set, "t")
	src := Source{Files: []string{file(t, "c.yaml", "t: {tagged: !!binary YUdrPQ==, plain: YUdrPQ==}")}, Environ: none}
	if _, err := Load(set, src); err != nil {
		t.Fatal(err)
	}
	if k := v.Get(); string(k.Tagged) != "aGk=" || string(k.Plain) != "aGk=" {
		t.Errorf("got %q", *k)
	}
}

func TestSameTextTwiceIsADuplicateAndAnotherIsNot(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"same.yaml", "t: {m: {1: a, '1': b}}", ":1:15: t.m.1: is written twice"},
		{"merge.yaml", "x-a: &a {s: a}\nt:\n  <<: *a\n  <<: {n: 1}", ":4:3: t: << is written twice (write a list: <<: [*a, *b])"},
		{"other.yaml", "t: {m: {1: a, 01: b, 1.0: c}}", ""},
		{"same.toml", "[t.m]\n1 = 'a'\n'1' = 'b'\n", ":3:1: t.m.1: is written twice"},
		{"dotted.toml", "[t]\nm.a = 'a'\n[t.m]\nb = 'b'\n", ":3:4: t.m: is written twice"},
		{"extended.toml", "[t.m]\na = 'a'\n[t]\nm.b = 'b'\n", ":4:1: t.m: is written twice"},
		{"inline.toml", "[t]\nm = {a = 'a'}\n[t.m]\nb = 'b'\n", ":3:4: t.m: is written twice"},
		{"value.toml", "[t]\ns = 'a'\ns.x = 'b'\n", ":3:1: t.s: is written twice"},
		{"dotted and below.toml", "[t]\nany.a.b = 1\n[t.any.a.c]\nd = 1\n", ""},
	} {
		_, err := loadTexts(t, tt.name, tt.text)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// A mistake in a merged anchor is reported where it is written, not where it is
// used.
func TestMistakeInAMergedAnchorIsReportedAtTheAnchor(t *testing.T) {
	const text = `x-base: &base
  n: many
  nn: 1
t:
  <<: *base
  s: x
`
	_, err := loadTexts(t, "merged.yaml", text)
	var invalid *InvalidError
	if !errors.As(err, &invalid) || len(invalid.Problems) != 2 || invalid.Problems[0].Line != 2 || invalid.Problems[1].Line != 3 {
		t.Errorf("got %v, want two problems, at lines 2 and 3", err)
	}
}
