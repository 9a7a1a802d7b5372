package disk

import (
	"bytes"
	"errors"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// readStable reads a file that may be in the middle of a save. Most editors
// and commands truncate a file before they write it, delete it before they
// create it, or write it in pieces, and a file cut short is often valid YAML.
// So the content counts only when it has not changed for the time quiet, or for the
// time still when the same file is being rewritten:
//
//   - its modification time is that old, or
//   - it was the same whenever it was read for that long, or
//   - the file is replaced (not rewritten) all the time; then every version of
//     it is complete, and after grace we take one.
//
// A file may be missing or empty for the time grace, and open for writing (where
// that is known) until limit; after that it is read as it is. A file that replaced
// the known one, and that is known to be open for writing nowhere, counts after the
// time fresh. A writer that closes the file in between, for longer than that, looks
// like one that has finished.
func (in *Inputs) readStable(path string) Input {
	p, begin := in.Timing, time.Now()
	var last reading
	var since time.Time // since when it has been the same as last
	still := p.Quiet
	for first := true; ; first = false {
		now, err := in.file(path)
		if p.Quiet == 0 {
			return now.input(err)
		}
		waited := time.Since(begin)
		held := !document.Empty(last.data) && bytes.Equal(last.data, now.data) && SameStat(last.info, now.info)
		if !held {
			since = time.Now()
		}
		if first && now.open == none && in.replaced(path, now) {
			still = p.Fresh
		}
		if err != nil || document.Empty(now.data) || sameFile(in.known[path].info, now.info) || !held && sameFile(last.info, now.info) {
			still = p.Still // it was not renamed into place
		}
		switch {
		case errors.Is(err, ErrBlocks) || in.Ctx.Err() != nil:
			return now.failed(err)
		case first && err == nil && in.wasEmpty(path, now):
			return now.input(nil)
		case err != nil || document.Empty(now.data):
			if waited >= p.Grace {
				return now.input(err)
			}
		case now.open == some && waited < p.Limit:
		case first && time.Since(now.info.ModTime()) > still:
			return now.input(nil)
		case held && time.Since(since) >= still:
			return now.input(nil)
		case last.info != nil && !sameFile(last.info, now.info) && waited >= p.Grace:
			return now.input(nil)
		case waited >= p.Limit:
			return now.failed(errNeverStable)
		}
		last = now
		wait := p.Quiet
		if now.open == none && !document.Empty(now.data) { // no look before it is due would end this
			wait = max(wait, still-time.Since(since))
		}
		if err := in.pause(wait); err != nil {
			return now.failed(err)
		}
	}
}

// wasEmpty reports whether the file was empty the last time and has not been
// touched since: then it is empty on purpose, and there is no wait.
func (in *Inputs) wasEmpty(path string, now reading) bool {
	old, ok := in.known[path]
	return ok && old.Err == nil && document.Empty(old.Data) && document.Empty(now.data) && now.open != some &&
		sameFile(old.info, now.info) && SameStat(old.info, now.info)
}

// replaced reports whether another file was at path before.
func (in *Inputs) replaced(path string, now reading) bool {
	old := in.known[path]
	return old.info != nil && now.info != nil && !sameFile(old.info, now.info)
}

func (r reading) input(err error) Input  { return Input{Data: r.data, info: r.info, Err: err} }
func (r reading) failed(err error) Input { return Input{info: r.info, Err: err} }

var errNeverStable = errors.New("is being written all the time")
