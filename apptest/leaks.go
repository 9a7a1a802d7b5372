package apptest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"
)

// settling is how long a goroutine or a file may outlive the stop: it may need a
// moment to end.
const settling = 5 * time.Second

// label marks goroutines. A goroutine inherits it from the one that starts it.
const label = "apptest"

// leaks finds what an application leaves behind: goroutines in any test, by their
// label; files where the system lists them, and only in a test that is not
// parallel, because in a parallel one other tests may have opened them.
type leaks struct {
	t     testing.TB
	id    string
	files map[string]string // open before; nil: not known
}

func newLeaks(t testing.TB) *leaks {
	l := &leaks{t: t}
	l.id = fmt.Sprintf("%s %p", t.Name(), l)
	if !parallel(t) {
		l.files = openFiles()
	}
	return l
}

// own runs fn; every goroutine that it starts belongs to the application.
func (l *leaks) own(fn func()) {
	pprof.Do(context.Background(), pprof.Labels(label, l.id), func(context.Context) { fn() })
}

// check fails the test if anything is left.
func (l *leaks) check() {
	l.t.Helper()
	var routines, files []string
	pause := time.Millisecond
	for deadline := time.Now().Add(settling); ; pause = min(2*pause, 100*time.Millisecond) {
		routines, files = l.goroutines(), l.newFiles()
		if len(routines)+len(files) == 0 {
			return
		}
		if time.Now().After(deadline) {
			break
		}
		<-time.After(pause)
	}
	for _, r := range routines {
		l.t.Errorf("the application left a goroutine behind:\n%s", r)
	}
	for _, f := range files {
		l.t.Errorf("the application left a file open: %s", f)
	}
}

// goroutines returns the stacks of the goroutines with our label. A block of the
// profile is "1 @ 0x...", "# labels: {...}", and the frames.
func (l *leaks) goroutines() (stacks []string) {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 1) // a Buffer returns no error
	mark := fmt.Sprintf("%q:%q", label, l.id)
	for block := range strings.SplitSeq(b.String(), "\n\n") {
		if strings.Contains(block, mark) {
			stacks = append(stacks, block)
		}
	}
	return stacks
}

func (l *leaks) newFiles() (files []string) {
	if l.files == nil {
		return nil
	}
	now := openFiles()
	for _, fd := range slices.Sorted(maps.Keys(now)) {
		if l.files[fd] != now[fd] {
			files = append(files, fd+" "+now[fd])
		}
	}
	return files
}

// parallel reports whether t, or a test around it, is parallel: Setenv panics
// there. In any other test Setenv makes a later t.Parallel panic, so a test must
// call t.Parallel first.
func parallel(t testing.TB) (yes bool) {
	defer func() { yes = recover() != nil }()
	t.Setenv("APPTEST", "1")
	return false
}
