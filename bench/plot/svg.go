// Package plot draws the two kinds of picture the comparison needs, bars and
// curves, as SVG that any browser shows.
package plot

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// The picture, and the frame inside it that holds the data.
const (
	width, height            = 760, 400
	left, right, top, bottom = 70, 20, 70, 60
)

var colours = []string{"#0a7d5a", "#d1495b", "#3066be", "#e0a030", "#7a5195", "#6b7280", "#b5651d", "#0aa5c2"}

// style has the colours of ink and paper, for light and dark pages.
const style = `<style>
svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0; }
@media (prefers-color-scheme: dark) {
svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --rule: #3d444d; }
}
.paper { fill: var(--paper); } text { fill: var(--ink); } text.faint { fill: var(--faint); }
.rule { stroke: var(--rule); } .axis { stroke: var(--faint); }
</style>
`

// picture is an SVG under construction.
type picture struct{ strings.Builder }

func newPicture(title, note string) *picture {
	p := &picture{}
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	p.WriteString(style)
	fmt.Fprintf(p, `<rect width="%d" height="%d" class="paper"/>`+"\n", width, height)
	p.text(left, 22, "start", "font-size=\"16\" font-weight=\"bold\"", title)
	p.text(left, 38, "start", `class="faint" font-size="11"`, note)
	return p
}

func (p *picture) text(x, y float64, anchor, style, text string) {
	fmt.Fprintf(p, `<text x="%.1f" y="%.1f" text-anchor="%s" %s>`, x, y, anchor, style)
	xml.EscapeText(p, []byte(text))
	p.WriteString("</text>\n")
}

func (p *picture) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(p, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`+"\n", x1, y1, x2, y2, class)
}

func (p *picture) rect(x, y, w, h float64, colour string) {
	fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, w, h, colour)
}

// legend names the colours above the frame.
func (p *picture) legend(names []string) {
	x := float64(left)
	for i, name := range names {
		p.rect(x, 48, 10, 10, colour(i))
		p.text(x+14, 57, "start", "", name)
		x += 26 + 7*float64(len([]rune(name)))
	}
}

func colour(i int) string { return colours[i%len(colours)] }

// axis puts values on a line from one pixel to another.
type axis struct {
	lo, hi   float64
	from, to float64
	log      bool
}

func (a axis) at(v float64) float64 {
	lo, hi := a.lo, a.hi
	if a.log {
		v, lo, hi = math.Log10(max(v, a.lo)), math.Log10(lo), math.Log10(hi)
	}
	if hi == lo {
		return a.from
	}
	return a.from + (v-lo)/(hi-lo)*(a.to-a.from)
}

// ticks are about six round numbers, or the powers of ten.
func (a axis) ticks() []float64 {
	var all []float64
	if a.log {
		for v := math.Pow(10, math.Floor(math.Log10(a.lo))); v <= a.hi*1.0001; v *= 10 {
			if v >= a.lo*0.9999 {
				all = append(all, v)
			}
		}
		return all
	}
	step := math.Pow(10, math.Floor(math.Log10((a.hi-a.lo)/2)))
	for _, f := range []float64{5, 2, 1, 0.5} {
		if (a.hi-a.lo)/(step*f) >= 4 {
			step *= f
			break
		}
	}
	for v := math.Ceil(a.lo/step) * step; v <= a.hi+step/1000; v += step {
		all = append(all, v)
	}
	return all
}

// vertical returns the axis for the values and draws it with its label.
func (p *picture) vertical(values []float64, log bool, label string) axis {
	a := axis{from: height - bottom, to: top, log: log}
	if log {
		a.lo, a.hi = math.Inf(1), 0
	}
	for _, v := range values {
		if a.hi = max(a.hi, v); log && v > 0 {
			a.lo = min(a.lo, v)
		}
	}
	switch {
	case log && a.hi > 0:
		a.lo, a.hi = math.Pow(10, math.Floor(math.Log10(a.lo))), math.Pow(10, math.Ceil(math.Log10(a.hi)+0.01))
	case log:
		a.lo, a.hi = 1, 10
	case a.hi == 0:
		a.hi = 1
	default:
		a.hi *= 1.08
	}
	for _, t := range a.ticks() {
		p.line(left, a.at(t), width-right, a.at(t), "rule")
		p.text(left-6, a.at(t)+4, "end", "", short(t))
	}
	p.text(left, height-8, "start", `class="faint" font-size="11"`, label)
	return a
}

func short(v float64) string {
	if abs := math.Abs(v); abs >= 1e6 {
		return fmt.Sprintf("%.3gM", v/1e6)
	} else if abs >= 1e4 {
		return fmt.Sprintf("%.3gk", v/1e3)
	}
	return strconv.FormatFloat(v, 'g', max(3, 1+int(math.Log10(math.Abs(v)+1))), 64)
}

func (p *picture) write(w io.Writer) error {
	p.WriteString("</svg>\n")
	_, err := io.WriteString(w, p.String())
	return err
}
