package leader

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// passage passes a lease from one generation to the next: through a pipe, of which
// the successor inherits the reading end. The successor reads to the end of the
// pipe, which comes after a message or, without one, when the old process resigns
// or dies.
type passage struct {
	in   *os.File // from the predecessor; nil: there is none
	out  *os.File // to a successor; nil: there will be none
	read *os.File // the other end of out, which a successor inherits
}

// files is an optional interface of app.Sockets.
type files interface {
	File(name string) *os.File // of the predecessor; nil if there is none
	Keep(name string, f *os.File)
}

// open takes the end that the predecessor has passed on, and makes a pipe for a
// successor.
func (p *passage) open(sockets app.Sockets, task string) error {
	kept, ok := sockets.(files)
	if !ok {
		return nil // this process cannot be upgraded
	}
	name := "leader " + task
	p.in = kept.File(name)
	var err error
	if p.read, p.out, err = os.Pipe(); err != nil {
		return fmt.Errorf("open a pipe for the successor's task %s: %w", task, err)
	}
	kept.Keep(name, p.read)
	return nil
}

// receive blocks until the predecessor has given up the lease, or ctx ends.
func (p *passage) receive(ctx context.Context) []byte {
	if p.in == nil {
		return nil
	}
	defer context.AfterFunc(ctx, func() { _ = p.in.SetReadDeadline(time.Unix(1, 0)) })()
	handed, err := io.ReadAll(p.in)
	if err != nil {
		return nil
	}
	return handed
}

// send reports whether there is a successor that can read handed. It may be called
// once.
func (p *passage) send(handed []byte) bool {
	if p.out == nil || len(handed) == 0 {
		return false
	}
	_ = p.read.Close() // only a successor's end is left, so a write fails without one
	_, err := p.out.Write(handed)
	return err == nil && p.out.Close() == nil
}

// close lets a successor that waits go on. It may be called after send.
func (p *passage) close() {
	for _, f := range []*os.File{p.in, p.out, p.read} {
		if f != nil {
			_ = f.Close() // it may be closed already
		}
	}
}
