package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// nearest returns the command whose name is at most two slips away, or "".
func nearest(name string, all []command) string {
	names := []string{"help"}
	for _, c := range all {
		names = append(names, c.name)
	}
	return nearestOf(name, names)
}

// withHint adds the flag that was probably meant to the error for an unknown one.
func withHint(err error, fs *pflag.FlagSet) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	fs.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := nearestOf(unknown.GetSpecifiedName(), names); near != "" {
		return fmt.Errorf("%w: did you mean --%s?", err, near)
	}
	return err
}

func nearestOf(name string, names []string) (near string) {
	best := 3 // at most two slips, and fewer than there are letters
	for _, n := range names {
		if d := slips(name, n); d < best && d < len(n) {
			near, best = n, d
		}
	}
	return near
}

// slips returns how many letters of a must be inserted, dropped, changed or swapped
// with the next one to get b.
func slips(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
