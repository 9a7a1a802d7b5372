//go:build unix

package prometheus_test

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"
)

// The picture shows the results of the dashboard's queries, in the layout of the
// dashboard. Grafana draws it in more detail.

const (
	column, row = 50.0, 36.0 // pixels of a cell of the grid
	look        = `<style>
svg { color-scheme: light dark; font: 12px system-ui, sans-serif; --bg: #f4f5f9; --card: #fff; --edge: #e2e5ec; --text: #161b26; --dim: #5a6373 }
@media (prefers-color-scheme: dark) { svg { --bg: #0e1116; --card: #161a21; --edge: #272d37; --text: #e8ebf1; --dim: #98a2b3 } }
.bg { fill: var(--bg) } .card { fill: var(--card); stroke: var(--edge) } text { fill: var(--text) } .dim { fill: var(--dim); font-size: 11px } .big { font-size: 40px; font-weight: 650 }
path { fill: none; stroke-width: 1.6; stroke-linejoin: round }
.c0 { stroke: #3b6fe0 } .c1 { stroke: #e08a1e } .c2 { stroke: #2f9e62 } .c3 { stroke: #c2413b } .c4 { stroke: #8a5cd6 } .c5 { stroke: #2aa3b8 }
</style>`
)

func drawn(panels []*panel, began time.Time, length time.Duration) []byte {
	var b strings.Builder
	bottom := 0
	for _, p := range panels {
		bottom = max(bottom, p.GridPos.Y+p.GridPos.H)
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" role="img" aria-label="The dashboard, over %v of load on two processes">%s<rect class="bg" width="100%%" height="100%%"/>`, 24*column, float64(bottom)*row, length, look)
	from := float64(began.UnixMilli()) / 1000
	for _, p := range panels {
		p.draw(&b, from, from+length.Seconds())
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (p *panel) draw(b *strings.Builder, from, to float64) {
	x, y := float64(p.GridPos.X)*column+5, float64(p.GridPos.Y)*row+5
	w, h := float64(p.GridPos.W)*column-10, float64(p.GridPos.H)*row-10
	fmt.Fprintf(b, `<g transform="translate(%.0f %.0f)"><rect class="card" width="%.0f" height="%.0f" rx="8"/><text x="12" y="21" font-weight="600">%s</text>`, x, y, w, h, html.EscapeString(p.Title))
	defer b.WriteString("</g>\n")
	low, high := 0.0, 0.0
	for _, l := range p.lines {
		for _, v := range l.values {
			high = math.Max(high, v[1])
		}
	}
	unit := p.FieldConfig.Defaults.Unit
	if p.Type == "stat" {
		if len(p.lines) > 0 && len(p.lines[0].values) > 0 {
			v := p.lines[0].values
			fmt.Fprintf(b, `<text class="big" x="%.0f" y="%.0f" text-anchor="middle">%s</text>`, w/2, h/2+22, inUnit(v[len(v)-1][1], unit))
		}
		return
	}
	if high == 0 {
		high = 1
	}
	high *= 1.1
	left, top, right, base := 58.0, 34.0, w-12, h-32
	at := func(v [2]float64) (float64, float64) {
		return left + (v[0]-from)*(right-left)/(to-from), base - (v[1]-low)*(base-top)/(high-low)
	}
	fmt.Fprintf(b, `<text class="dim" x="52" y="%.0f" text-anchor="end">%s</text><text class="dim" x="52" y="%.0f" text-anchor="end">%s</text>`, top+4, inUnit(high/1.1, unit), base+4, inUnit(0, unit))
	legend := left
	for i, l := range p.lines {
		if len(l.values) == 0 {
			continue
		}
		var d strings.Builder
		last := 0.0
		for j, v := range l.values {
			if v[0] > to {
				break
			}
			px, py := at(v)
			step := "L"
			if j == 0 || v[0]-last > (to-from)/20 { // nothing was scraped in between
				step = "M"
			}
			last = v[0]
			fmt.Fprintf(&d, "%s%.1f %.1f", step, px, py)
		}
		if len(l.values) == 1 {
			d.WriteString("m-2 0h4") // a dot
		}
		fmt.Fprintf(b, `<path class="c%d" d="%s"/>`, i%6, d.String())
		name := instance.Replace(l.name)
		width := 26 + 6.2*float64(len([]rune(name)))
		if legend+width > w {
			continue // no room for its name
		}
		fmt.Fprintf(b, `<path class="c%d" d="M%.0f %.0fh12"/><text class="dim" x="%.0f" y="%.0f">%s</text>`, i%6, legend, h-12, legend+16, h-8, html.EscapeString(name))
		legend += width
	}
	if len(p.lines) == 0 {
		fmt.Fprintf(b, `<text class="dim" x="%.0f" y="%.0f" text-anchor="middle">none</text>`, w/2, h/2)
	}
}

var instance = strings.NewReplacer("127.0.0.1:", ":")

func inUnit(v float64, unit string) string {
	switch {
	case unit == "s" && v < 1:
		return fmt.Sprintf("%.3g ms", v*1000)
	case unit == "s":
		return fmt.Sprintf("%.3g s", v)
	case unit == "percentunit":
		return fmt.Sprintf("%.3g %%", v*100)
	case unit == "reqps":
		return fmt.Sprintf("%.3g/s", v)
	}
	return fmt.Sprintf("%.3g", v)
}
