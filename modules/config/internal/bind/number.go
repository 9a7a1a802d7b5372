package bind

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// octal refuses a number such as 010, which some programs read as 8 and others as
// 10.
func octal(n *document.Node) *mismatch {
	if !n.Octal() {
		return nil
	}
	sign := strings.TrimRight(n.Raw, "0123456789_")
	digits := cmp.Or(strings.TrimLeft(n.Raw, "+-0_"), "0")
	return &mismatch{reason: n.Raw + " could be octal or decimal",
		hint: fmt.Sprintf("write %s%s, or %s0o%s if octal is meant", sign, digits, sign, digits)}
}

func integer(n *document.Node, v reflect.Value) *mismatch {
	if bad := octal(n); bad != nil {
		return bad
	}
	i, u, err := wholeNumber(n)
	if errors.Is(err, strconv.ErrRange) {
		return overflow(n, v.Type(), err)
	}
	if err != nil {
		return &mismatch{reason: n.Show() + " is not a whole number", err: err}
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

// wholeNumber returns the number twice: as u if it is not negative, and as i if it
// is not larger than the largest int64.
func wholeNumber(n *document.Node) (i int64, u uint64, err error) {
	switch x := n.Value.(type) {
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
	case document.Huge:
		return 0, 0, strconv.ErrRange
	case string:
		if !n.Loose {
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
	return 0, 0, errors.New("it is not a number")
}

func overflow(n *document.Node, t reflect.Type, err error) *mismatch {
	bits := t.Bits()
	lo, hi := "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10)
	if t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64 {
		lo = strconv.FormatInt(math.MinInt64>>(64-bits), 10)
		hi = strconv.FormatInt(math.MaxInt64>>(64-bits), 10)
	}
	return &mismatch{reason: fmt.Sprintf("%s overflows %s", strings.Trim(n.Show(), `"`), t.Kind()), hint: lo + " to " + hi, err: err}
}

func float(n *document.Node, v reflect.Value) *mismatch {
	if bad := octal(n); bad != nil {
		return bad
	}
	var f float64
	switch x := n.Value.(type) {
	case int:
		f = float64(x)
	case int64:
		f = float64(x)
	case uint64:
		f = float64(x)
	case float64:
		f = x
	case document.Huge:
		return &mismatch{reason: n.Show() + " overflows " + v.Kind().String()}
	default:
		text, ok := x.(string)
		parsed, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if !ok || !n.Loose || err != nil {
			return &mismatch{reason: n.Show() + " is not a number", err: err}
		}
		f = parsed
	}
	if math.IsNaN(f) {
		return &mismatch{reason: n.Show() + " is not a number"}
	}
	if v.OverflowFloat(f) {
		return &mismatch{reason: n.Show() + " overflows " + v.Kind().String()}
	}
	v.SetFloat(f)
	return nil
}
