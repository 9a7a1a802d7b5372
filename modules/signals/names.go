package signals

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gracefulfx/graceful/app"
)

// Parse returns the signal for a name as operators write it: "SIGHUP", "HUP" or
// "hup". The error for an unknown name suggests the nearest one; the error for a
// name that only other systems have wraps errors.ErrUnsupported.
func Parse(name string) (os.Signal, error) {
	want := strings.ToUpper(strings.TrimSpace(name))
	if !strings.HasPrefix(want, "SIG") {
		want = "SIG" + want
	}
	nearest, best := "", 3 // two slips at most
	for _, sig := range known() {
		n := app.SignalName(sig)
		if n == want {
			return sig, nil
		}
		if d := distance(n, want); d < best {
			nearest, best = n, d
		}
	}
	switch {
	case elsewhere(want):
		return nil, fmt.Errorf("%s does not exist on this system: %w", want, errors.ErrUnsupported)
	case nearest != "":
		return nil, fmt.Errorf("unknown signal %q: did you mean %s?", name, nearest)
	}
	return nil, fmt.Errorf("unknown signal %q: names are SIGHUP, SIGTERM and so on", name)
}

// checkSignal returns an error for a signal that can never arrive.
func checkSignal(sig os.Signal) error {
	if sig == nil {
		return errors.New("a row has a nil signal")
	}
	for _, k := range known() {
		if k != sig {
			continue
		}
		if why := untouchable(sig); why != nil {
			return fmt.Errorf("%s %w", app.SignalName(sig), why)
		}
		return nil
	}
	return fmt.Errorf("unknown signal %v (%T): use the constants of package syscall, or signals.Parse", sig, sig)
}

// distance returns the number of letters to insert, drop or change between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
