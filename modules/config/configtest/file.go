package configtest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

// A File is a configuration file of a test.
type File struct {
	Path string
	t    testing.TB
}

// NewFile writes a file named c.yaml into a temporary directory, which is removed
// with the test. Pass its Path to config.WithFile.
func NewFile(t testing.TB, content string) *File {
	f := &File{Path: filepath.Join(t.TempDir(), "c.yaml"), t: t}
	f.Edit(content)
	return f
}

// Edit replaces the content of the file.
func (f *File) Edit(content string) {
	f.t.Helper()
	write(f.t, f.Path, content)
}

// Await waits for a reload that ends with one of the results, later than the report
// since, and fails the test when there is none in ten seconds. Take since from
// store.Last() before the edit.
func Await(t testing.TB, store *config.Store, since config.Report, results ...config.Result) config.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := store.Await(ctx, func(r config.Report) bool {
		if !r.At.After(since.At) {
			return false
		}
		for _, want := range results {
			if r.Result == want {
				return true
			}
		}
		return false
	})
	if err != nil {
		t.Fatalf("no reload ended with %v in ten seconds; the last one: %s", results, r.Text())
	}
	return r
}
