package bind

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/internal/lazy"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

var unitLess = lazy.Regexp(`^[-+]?[0-9.]+$`)

func duration(n *document.Node, v reflect.Value) *mismatch {
	text, isText := n.Value.(string)
	if !isText {
		text = n.Raw
	}
	text = strings.TrimSpace(text)
	d, err := parseDuration(text)
	switch {
	case err == nil && (isText || text == "0"):
		v.SetInt(int64(d))
		return nil
	case unitLess().MatchString(text):
		return &mismatch{reason: "duration " + text + " has no unit", hint: fmt.Sprintf("write %q, or %q", text+"s", text+"ms"), err: err}
	case !isText:
		return &mismatch{reason: "expected a duration, found " + n.Show(), hint: `write for example "1m30s"`, err: err}
	}
	return &mismatch{reason: n.Show() + " is not a duration", hint: `write for example "1m30s"`, err: err}
}

var longUnits = lazy.Regexp(`^([-+]?)(?:([0-9]+)w)?(?:([0-9]+)d)?(.*)$`)

// parseDuration reads weeks and days ("2w", "1d12h"), and after them what
// time.ParseDuration reads. A day is 24 hours, also when clocks change.
func parseDuration(text string) (time.Duration, error) {
	m := longUnits().FindStringSubmatch(text)
	if m == nil || m[2] == "" && m[3] == "" {
		return time.ParseDuration(text)
	}
	var sum float64
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour} {
		if n := m[2+i]; n != "" {
			x, _ := strconv.ParseFloat(n, 64)
			sum += x * float64(unit)
		}
	}
	var rest time.Duration
	if m[4] != "" {
		var err error
		if rest, err = time.ParseDuration(m[4]); err != nil || m[4][0] == '-' || m[4][0] == '+' {
			return 0, fmt.Errorf("time: invalid duration %q", text)
		}
	}
	if sum += float64(rest); sum >= math.MaxInt64 {
		return 0, fmt.Errorf("time: invalid duration %q: more than 292 years", text)
	}
	d := time.Duration(sum)
	if m[1] == "-" {
		d = -d
	}
	return d, nil
}
