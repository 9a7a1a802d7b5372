package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// readStable reads a file that may be in the middle of a save. Most editors
// and commands truncate a file before they write it, delete it before they
// create it, or write it in pieces, and a file cut short is often valid YAML.
// So the content counts only when it has held still, for quiet, or for still
// when the file is the one that was there before and is being rewritten:
//
//   - its modification time is older, or
//   - it was read the same for so long, or
//   - the file is replaced (not rewritten) all the time; then every version of
//     it is complete, and after grace we take one.
//
// A file that is missing or empty may be so for grace, one that is open for
// writing (where that is known) until limit; then that is what it is. A writer
// that closes the file in between, for longer than still, looks like one that
// has finished.
func (in *inputs) readStable(path string) input {
	p, begin := in.timing, time.Now()
	var last reading
	var since time.Time // last was first read the same
	still := p.quiet
	for first := true; ; first = false {
		now, err := in.reads.file(in.ctx, in.abs(path))
		if p.quiet == 0 {
			return now.input(err)
		}
		waited := time.Since(begin)
		held := !document.Empty(last.data) && bytes.Equal(last.data, now.data) && sameStat(last.info, now.info)
		if !held {
			since = time.Now()
		}
		if err != nil || document.Empty(now.data) || sameFile(in.known[path].info, now.info) || !held && sameFile(last.info, now.info) {
			still = p.still // it is not one that came by a rename
		}
		switch {
		case errors.Is(err, errBlocks) || in.ctx.Err() != nil:
			return now.failed(err)
		case first && err == nil && in.wasEmpty(path, now):
			return now.input(nil)
		case err != nil || document.Empty(now.data):
			if waited >= p.grace {
				return now.input(err)
			}
		case now.open && waited < p.limit:
		case first && time.Since(now.info.ModTime()) > still:
			return now.input(nil)
		case held && time.Since(since) >= still:
			return now.input(nil)
		case last.info != nil && !sameFile(last.info, now.info) && waited >= p.grace:
			return now.input(nil)
		case waited >= p.limit:
			return now.failed(errNeverStable)
		}
		last = now
		if err := in.pause(); err != nil {
			return now.failed(err)
		}
	}
}

// wasEmpty reports whether the file was empty the last time and has not been
// touched since: then it is meant to be, and nothing is waited for.
func (in *inputs) wasEmpty(path string, now reading) bool {
	old, ok := in.known[path]
	return ok && old.err == nil && document.Empty(old.data) && document.Empty(now.data) && !now.open &&
		sameFile(old.info, now.info) && sameStat(old.info, now.info)
}

func (r reading) input(err error) input  { return input{data: r.data, info: r.info, err: err} }
func (r reading) failed(err error) input { return input{info: r.info, err: err} }

var errNeverStable = errors.New("is being written all the time")

func sameFile(a, b fs.FileInfo) bool { return a != nil && b != nil && os.SameFile(a, b) }

func sameStat(a, b fs.FileInfo) bool {
	return a != nil && b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
