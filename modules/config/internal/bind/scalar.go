package bind

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// scalar reads a word or a number into v.
func scalar(n *document.Node, v reflect.Value) *mismatch {
	t := v.Type()
	text, isText := textOf(n)
	switch {
	case IsSecret(t):
		if !isText {
			return &mismatch{reason: "expected text", hint: "put it in quotes"} // never show it
		}
		v.Set(reflect.ValueOf(NewSecret(text)).Convert(t))
	case t == DurationType:
		return duration(n, v)
	case t == timeType && reflect.TypeOf(n.Value) == timeType:
		v.Set(reflect.ValueOf(n.Value))
	case t == timeType && isText:
		at, ok := document.Time(text)
		if !ok {
			return &mismatch{reason: n.Show() + " is not a time", hint: `write for example "2006-01-02T15:04:05Z", or "2006-01-02"`}
		}
		v.Set(reflect.ValueOf(at))
	case n.Binary && IsBytes(t) && !reflect.PointerTo(t).Implements(TextType):
		v.SetBytes([]byte(text))
	case t == URLType, t == IPNetType, t == MacType, IsBytes(t) && !reflect.PointerTo(t).Implements(TextType):
		if !isText {
			text = n.Raw
		}
		if err := network(text, v); err != nil {
			return &mismatch{reason: fmt.Sprintf("%s is not %s: %v", n.Show(), TypeName(t), err), err: err}
		}
	case reflect.PointerTo(t).Implements(TextType):
		if !isText {
			text = n.Raw
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return &mismatch{reason: fmt.Sprintf("%s: %v", n.Show(), err), err: err}
		}
	case v.Kind() == reflect.Bool:
		return boolean(n, v)
	case v.Kind() == reflect.String:
		if !isText {
			return &mismatch{reason: "expected text, found " + n.Show(), hint: fmt.Sprintf("put it in quotes: %q", document.Shorten(n.Raw))}
		}
		v.SetString(text)
	case v.Kind() == reflect.Float32 || v.Kind() == reflect.Float64:
		return float(n, v)
	default:
		return integer(n, v)
	}
	return nil
}

// textOf returns what is written, if it is text. An unquoted date is text, too.
func textOf(n *document.Node) (string, bool) {
	if _, ok := n.Value.(time.Time); ok {
		return n.Raw, true
	}
	text, ok := n.Value.(string)
	return text, ok
}

func boolean(n *document.Node, v reflect.Value) *mismatch {
	if b, ok := n.Value.(bool); ok {
		v.SetBool(b)
		return nil
	}
	if text, ok := n.Value.(string); ok && n.Loose {
		if b, err := strconv.ParseBool(strings.TrimSpace(text)); err == nil {
			v.SetBool(b)
			return nil
		}
	}
	return &mismatch{reason: "expected true or false, found " + n.Show()}
}

// TypeName describes the type of a setting in an operator's words.
func TypeName(t reflect.Type) string {
	switch {
	case t == DurationType:
		return "a duration"
	case IsSecret(t), t.Kind() == reflect.String:
		return "text"
	case IsFileRef(t):
		return "a path"
	case t == timeType:
		return "a time"
	case t == URLType:
		return "a URL"
	case t == IPNetType:
		return "a network"
	case t == MacType:
		return "a hardware address"
	case reflect.PointerTo(t).Implements(TextType):
		return "a " + t.String()
	}
	if IsBytes(t) {
		return "base64"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return TypeName(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a table"
	case reflect.Interface:
		return "anything"
	}
	return "a whole number"
}
