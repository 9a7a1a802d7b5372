package bind

import (
	"fmt"
	"reflect"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// anything reads n, with all that is below it, into a setting of type any. The type
// of a scalar is then that of the document. An ambiguous number is refused, because
// no type of the program says what was meant.
func (d *Decoder) anything(n *document.Node, v reflect.Value, key string) {
	before := len(d.Problems) + d.More
	if d.doubtful(n, key); len(d.Problems)+d.More == before {
		v.Set(reflect.ValueOf(n.Plain()))
	}
}

// doubtful reports values at n and below it that are refused everywhere, and
// numbers that differ from what is written.
func (d *Decoder) doubtful(n *document.Node, key string) {
	switch {
	case n.IsTable():
		for _, k := range n.Keys() {
			d.doubtful(n.Table[k], key+"."+k)
		}
		return
	case n.IsList:
		for i, e := range n.List {
			d.doubtful(e, fmt.Sprintf("%s[%d]", key, i))
		}
		return
	}
	switch n.Value.(type) {
	case string:
		if placeholder(n) {
			d.placeholder(n, key)
		}
	case document.Huge:
		d.Fail(n, key, n.Show()+" is a number beyond 1.8e308", "put it in quotes if it is text", nil)
	case int, int64, uint64, float64:
		if bad := octal(n); bad != nil {
			d.Fail(n, key, bad.reason, bad.hint+"; in quotes it is text", nil)
		} else if n.LosesDigits() {
			d.Fail(n, key, n.Show()+" has more digits than a number can hold", "put it in quotes if it is text", nil)
		}
	}
}
