package recent

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestOldLinesMakeRoom(t *testing.T) {
	var l Lines
	if all := l.All(); len(all) != 0 {
		t.Errorf("the zero value has %q", all)
	}
	const written = 5000
	for i := range written {
		l.Add([]byte(fmt.Sprintf("line %d %s\n", i, strings.Repeat("x", 40))))
	}
	all := l.All()
	size := 0
	for i, line := range all {
		size += len(line)
		if want := fmt.Sprintf("line %d ", written-len(all)+i); !strings.HasPrefix(line, want) {
			t.Fatalf("line %d is %q, want %q", i, line, want)
		}
	}
	if size > 2*half || size < half/2 {
		t.Errorf("%d lines of %d bytes are kept, want about %d", len(all), size, half)
	}
}

// A line is cut between two characters, and its bytes are a copy.
func TestLongLineIsCut(t *testing.T) {
	for shift := range 4 {
		var l Lines
		line := []byte(strings.Repeat("a", shift) + strings.Repeat("…", longest))
		l.Add(line)
		copy(line, "zzz")
		got := l.All()[0]
		if len(got) > longest+len("…") || len(got) < longest-len("…") || strings.Contains(got, "�") || strings.HasPrefix(got, "z") || !strings.HasSuffix(got, "…") {
			t.Errorf("%d bytes, %q ... %q", len(got), got[:8], got[len(got)-8:])
		}
	}
	var l Lines
	l.Add([]byte("\xff broken\n"))
	if got := l.All()[0]; got != "� broken" {
		t.Errorf("got %q", got)
	}
}

func TestNothingIsAllocatedForALine(t *testing.T) {
	var l Lines
	line := []byte(strings.Repeat("x", 200) + "\n")
	for range 1000 {
		l.Add(line)
	}
	if n := testing.AllocsPerRun(1000, func() { l.Add(line) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestManyWriteAndRead(t *testing.T) {
	var l Lines
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 500 {
				l.Add([]byte(strings.Repeat("y", i)))
				l.All()
			}
		})
	}
	all.Wait()
	if len(l.All()) == 0 {
		t.Error("nothing is kept")
	}
}
