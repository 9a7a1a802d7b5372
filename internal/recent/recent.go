// Package recent keeps the last lines of a log in memory, for operators.
package recent

import (
	"bytes"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	half    = 32 << 10 // bytes of lines that are kept at least, once there are that many
	longest = 4 << 10  // bytes of one line; the rest is cut
)

// Lines holds the last lines that were written, 32 to 64 KiB of them. The zero
// value is empty. Its methods may be called from any goroutine, and block while a
// line, or all, are copied. Once both halves exist, adding a line allocates
// nothing.
type Lines struct {
	mu       sync.Mutex // guards everything below
	old, now []byte     // lines, each followed by a zero byte
}

// Add keeps a copy of one entry: a line or, as with a stack, several.
func (l *Lines) Add(entry []byte) {
	entry = bytes.TrimSuffix(entry, []byte("\n"))
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.now)+min(len(entry), longest+len("…"))+1 > half || l.now == nil {
		l.old, l.now = l.now, l.old[:0]
		if l.now == nil {
			l.now = make([]byte, 0, half)
		}
	}
	if n := longest; len(entry) > n {
		for n > 0 && !utf8.RuneStart(entry[n]) {
			n--
		}
		l.now = append(l.now, entry[:n]...)
		entry = []byte("…")
	}
	l.now = append(l.now, entry...)
	l.now = append(l.now, 0)
}

// All returns the lines, the oldest first.
func (l *Lines) All() []string {
	l.mu.Lock()
	text := strings.ToValidUTF8(string(l.old)+string(l.now), "�")
	l.mu.Unlock()
	if text == "" {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(text, "\x00"), "\x00")
}
