// Command saver saves a file in one of the ways of configtest and reports what a
// library read. It is a separate process because the watcher of a library can
// neither be stopped nor trusted not to end the process.
//
//	saver LIBRARY PATTERN SAVES DIR
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/bench/settings"
	"github.com/gracefulfx/graceful/modules/config/configtest"
)

// Outcome is what a library made of some saves; the runner has the same type.
type Outcome struct {
	Skipped string `json:",omitempty"`
	Right   bool   // the last save is in force in the end
	Torn    int    // how often something other than a whole file was in force
	Changes int    // how often the library reported a change
}

func main() {
	if len(os.Args) != 5 {
		fail("usage: saver LIBRARY PATTERN SAVES DIR")
	}
	index, err1 := strconv.Atoi(os.Args[2])
	saves, err2 := strconv.Atoi(os.Args[3])
	if err1 != nil || err2 != nil || index < 0 || index >= len(configtest.Patterns()) {
		fail("PATTERN is the index of a pattern, SAVES a number")
	}
	for _, l := range settings.Libraries() {
		if l.Name == os.Args[1] {
			json.NewEncoder(os.Stdout).Encode(try(l, configtest.Patterns()[index], saves, os.Args[4]))
			return
		}
	}
	fail("unknown library " + os.Args[1])
}

func fail(text string) {
	fmt.Fprintln(os.Stderr, text)
	os.Exit(2)
}

const (
	rest     = 200 * time.Millisecond // after each save, as a person rests
	patience = 3 * time.Second        // for the last save to come into force
)

func try(l settings.Library, p configtest.Pattern, saves int, dir string) (o Outcome) {
	t := &tb{dir: dir}
	defer t.caught(&o.Skipped)
	path, save := p.Begin(t, t.TempDir(), settings.Content(0, 1))

	var last, torn, changes atomic.Int64
	err := l.Watch(path, func(s *settings.Settings) {
		changes.Add(1)
		if s.Torn() {
			torn.Add(1)
			last.Store(-1)
		} else {
			last.Store(int64(s.Gen))
		}
	})
	if err != nil {
		fail(err.Error())
	}
	time.Sleep(rest)
	for gen := 1; gen <= saves; gen++ {
		save(settings.Content(gen, 1))
		time.Sleep(rest)
	}
	for began := time.Now(); last.Load() != int64(saves) && time.Since(began) < patience; {
		time.Sleep(rest / 10)
	}
	return Outcome{Right: last.Load() == int64(saves), Torn: int(torn.Load()), Changes: int(changes.Load())}
}
