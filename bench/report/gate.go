package report

import (
	"fmt"
	"io"
)

// A Gate is a promise that noise cannot break: a count, or a ratio with much
// room, not a time.
type Gate struct {
	Promise string
	Got     string
	OK      bool
}

// Failed counts the promises that were not kept.
func (r *Report) Failed() int {
	n := 0
	for _, g := range r.Gates {
		if !g.OK {
			n++
		}
	}
	return n
}

func (r *Report) writeGates(w io.Writer) error {
	if len(r.Gates) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\n## gates\n\n")
	rows := [][]string{{"", "promise", "got"}}
	for _, g := range r.Gates {
		verdict := "ok"
		if !g.OK {
			verdict = "FAILED"
		}
		rows = append(rows, []string{verdict, g.Promise, g.Got})
	}
	align(w, rows)
	_, err := fmt.Fprintln(w)
	return err
}
