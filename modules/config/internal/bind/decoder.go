package bind

import (
	"reflect"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A Problem is one mistake in what was read.
type Problem struct {
	At     document.Origin
	Key    string // of the setting
	Reason string
	Hint   string // what to write instead
	Err    error  // the cause, for errors.Is
	Meant  string // of an unknown key, the setting that was probably meant
}

// A decoder reads trees into structs and collects every problem on the way. It
// never converts what could be a mistake: no overflow, no rounding, no number
// for a duration, no unknown key.
//
// It is written by hand because the weak conversions and the flat errors of
// mapstructure would have to be undone one hook at a time, and because here every
// value still has its line.
type Decoder struct {
	In       *disk.Inputs
	Known    []string // every existing key, for suggestions
	Problems []Problem
	More     int  // problems beyond maxProblems
	Root     bool // a section is at the top of the file
	shapes   map[reflect.Type]*Shape
}

// maxProblems is how many problems of decoding are listed; the rest is counted.
const maxProblems = 500

// full reports whether there are so many problems that another one is only counted.
func (d *Decoder) full() bool {
	if len(d.Problems) < maxProblems {
		return false
	}
	d.More++
	return true
}

// Fail adds a problem of the node n.
func (d *Decoder) Fail(n *document.Node, key, reason, hint string, err error) {
	if d.full() {
		return
	}
	if text, _ := n.Value.(string); hint == "" && n.At.Kind == "env" {
		switch {
		case strings.HasPrefix(text, "tcp://"):
			hint = "Kubernetes sets this for a service of that name; enableServiceLinks: false in the pod avoids it"
		case text == "":
			hint = "unset it or give it a value"
		}
	}
	d.Problems = append(d.Problems, Problem{At: n.At, Key: key, Reason: reason, Hint: hint, Err: err})
}

// A mismatch says why a scalar is not what its setting needs.
type mismatch struct {
	reason, hint string
	err          error
}

// IsOperators reports whether a key at the top belongs to the operator: "$schema"
// for an editor, and keys that begin with "x-", for YAML anchors.
func IsOperators(key string) bool { return key == "$schema" || strings.HasPrefix(key, "x-") }

// Join returns the key of a setting below a path, which is empty at the root.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Shape is ShapeOf, once for each type.
func (d *Decoder) shape(t reflect.Type) *Shape {
	if d.shapes[t] == nil {
		if d.shapes == nil {
			d.shapes = map[reflect.Type]*Shape{}
		}
		d.shapes[t], _ = ShapeOf(t)
	}
	return d.shapes[t]
}
