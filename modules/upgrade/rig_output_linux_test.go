package upgrade

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func (r *rig) read(out *os.File, ended chan<- struct{}) {
	defer close(ended)
	defer out.Close()
	for s := bufio.NewScanner(out); s.Scan(); {
		r.mu.Lock()
		r.lines = append(r.lines, s.Text())
		close(r.news)
		r.news = make(chan struct{})
		r.mu.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	close(r.news)
}

// await waits for a line of output and returns the first group of it.
func (r *rig) await(pattern string) string {
	r.t.Helper()
	re := regexp.MustCompile(pattern)
	timeout := time.After(patience)
	for seen := 0; ; {
		r.mu.Lock()
		lines, news, over := r.lines, r.news, r.over
		r.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if m := re.FindStringSubmatch(lines[seen]); m != nil {
				return m[len(m)-1]
			}
		}
		if over {
			r.t.Fatalf("every generation has ended without a line %q", pattern)
		}
		select {
		case <-news:
		case <-timeout:
			r.t.Fatalf("waited in vain for a line %q", pattern)
		}
	}
}

// awaitCount waits until n lines of output match: the output of a process may come
// later than its effects.
func (r *rig) awaitCount(pattern string, n int) {
	r.t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		news := r.news
		r.mu.Unlock()
		if r.count(pattern) >= n {
			return
		}
		select {
		case <-news:
		case <-timeout:
			r.t.Fatalf("waited in vain for line %d of %q", n, pattern)
		}
	}
}

func (r *rig) said(pattern string) bool { return r.count(pattern) > 0 }

// count returns how many lines match.
func (r *rig) count(pattern string) (n int) {
	re := regexp.MustCompile(pattern)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.lines {
		if re.MatchString(line) {
			n++
		}
	}
	return n
}

// awaitEnd waits until no generation is left.
func (r *rig) awaitEnd() {
	r.t.Helper()
	timeout := time.After(2 * patience)
	for {
		r.mu.Lock()
		news, over := r.news, r.over
		r.mu.Unlock()
		if over {
			return
		}
		select {
		case <-news:
		case <-timeout:
			r.t.Fatalf("still alive: %v", r.pids())
		}
	}
}

func (r *rig) awaitFile(name, want string) {
	r.t.Helper()
	var got []byte
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(10 * time.Millisecond) { // nor for a file
		if got, _ = os.ReadFile(filepath.Join(r.dir, name)); strings.TrimSpace(string(got)) == want {
			return
		}
	}
	r.t.Errorf("%s: got %q, want %q", name, got, want)
}

func matches(pattern, s string) bool { return regexp.MustCompile("(?s)" + pattern).MatchString(s) }
