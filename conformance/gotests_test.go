package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Go's own tests run over our connections: those of net/http, whose
// httptest.Server is made to serve with gotests.Serve, and those of crypto/tls,
// whose Server is made to run on the tap that follows its records. Nothing of Go is
// copied: an overlay changes a line here and there, for the time of the test.
var goTests = flag.String("gotests", "", "which of Go's own tests to run over our connections, a regular expression; all: every one")

// Go's own tests end over our connections as they do over its own.
func TestGosOwnTests(t *testing.T) {
	if *goTests == "" {
		t.Skip("they take minutes: -gotests all runs them")
	}
	pattern := *goTests
	if pattern == "all" {
		pattern = "."
	}
	leaveModuleCache(t)
	for _, o := range []overlaid{overNetHTTP, overNetHTTP.atRest(), overCryptoTLS, overCryptoTLS.ownTickets()} {
		t.Run(o.name(), func(t *testing.T) {
			pattern := pattern
			if o.only != nil && pattern == "." {
				pattern = exactly(o.only)
			}
			overlay := o.write(t)
			theirs := o.alone(t, pattern)
			t.Setenv("GOTESTS_VARIANT", o.variant)
			ours, reached := o.run(t, pattern, "-overlay", overlay)
			if !reached {
				t.Error("no test reached this project")
			}
			for range 2 { // some measure time: a failure is one that stays
				if again := o.surprises(theirs, ours); len(again) > 0 {
					once, _ := o.run(t, exactly(roots(again)), "-overlay", overlay)
					maps.Copy(ours, once)
				}
			}
			for _, test := range o.surprises(theirs, ours) {
				t.Errorf("%s: %s, and %s over our connections", test, theirs[test], ours[test])
			}
			passed := 0
			for test, result := range theirs {
				if result == "pass" && ours[test] == "pass" {
					passed++
				}
			}
			t.Logf("%s: %d of %d that pass, pass over our connections", runtime.Version(), passed, count(theirs, "pass"))
		})
	}
}

// surprises are the tests that end in another way over our connections, in order.
func (o overlaid) surprises(theirs, ours map[string]string) (tests []string) {
	for test, want := range theirs {
		if want != "fail" && ours[test] != want {
			tests = append(tests, test)
		}
	}
	slices.Sort(tests)
	return tests
}

// roots are the names of tests without those of their parts.
func roots(tests []string) (names []string) {
	for _, test := range tests {
		name, _, _ := strings.Cut(test, "/")
		names = append(names, name)
	}
	return slices.Compact(names)
}

func count(results map[string]string, want string) (n int) {
	for _, got := range results {
		if got == want {
			n++
		}
	}
	return n
}

// alone runs Go's tests as they are, once.
func (o overlaid) alone(t *testing.T, pattern string) map[string]string {
	key := o.pkg + " " + pattern
	if results[key] == nil {
		results[key], _ = o.run(t, pattern)
	}
	return results[key]
}

// results are what alone has returned.
var results = map[string]map[string]string{}

// run returns what has become of each test that matches pattern, and whether one of
// them reached this project.
func (o overlaid) run(t *testing.T, pattern string, args ...string) (results map[string]string, reached bool) {
	t.Helper()
	args = append([]string{"test", "-json", "-count=1", "-vet=off", "-timeout=15m", "-run", pattern, "-skip", leftOut(o.except)}, args...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, o.pkg)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, _ := cmd.Output() // whose failure is in the results
	results = map[string]string{}
	var text strings.Builder
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(s.Bytes(), &e) != nil {
			continue
		}
		text.WriteString(e.Output)
		switch e.Action {
		case "pass", "fail", "skip":
			if e.Test != "" {
				results[e.Test] = e.Action
			}
		}
	}
	if path := os.Getenv("GOTESTS_OUTPUT"); path != "" {
		_ = os.WriteFile(path, []byte(text.String()+errs.String()), 0o600)
	}
	if len(results) == 0 {
		t.Fatalf("%v\n%s%s", cmd.Args, text.String(), errs.String())
	}
	return results, strings.Contains(text.String()+errs.String(), "gotests: served by us")
}
