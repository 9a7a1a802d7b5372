package main

import (
	"encoding/xml"
	"io"
	"os"
	"strings"
	"testing"
)

// Each picture is what its text gives, and there is no other.
func TestPicturesAreWhatTheirTextsGive(t *testing.T) {
	all, err := drawn("../../docs/pictures")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 3 {
		t.Errorf("got %d pictures, want the house, an upgrade, the terminal", len(all))
	}
	for path, want := range all {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what its text gives: go run ./pictures draws it anew", path)
		}
		for d := xml.NewDecoder(strings.NewReader(want)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", path, err)
				break
			}
		}
		if !strings.Contains(want, "prefers-color-scheme: dark") {
			t.Errorf("%s has no colours for the dark", path)
		}
	}
}

func TestMistakesInTextsAreErrors(t *testing.T) {
	for text, paint := range map[string]func(string) (string, error){
		"title x\ncellar: y":                    house,
		"title x\nlane a old: A\na -> b: hello": sequence,
		"title x\nb: hello":                     sequence,
		"{}\n[1, \"i\", \"x\"]":                 terminal,
		"{}\nno event":                          terminal,
	} {
		if svg, err := paint(text); err == nil {
			t.Errorf("%q gives %s, want an error", text, svg)
		}
	}
}
