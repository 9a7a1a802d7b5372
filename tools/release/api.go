package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// compareAPI fails if an exported name of the last version is gone or has another
// type, and the notes of this version do not mention it.
func compareAPI(root, tree, version string) error {
	last, err := lastVersion(root, version)
	if err != nil || last == "" {
		fmt.Println("no version before", version, "to compare the API with")
		return err
	}
	old, remove, err := checkoutOf(root, last)
	if err != nil {
		return err
	}
	defer remove()
	changes, err := incompatible(old, tree)
	if err != nil {
		return err
	}
	notes, err := notesOf(root, version)
	if err != nil {
		return err
	}
	var silent []error
	for _, change := range changes {
		if !named(change, notes.text) {
			silent = append(silent, fmt.Errorf("since %s: %s; CHANGELOG.md does not name it", last, change))
		}
	}
	return errors.Join(silent...)
}

// lastVersion returns the newest tag of the library before the version, or "" if
// there is none.
func lastVersion(root, version string) (string, error) {
	tags, err := git(root, "tag", "--list", "v*")
	last := ""
	for tag := range strings.FieldsSeq(tags) {
		if semver.Compare(tag, version) < 0 && semver.Compare(tag, last) > 0 {
			last = tag
		}
	}
	return last, err
}

// incompatible lists what apidiff finds changed between the two trees' root
// modules.
func incompatible(old, new string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(new, "go.mod"))
	if err != nil {
		return nil, err
	}
	tool, err := apidiff()
	if err != nil {
		return nil, err
	}
	var exports []string
	for _, dir := range []string{old, new} {
		export := dir + ".api"
		if _, err := run(dir, []string{"GOWORK=off"}, tool, "-m", "-w", export, modfile.ModulePath(data)); err != nil {
			return nil, err
		}
		exports = append(exports, export)
	}
	out, err := run(new, nil, tool, "-m", "-incompatible", exports[0], exports[1])
	var changes []string
	for line := range strings.SplitSeq(out, "\n") {
		if change, ok := strings.CutPrefix(line, "- "); ok && !strings.Contains(change, "/internal/") {
			changes = append(changes, change)
		}
	}
	return changes, err
}

// apidiff is the tool of tools/go.mod, built.
func apidiff() (string, error) {
	here, err := os.Getwd() // the root, or this folder in a test
	if err != nil {
		return "", err
	}
	for ; ; here = filepath.Dir(here) {
		if _, err := os.Stat(filepath.Join(here, "tools", "go.mod")); err == nil {
			return run(here, []string{"GOWORK=off"}, "go", "tool", "-n", "-modfile=tools/go.mod", "apidiff")
		}
		if here == filepath.Dir(here) {
			return "", errors.New("no tools/go.mod above this folder")
		}
	}
}

var identifier = regexp.MustCompile(`\w+`)

// named reports whether the notes have the name that a line of apidiff is about:
// "./app.Figure: removed", "./app.(*App).Figures: changed from ...".
func named(change, notes string) bool {
	subject, _, _ := strings.Cut(change, ": ")
	names := identifier.FindAllString(subject, -1)
	return len(names) > 0 && regexp.MustCompile(`\b`+names[len(names)-1]+`\b`).MatchString(notes)
}
