package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"time"
)

// settled reads a file that somebody may be saving at this moment. Most editors
// and commands truncate a file before they write it, delete it before they
// create it, or write it in pieces, and a file cut short is often valid YAML.
// So the content counts only when it has held still:
//
//   - its modification time is older than quiet, or
//   - two reads, quiet apart, gave the same, or
//   - the file is replaced (not rewritten) all the time; then every version of
//     it is complete, and after grace we take one.
//
// A file that is missing, empty or (where that can be told) open for writing
// may be so for grace, then that is what it is.
func (in *inputs) settled(path string) ([]byte, error) {
	p, begin := in.patience, time.Now()
	var last reading
	for first := true; ; first = false {
		now, err := readFile(in.at(path))
		if p.quiet == 0 {
			return now.data, err
		}
		waited := time.Since(begin)
		switch {
		case err != nil || blank(now.data):
			if waited >= p.grace {
				return now.data, err
			}
		case now.open && waited < p.grace:
		case first && time.Since(now.info.ModTime()) > p.quiet:
			return now.data, nil
		case !blank(last.data) && bytes.Equal(last.data, now.data) && sameStat(last.info, now.info):
			return now.data, nil
		case last.info != nil && !os.SameFile(last.info, now.info) && waited >= p.grace:
			return now.data, nil
		case waited >= p.limit:
			return nil, errRestless
		}
		last = now
		if err := in.pause(); err != nil {
			return nil, err
		}
	}
}

var errRestless = errors.New("is being written all the time")

func sameStat(a, b fs.FileInfo) bool {
	return a != nil && b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
