package configtest

import (
	"os"
	"testing"
)

func TestPatternsEndWithTheContent(t *testing.T) {
	names := map[string]bool{}
	for _, p := range Patterns() {
		if names[p.Name] {
			t.Errorf("two patterns are named %q", p.Name)
		}
		names[p.Name] = true
		t.Run(p.Name, func(t *testing.T) {
			path, save := p.Begin(t, t.TempDir(), "a: 0\n")
			for _, content := range []string{"", "a: 1\nb: 1\n", "a: 2\n"} {
				want := content
				if content == "" { // as it began
					want = "a: 0\n"
				} else {
					save(content)
				}
				got, err := os.ReadFile(path)
				if err != nil || string(got) != want {
					t.Errorf("got %q, %v; want %q", got, err, want)
				}
			}
		})
	}
	if len(names) < 21 {
		t.Errorf("got %d patterns, want 21 at least", len(names))
	}
}
