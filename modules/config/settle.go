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
// A file that is missing or empty may be so for grace, then that is what it is.
//
// A writer that rests in the middle of a file for longer than quiet cannot be
// told from one that has finished.
func (in *inputs) settled(path string) ([]byte, error) {
	p, begin := in.patience, time.Now()
	var before []byte
	var info, last fs.FileInfo
	for first := true; ; first = false {
		data, now, err := in.open(path)
		if p.quiet == 0 {
			return data, err
		}
		last, info = info, now
		waited := time.Since(begin)
		replaced := last != nil && info != nil && !os.SameFile(last, info)
		switch {
		case err != nil || blank(data):
			if waited >= p.grace {
				return data, err
			}
			data = nil
		case time.Since(info.ModTime()) > p.quiet && first:
			return data, nil
		case before != nil && bytes.Equal(before, data) && sameStat(last, info):
			return data, nil
		case replaced && waited >= p.grace:
			return data, nil
		case waited >= p.limit:
			return nil, errRestless
		}
		before = data
		if err := in.pause(); err != nil {
			return nil, err
		}
	}
}

var errRestless = errors.New("is being written all the time")

func sameStat(a, b fs.FileInfo) bool {
	return a != nil && b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
