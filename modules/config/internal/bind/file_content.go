package bind

import (
	"bytes"
	"path/filepath"
	"reflect"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// File is the underlying type of config.FileRef, which this package cannot import.
type File struct {
	path string
	data []byte
}

var fileType = reflect.TypeFor[File]()

// IsFileRef reports whether a type is config.FileRef.
func IsFileRef(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.ConvertibleTo(fileType)
}

// Path returns the path of the file.
func (f File) Path() string { return f.path }

// Content returns the content of the file.
func (f File) Content() []byte { return f.data }

func (f File) equal(g File) bool {
	return f.path == g.path && bytes.Equal(f.data, g.data)
}

// fileOf returns the file in a value whose type satisfies IsFileRef.
func fileOf(v reflect.Value) File { return v.Convert(fileType).Interface().(File) }

// fileRef reads the file that a setting names.
func (d *Decoder) fileRef(n *document.Node, v reflect.Value, key string) {
	path, ok := n.Value.(string)
	if !ok {
		d.Fail(n, key, "expected a path, found "+n.Show(), "", nil)
		return
	}
	if path == "" {
		v.SetZero()
		return
	}
	if n.At.Kind == "file" && !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(n.At.Name), path)
	}
	data, err := d.In.Read(path)
	if err != nil {
		reason, hint := disk.WhyUnreadable(err)
		d.Fail(n, key, path+" "+reason, hint, err)
		return
	}
	v.Set(reflect.ValueOf(File{path: path, data: data}).Convert(v.Type()))
}
