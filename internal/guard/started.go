package guard

import (
	"bytes"
	"runtime"
	"strconv"
)

// mostToSearch goroutines print their stacks within a few milliseconds.
const mostToSearch = 5000

// StartedBy returns the functions that have not returned and whose goroutines were
// started in goroutine id by function, such as "net/http.(*Server).Shutdown". It
// reads the output of runtime.Stack, and returns nothing if that ever looks
// different, or if there are so many goroutines that it would take long. It stops
// the world.
func StartedBy(function string, id uint64) (running []string) {
	if runtime.NumGoroutine() > mostToSearch {
		return nil
	}
	created := []byte("\ncreated by " + function + " in goroutine " + strconv.FormatUint(id, 10) + "\n")
	for block := range bytes.SplitSeq(append(allStacks(), '\n'), []byte("\n\n")) {
		at := bytes.Index(append(block, '\n'), created)
		if at < 0 {
			continue
		}
		lines := bytes.Split(block[:at], []byte("\n"))
		if len(lines) < 3 { // the goroutine, and two for each call
			continue
		}
		outermost := lines[len(lines)-2]
		if end := bytes.LastIndexByte(outermost, '('); end > 0 {
			outermost = outermost[:end]
		}
		running = append(running, string(outermost))
	}
	return running
}
