package plot

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Curves are lines over a common axis.
type Curves struct {
	Title, Note string
	X, Y        string // what the axes are
	LogX, LogY  bool
	Curves      []Curve
}

// A Curve is drawn through its points, in their order. A point whose Y is not
// a number interrupts it.
type Curve struct {
	Name string
	X, Y []float64
}

// Draw writes the SVG.
func (c Curves) Draw(w io.Writer) error {
	p := newPicture(c.Title, c.Note)
	var names []string
	var ys []float64
	x := axis{lo: math.Inf(1), hi: math.Inf(-1), from: left, to: width - right, log: c.LogX}
	for _, one := range c.Curves {
		names = append(names, one.Name)
		for i, v := range one.X {
			x.lo, x.hi = min(x.lo, v), max(x.hi, v)
			if !math.IsNaN(one.Y[i]) {
				ys = append(ys, one.Y[i])
			}
		}
	}
	p.legend(names)
	y := p.vertical(ys, c.LogY, "")
	p.text(left, height-8, "start", `class="faint" font-size="11"`, c.Y+" over "+c.X)
	if x.hi > x.lo {
		for _, t := range x.ticks() {
			p.line(x.at(t), y.from, x.at(t), y.from+5, "axis")
			p.text(x.at(t), y.from+18, "middle", "", short(t))
		}
	}
	for i, one := range c.Curves {
		fmt.Fprintf(p, `<path d="%s" fill="none" stroke="%s" stroke-width="1.8"/>`+"\n", path(one, x, y), colour(i))
	}
	p.line(left, y.from, width-right, y.from, "axis")
	return p.write(w)
}

func path(c Curve, x, y axis) string {
	var b strings.Builder
	pen := "M"
	for i := range c.X {
		if math.IsNaN(c.Y[i]) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, x.at(c.X[i]), y.at(c.Y[i]))
		pen = "L"
	}
	return b.String()
}
