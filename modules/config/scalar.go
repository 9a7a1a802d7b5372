package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// misfit says why a scalar is not what its setting needs.
type misfit struct {
	reason, hint string
	err          error
}

// scalar reads a word or a number into v.
func scalar(n *node, v reflect.Value) *misfit {
	t := v.Type()
	text, isText := n.value.(string)
	switch {
	case t == secretType:
		if !isText {
			return &misfit{reason: "expected text", hint: "put it in quotes"} // never show it
		}
		v.Set(reflect.ValueOf(NewSecret(text)))
	case t == durationType:
		return duration(n, v)
	case t == timeType && reflect.TypeOf(n.value) == timeType:
		v.Set(reflect.ValueOf(n.value))
	case reflect.PointerTo(t).Implements(textType):
		if !isText {
			text = n.raw
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return &misfit{reason: fmt.Sprintf("%s: %v", n.show(), err), err: err}
		}
	case v.Kind() == reflect.Bool:
		return boolean(n, v)
	case v.Kind() == reflect.String:
		if stamp, ok := n.value.(time.Time); ok { // an unquoted date is text here
			text, isText = stamp.Format(time.RFC3339), true
			if n.raw != "" {
				text = n.raw
			}
		}
		if !isText {
			return &misfit{reason: "expected text, found " + n.show(), hint: fmt.Sprintf("put it in quotes: %q", shorten(n.raw))}
		}
		v.SetString(text)
	case v.Kind() == reflect.Float32 || v.Kind() == reflect.Float64:
		return float(n, v)
	default:
		return integer(n, v)
	}
	return nil
}

var unitLess = regexp.MustCompile(`^[-+]?[0-9.]+$`)

func duration(n *node, v reflect.Value) *misfit {
	text, isText := n.value.(string)
	if !isText {
		text = n.raw
	}
	text = strings.TrimSpace(text)
	d, err := time.ParseDuration(text)
	switch {
	case err == nil && (isText || text == "0"):
		v.SetInt(int64(d))
		return nil
	case unitLess.MatchString(text):
		return &misfit{reason: "duration " + text + " has no unit", hint: fmt.Sprintf("write %q, or %q", text+"s", text+"ms"), err: err}
	case !isText:
		return &misfit{reason: "expected a duration, found " + n.show(), hint: `write for example "1m30s"`, err: err}
	}
	return &misfit{reason: n.show() + " is not a duration", hint: `write for example "1m30s"`, err: err}
}

func boolean(n *node, v reflect.Value) *misfit {
	if b, ok := n.value.(bool); ok {
		v.SetBool(b)
		return nil
	}
	if text, ok := n.value.(string); ok && n.loose {
		if b, err := strconv.ParseBool(strings.TrimSpace(text)); err == nil {
			v.SetBool(b)
			return nil
		}
	}
	return &misfit{reason: "expected true or false, found " + n.show()}
}

var octal = regexp.MustCompile(`^[-+]?0[0-9_]+$`)

func integer(n *node, v reflect.Value) *misfit {
	if octal.MatchString(n.raw) {
		bare := strings.TrimLeft(n.raw, "+-0_")
		return &misfit{reason: n.raw + " could be octal or decimal", hint: fmt.Sprintf("write %s, or 0o%s if octal is meant", bare, bare)}
	}
	i, u, err := wholeNumber(n)
	if errors.Is(err, strconv.ErrRange) {
		return overflow(n, v.Type(), err)
	}
	if err != nil {
		return &misfit{reason: n.show() + " is not a whole number", err: err}
	}
	if v.CanInt() {
		if u > math.MaxInt64 || v.OverflowInt(i) {
			return overflow(n, v.Type(), nil)
		}
		v.SetInt(i)
		return nil
	}
	if i < 0 || v.OverflowUint(u) {
		return overflow(n, v.Type(), nil)
	}
	v.SetUint(u)
	return nil
}

// wholeNumber returns the number twice: as u if it is not negative, and as i if
// it is not beyond the largest int64.
func wholeNumber(n *node) (i int64, u uint64, err error) {
	switch x := n.value.(type) {
	case int:
		return int64(x), uint64(max(x, 0)), nil
	case int64:
		return x, uint64(max(x, 0)), nil
	case uint64:
		return int64(min(x, math.MaxInt64)), x, nil
	case float64:
		if x != math.Trunc(x) || math.IsNaN(x) {
			return 0, 0, errors.New("it has a fraction")
		}
		if x < math.MinInt64 || x >= math.MaxUint64 {
			return 0, 0, strconv.ErrRange
		}
		if x < 0 {
			return int64(x), 0, nil
		}
		return int64(min(uint64(x), math.MaxInt64)), uint64(x), nil
	case string:
		if !n.loose {
			return 0, 0, errors.New("it is text")
		}
		text := strings.TrimSpace(x)
		if strings.HasPrefix(text, "-") {
			i, err = strconv.ParseInt(text, 10, 64)
			return i, 0, err
		}
		u, err = strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
		return int64(min(u, math.MaxInt64)), u, err
	}
	return 0, 0, errors.New("it is no number")
}

func overflow(n *node, t reflect.Type, err error) *misfit {
	bits := t.Bits()
	lo, hi := "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10)
	if t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64 {
		lo = strconv.FormatInt(math.MinInt64>>(64-bits), 10)
		hi = strconv.FormatInt(math.MaxInt64>>(64-bits), 10)
	}
	return &misfit{reason: fmt.Sprintf("%s overflows %s", strings.Trim(n.show(), `"`), t.Kind()), hint: lo + " to " + hi, err: err}
}

func float(n *node, v reflect.Value) *misfit {
	var f float64
	switch x := n.value.(type) {
	case int:
		f = float64(x)
	case int64:
		f = float64(x)
	case uint64:
		f = float64(x)
	case float64:
		f = x
	default:
		text, ok := x.(string)
		parsed, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if !ok || !n.loose || err != nil {
			return &misfit{reason: n.show() + " is not a number", err: err}
		}
		f = parsed
	}
	if math.IsNaN(f) {
		return &misfit{reason: n.show() + " is not a number"}
	}
	if v.OverflowFloat(f) {
		return &misfit{reason: n.show() + " overflows " + v.Kind().String()}
	}
	v.SetFloat(f)
	return nil
}

// typeName says what a setting holds in words an operator uses.
func typeName(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration"
	case t == secretType, t.Kind() == reflect.String:
		return "text"
	case t == fileRefType:
		return "a path"
	case t == timeType:
		return "a time"
	case reflect.PointerTo(t).Implements(textType):
		return "a " + t.String()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
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
