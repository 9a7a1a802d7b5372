package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The window is the two newest majors of Go: the README states it, every go.mod has
// its older end, and the checks run with both ends.
func TestPagesModulesAndChecksStateTheSameWindowOfGo(t *testing.T) {
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	found := func(name, pattern string) []string {
		t.Helper()
		all := regexp.MustCompile(pattern).FindAllStringSubmatch(read(name), -1)
		if all == nil {
			t.Fatalf("%s states no version of Go like %s", name, pattern)
		}
		var versions []string
		for _, m := range all {
			versions = append(versions, m[1:]...)
		}
		slices.Sort(versions)
		return slices.Compact(versions)
	}
	window := found("README.md", `(?m)^Go (1\.\d+) and (1\.\d+);`)
	if got := found(".ci/run", `(?m)^(?:oldest|newest)=go(1\.\d+)\.\d+$`); !slices.Equal(got, window) {
		t.Errorf(".ci/run checks with %v, the README states %v", got, window)
	}
	if got := found(".github/workflows/ci.yml", `(1\.\d+)\.x`); !slices.Equal(got, window) {
		t.Errorf("the workflow checks with %v, the README states %v", got, window)
	}
	modules := 0
	for _, pattern := range []string{"go.mod", "*/go.mod", "*/*/go.mod", "*/*/*/go.mod"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.Contains(file, "testdata") {
				continue
			}
			modules++
			if got := found(file, `(?m)^go (1\.\d+)(?:\.\d+)?$`); got[0] != window[0] {
				t.Errorf("%s takes Go %s, the oldest version is %s", file, got[0], window[0])
			}
		}
	}
	if modules < 10 {
		t.Errorf("looked at %d modules, want every one", modules)
	}
}
