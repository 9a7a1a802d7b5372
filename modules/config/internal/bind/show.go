package bind

import (
	"encoding/base64"
	"fmt"
	"math"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text returns the word for a scalar as a file would have it. A secret has none.
func text(v reflect.Value) (string, bool) {
	switch {
	case IsSecret(v.Type()):
		return "", false
	case IsFileRef(v.Type()):
		return fileOf(v).path, true
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return x.String(), true
	case url.URL:
		return x.String(), true
	case net.IPNet:
		if x.IP == nil {
			return "", true
		}
		return x.String(), true
	case net.HardwareAddr:
		return x.String(), true
	}
	if IsBytes(v.Type()) && !reflect.PointerTo(v.Type()).Implements(TextType) {
		return base64.StdEncoding.EncodeToString(v.Bytes()), true
	}
	b, ok := marshalled(v)
	return string(b), ok
}

// Show writes a value on one line, as an operator would write it into a YAML file.
func Show(v reflect.Value) string {
	if d, ok := v.Interface().(time.Duration); ok {
		return d.String()
	}
	if IsSecret(v.Type()) {
		return strconv.Quote(secretOf(v).Masked())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return "null"
		}
		return Show(v.Elem())
	}
	if IsScalar(v.Type()) {
		if s, ok := text(v); ok {
			return strconv.Quote(s)
		}
		if reflect.PointerTo(v.Type()).Implements(TextType) { // its text may be a key
			if v.IsZero() {
				return `""`
			}
			return strconv.Quote("(" + TypeName(v.Type()) + ")")
		}
	}
	switch v.Kind() {
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Float32, reflect.Float64:
		return showFloat(v.Float(), v.Type().Bits())
	case reflect.Slice, reflect.Array:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = Show(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Map:
		parts := make([]string, 0, v.Len())
		for it := v.MapRange(); it.Next(); {
			parts = append(parts, strconv.Quote(KeyText(it.Key()))+": "+Show(it.Value()))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Struct:
		if IsScalar(v.Type()) {
			break
		}
		sh, _ := ShapeOf(v.Type())
		var parts []string
		for _, m := range sh.Members {
			parts = append(parts, m.Key+": "+Show(m.In(v)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return showPlain(v)
}

func showFloat(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	case math.IsNaN(f):
		return ".nan"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// KeyText writes the key of a map.
func KeyText(v reflect.Value) string {
	if v.Kind() == reflect.String && !reflect.PointerTo(v.Type()).Implements(TextType) {
		return v.String()
	}
	if b, ok := marshalled(v); ok {
		return string(b)
	}
	if d, ok := v.Interface().(time.Duration); ok {
		return d.String()
	}
	return showPlain(v)
}

// showPlain writes a value as it is read, not as its method String prints it: March
// is 3.
func showPlain(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	}
	return fmt.Sprint(v.Interface())
}
