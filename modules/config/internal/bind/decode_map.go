package bind

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// mapping reads a table into a map. Its entries are added to the default ones; null
// removes an entry.
func (d *Decoder) mapping(n *document.Node, v reflect.Value, key string) {
	if n.Loose {
		var err error
		if n, err = mapFromText(n); err != nil {
			d.malformed(n, v.Type(), key, err, `write a=1,b=2 or a JSON object`)
			return
		}
	}
	if !n.IsTable() {
		d.Fail(n, key, "expected a table, found "+showFor(n, v.Type()), "", nil)
		return
	}
	// A new map, because the default's may be shared.
	fresh := reflect.MakeMapWithSize(v.Type(), v.Len()+len(n.Table))
	for it := v.MapRange(); it.Next(); {
		fresh.SetMapIndex(it.Key(), it.Value())
	}
	written := map[any]string{} // the text of each key
	for _, k := range n.Keys() {
		name, err := mapKey(k, v.Type().Key())
		if err != nil {
			d.Fail(n.Table[k], key+"."+k, "the key is not "+TypeName(v.Type().Key())+": "+err.Error(), "", err)
			continue
		}
		if other, ok := written[name.Interface()]; ok {
			d.Fail(n.Table[k], key+"."+k, fmt.Sprintf("is the same key as %q", other), "", nil)
			continue
		}
		written[name.Interface()] = k
		if n.Table[k].IsNull() {
			fresh.SetMapIndex(name, reflect.Value{})
			continue
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if old := fresh.MapIndex(name); old.IsValid() {
			elem.Set(old)
		} else {
			setDefaults(elem)
		}
		d.Value(n.Table[k], elem, key+"."+k)
		fresh.SetMapIndex(name, elem)
	}
	v.Set(fresh)
}

// IsKeyText reports whether a text can be a key of type t in a map.
func IsKeyText(text string, t reflect.Type) bool {
	_, err := mapKey(text, t)
	return err == nil
}

// mapKey reads the key of a map.
func mapKey(text string, t reflect.Type) (key reflect.Value, err error) {
	key = reflect.New(t).Elem()
	switch k := t.Kind(); {
	case reflect.PointerTo(t).Implements(TextType):
		err = key.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	case k == reflect.String:
		key.SetString(text)
	case t == DurationType:
		var d time.Duration
		if d, err = parseDuration(text); err != nil {
			return key, errors.New(`write for example "1m30s"`)
		}
		key.SetInt(int64(d))
	case (&document.Node{Raw: text}).Octal():
		return key, fmt.Errorf("%s could be octal or decimal", text)
	case key.CanInt():
		var i int64
		if i, err = strconv.ParseInt(text, 10, t.Bits()); err == nil {
			key.SetInt(i)
		}
	default:
		var u uint64
		if u, err = strconv.ParseUint(text, 10, t.Bits()); err == nil {
			key.SetUint(u)
		}
	}
	var ne *strconv.NumError
	if errors.As(err, &ne) {
		err = ne.Err
	}
	return key, err
}
