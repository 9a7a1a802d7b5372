package conformance

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Bare net/http does not pass all of h2spec. This server passes every case that
// net/http passes.
func TestH2spec(t *testing.T) {
	out, err := exec.Command("go", "tool", "-n", "h2spec").Output()
	if err != nil {
		t.Fatalf("h2spec, a tool of this module: %v", err)
	}
	tool := strings.TrimSpace(string(out))
	for _, secure := range []bool{true, false} {
		t.Run(fmt.Sprintf("tls %v", secure), func(t *testing.T) {
			t.Parallel()
			theirs := bare(t, newServer(t, http.HandlerFunc(hello), secure))
			port, _ := ours(t, newServer(t, http.HandlerFunc(hello), secure))

			var allowed, failed map[string]bool
			var both sync.WaitGroup
			both.Go(func() { allowed = judge(t, tool, theirs, secure) })
			both.Go(func() { failed = judge(t, tool, port, secure) })
			both.Wait()
			for kase := range failed {
				// Some cases measure time. A failure is one that stays.
				for range 3 {
					if !failed[kase] || allowed[kase] {
						break
					}
					section, _, _ := strings.Cut(kase, " ")
					failed[kase] = judge(t, tool, port, secure, section)[kase]
				}
				if failed[kase] && !allowed[kase] {
					t.Errorf("fails, and not with bare net/http: %s", kase)
				}
			}
			t.Logf("%d cases fail with net/http, %d here", len(allowed), len(failed))
		})
	}
}

// judge runs h2spec against a server and returns the cases that fail, each
// beginning with its section.
func judge(t *testing.T, tool string, port int, secure bool, sections ...string) map[string]bool {
	report := filepath.Join(t.TempDir(), fmt.Sprintf("%d.xml", port))
	args := append([]string{"-h", "127.0.0.1", "-p", strconv.Itoa(port), "-j", report}, sections...)
	if secure {
		args = append(args, "-t", "-k")
	}
	said, _ := exec.Command(tool, args...).CombinedOutput() // the exit code reports failures, too
	text, err := os.ReadFile(report)
	if err != nil {
		t.Errorf("no report: %v\n%s", err, said)
		return nil
	}
	var suites struct {
		Suite []struct {
			ID   string `xml:"package,attr"`
			Case []struct {
				Name    string    `xml:"classname,attr"`
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &suites); err != nil {
		t.Error(err)
	}
	run, failed := 0, map[string]bool{}
	for _, s := range suites.Suite {
		for _, c := range s.Case {
			run++
			if c.Failure != nil || c.Error != nil {
				failed[s.ID+" "+c.Name] = true
			}
		}
	}
	if run == 0 || len(sections) == 0 && run < 140 {
		t.Errorf("only %d cases were run:\n%s", run, said)
	}
	return failed
}
