package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// Remote is one document that is not a file of this machine. It goes through
// the same transaction as the files, and these override it.
//
// An implementation notices changes and then requests [app.Reload]. During one
// load Read is called once; between two loads a Watcher calls it now and then.
type Remote interface {
	// Name stands where a path would, in reports and messages, and its
	// extension names the format: "etcd:/todo/config.yaml". It never changes.
	Name() string
	// Read returns the document to use now. It does not wait for the network.
	// An error that is fs.ErrNotExist means that there is none: no problem as
	// long as there was none before.
	Read() ([]byte, error)
}

// remoteDocument returns the name of the remote document, if there is one, and
// those of had that are files.
func (r resolved) remoteDocument(in *disk.Inputs, had []string) (paths, files []string) {
	if r.Remote == nil {
		return nil, had
	}
	name := r.Remote.Name()
	var got disk.Input
	got.Data, got.Err = r.Remote.Read()
	in.Files[filepath.Clean(name)] = got
	if slices.Contains(had, name) || !errors.Is(got.Err, fs.ErrNotExist) {
		paths = []string{name}
	}
	return paths, slices.DeleteFunc(slices.Clone(had), func(h string) bool { return h == name })
}
