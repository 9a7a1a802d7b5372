package process

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"time"
)

// What a new process writes to standard error until it is connected to its
// predecessor goes through a pipe, so that that one can say why it has died.
// It has the real standard error as well, and puts that back as soon as it speaks:
// nothing depends on the predecessor then. It holds the reading end, too, lest
// a predecessor that dies meanwhile takes this process along (SIGPIPE).
//
// A terminal is not replaced: what is written there is seen, and programs ask
// whether they write to one.

const (
	lastLines = 20
	lastBytes = 16 << 10 // of all lines together
)

// stderr reads what a new process writes before it speaks.
type stderr struct {
	r    *os.File
	to   *os.File
	done chan struct{}

	mu   sync.Mutex
	tail []byte
}

func readStderr(r, to *os.File) *stderr {
	s := &stderr{r: r, to: to, done: make(chan struct{})}
	go s.copy()
	return s
}

// copy ends when nothing has the writing end any more.
func (s *stderr) copy() {
	defer close(s.done)
	defer s.r.Close()
	b := make([]byte, 4096)
	for {
		n, err := s.r.Read(b)
		if n > 0 {
			s.keep(b[:n])
			_, _ = s.to.Write(b[:n])
		}
		if err != nil {
			return
		}
	}
}

func (s *stderr) keep(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail = append(s.tail, b...)
	s.tail = s.tail[max(0, len(s.tail)-lastBytes):]
}

// lines returns the last lines, at most lastLines. It waits for the end of the
// copying, but not for something else that holds the pipe.
func (s *stderr) lines() []string {
	select {
	case <-s.done:
	case <-time.After(time.Second):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for line := range bytes.Lines(s.tail) {
		if text := strings.TrimRight(string(line), "\r\n\t "); text != "" {
			lines = append(lines, strings.ToValidUTF8(text, "?"))
		}
	}
	return lines[max(0, len(lines)-lastLines):]
}
