package config

import (
	"bytes"
	"path/filepath"
	"reflect"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// FileRef is the path of a file whose content belongs to the configuration: a
// certificate, a key, a word list. The content is read together with the
// configuration, is part of its hash, and a change of the file is a change of
// the setting. A relative path is relative to the file that names it.
type FileRef struct {
	path string
	data []byte
}

// Path returns the path of the file, or "" when none is named.
func (f FileRef) Path() string { return f.path }

// Bytes returns the content; treat it as read-only.
func (f FileRef) Bytes() []byte { return f.data }

// IsZero reports that no file is named.
func (f FileRef) IsZero() bool { return f.path == "" }

// String returns the path.
func (f FileRef) String() string { return f.path }

// MarshalText returns the path.
func (f FileRef) MarshalText() ([]byte, error) { return []byte(f.path), nil }

func (f FileRef) equal(g FileRef) bool { return f.path == g.path && bytes.Equal(f.data, g.data) }

// fileRef reads the file a setting names.
func (d *decoder) fileRef(n *document.Node, v reflect.Value, key string) {
	path, ok := n.Value.(string)
	if !ok {
		d.fail(n, key, "expected a path, found "+n.Show(), "", nil)
		return
	}
	if path == "" {
		v.Set(reflect.ValueOf(FileRef{}))
		return
	}
	if n.At.Kind == "file" && !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(n.At.Name), path)
	}
	data, err := d.in.Read(path)
	if err != nil {
		reason, hint := disk.WhyUnreadable(err)
		d.fail(n, key, path+" "+reason, hint, err)
		return
	}
	v.Set(reflect.ValueOf(FileRef{path: path, data: data}))
}
