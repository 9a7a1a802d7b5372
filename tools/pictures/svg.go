package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// style has the colours by their roles, for light and dark.
const style = `<style>
svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0; --fill: #f6f8fa; --old: #8250df; --new: #0a7d5a; }
@media (prefers-color-scheme: dark) {
svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --rule: #3d444d; --fill: #161b22; --old: #b894f6; --new: #3fb98a; }
}
text { fill: var(--ink); font-family: system-ui, sans-serif; font-size: 14px; }
.over { paint-order: stroke; stroke: var(--paper); stroke-width: 5px; }
.faint { fill: var(--faint); font-size: 12px; } .title { font-size: 17px; font-weight: 600; } .mid { text-anchor: middle; } .end { text-anchor: end; }
.box { fill: var(--fill); stroke: var(--rule); } .old { stroke: var(--old); } .new { stroke: var(--new); }
line, path { stroke: var(--faint); stroke-width: 1.5; fill: none; } .tip { fill: var(--faint); stroke: none; } .dash { stroke-dasharray: 3 4; }
</style>
`

// picture is an SVG under construction.
type picture struct{ strings.Builder }

// whole returns the picture with its frame; about is for readers who cannot see it.
func (p *picture) whole(w, h int, about string) string {
	var s picture
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n<title>", w, h, w, h)
	_ = xml.EscapeText(&s, []byte(about))
	fmt.Fprintf(&s, "</title>\n%s<rect width=\"%d\" height=\"%d\" rx=\"6\" style=\"fill: var(--paper)\"/>\n%s</svg>\n", style, w, h, p.String())
	return s.String()
}

func (p *picture) text(x, y int, class, text string) {
	fmt.Fprintf(p, `<text x="%d" y="%d" class="%s">`, x, y, class)
	_ = xml.EscapeText(p, []byte(text))
	p.WriteString("</text>\n")
}

func (p *picture) box(x, y, w, h int, class string) {
	fmt.Fprintf(p, `<rect x="%d" y="%d" width="%d" height="%d" rx="4" class="box %s"/>`+"\n", x, y, w, h, class)
}

// arrow draws a line with a tip at its end, along one axis.
func (p *picture) arrow(x1, y1, x2, y2 int) {
	fmt.Fprintf(p, `<line x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", x1, y1, x2, y2)
	back := func(from, to int) int { // 8 away from the tip
		switch {
		case from < to:
			return to - 8
		case from > to:
			return to + 8
		}
		return to
	}
	bx, by := back(x1, x2), back(y1, y2)
	dx, dy := 0, 4
	if x1 == x2 {
		dx, dy = 4, 0
	}
	fmt.Fprintf(p, `<path class="tip" d="M%d %dL%d %dL%d %dZ"/>`+"\n", x2, y2, bx-dx, by-dy, bx+dx, by+dy)
}
