// Command pictures draws the pictures of docs, each from the text beside it, and
// records the terminal. In the folder tools:
//
//	go run ./pictures                 # draw every picture of docs/pictures anew
//	go run ./pictures -record         # run demo.sh, about half a minute, and record it
//
// A text in *.house has floors and phases, one in *.sequence has lanes and the
// messages between them, and *.cast is a recording in asciinema's format (asciicast
// v2), which asciinema plays as well. Each picture has the colours of the reader's
// scheme.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// painters are the ways to draw, by the ending of the text's name.
var painters = map[string]func(text string) (string, error){
	".house": house, ".sequence": sequence, ".cast": terminal,
}

func main() {
	again := flag.Bool("record", false, "run demo.sh and record it first")
	flag.Parse()
	if err := run("../docs/pictures", *again); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run(dir string, again bool) error {
	if again {
		if err := record("../demo.sh", filepath.Join(dir, "demo.cast")); err != nil {
			return err
		}
	}
	all, err := drawn(dir)
	if err != nil {
		return err
	}
	for path, svg := range all {
		if err := os.WriteFile(path, []byte(svg), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// drawn returns the pictures of a folder's texts, by their paths.
func drawn(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		paint := painters[ext]
		if paint == nil {
			continue
		}
		path := filepath.Join(dir, e.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		svg, err := paint(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all[strings.TrimSuffix(path, ext)+".svg"] = svg
	}
	return all, nil
}
