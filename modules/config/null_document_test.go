package config

import (
	"strings"
	"testing"
)

// A file that is null, as a broken save or a template may leave it, must not become
// an application without settings.
func TestFileThatIsNullIsNotTakenForDefaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"null.yaml", "null\n", "null.yaml:1:1: holds null, no settings (to use the defaults"},
		{"tilde.yaml", "# settings\n---\n  ~\n", "tilde.yaml:3:3: holds null"},
		{"tag.yml", "!!null\n", "tag.yml:1:1: holds null"},
		{"null.json", " null", "null.json:1:2: holds null"},
		{"empty.yaml", "{}\n", ""},
		{"empty.json", "{}\n", ""},
		{"section.yaml", "http:\n", ""},
	} {
		_, _, err := loadWeb(Source{Files: []string{file(t, tt.name, tt.text)}})
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: got %v, want the defaults", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: got %v, want %q in it", tt.name, err, tt.want)
		}
	}
}
