package plot

import (
	"fmt"
	"io"
	"strings"
)

// Bars are groups of bars, such as one group for each load and in it one bar
// for each server.
type Bars struct {
	Title, Note string
	Unit        string
	Log         bool
	Groups      []string
	Names       []string    // of the bars in each group
	Values      [][]float64 // by group and name; a negative one was not measured
}

// Draw writes the SVG.
func (b Bars) Draw(w io.Writer) error {
	p := newPicture(b.Title, b.Note)
	p.legend(b.Names)
	var all []float64
	for _, group := range b.Values {
		all = append(all, group...)
	}
	y := p.vertical(all, b.Log, b.Unit)
	room := float64(width-left-right) / float64(max(1, len(b.Groups)))
	bar := room * 0.84 / float64(max(1, len(b.Names)))
	for g, name := range b.Groups {
		begin := left + room*(float64(g)+0.08)
		for n, line := range strings.Split(name, ", ") {
			p.text(begin+room*0.42, height-bottom+16+13*float64(n), "middle", `font-size="11"`, line)
		}
		for i, v := range b.Values[g] {
			x := begin + bar*float64(i)
			if v < 0 {
				p.text(x+bar/2, y.from-4, "middle", `class="faint" font-size="10"`, "–")
				continue
			}
			at := y.from // a bar of nothing, also where the axis knows no zero
			if v > 0 {
				at = y.at(v)
			}
			p.rect(x+1, at, bar-2, y.from-at, colour(i))
			if bar < 26 { // too narrow for a number that lies
				p.text(x+bar/2+3, at-4, "start", fmt.Sprintf(`font-size="9" transform="rotate(-70 %.1f %.1f)"`, x+bar/2+3, at-4), short(v))
			} else {
				p.text(x+bar/2, at-4, "middle", `font-size="10"`, short(v))
			}
		}
	}
	p.line(left, y.from, width-right, y.from, "axis")
	return p.write(w)
}
