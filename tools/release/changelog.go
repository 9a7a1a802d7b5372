package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// notes is the section of CHANGELOG.md about one version.
type notes struct {
	text  string
	dated bool
}

var dated = regexp.MustCompile(`- \d{4}-\d\d-\d\d$`)

// notesOf returns the section "## 0.1.0 - 2026-12-31" for v0.1.0.
func notesOf(root, version string) (notes, error) {
	all, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return notes{}, err
	}
	for section := range strings.SplitSeq("\n"+string(all), "\n## ") {
		heading, text, _ := strings.Cut(section, "\n")
		if name, _, _ := strings.Cut(heading, " "); name == version[1:] {
			return notes{strings.TrimSpace(text), dated.MatchString(heading)}, nil
		}
	}
	return notes{}, fmt.Errorf("CHANGELOG.md has no section \"## %s\"", version[1:])
}
