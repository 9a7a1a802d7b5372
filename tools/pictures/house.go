package main

import (
	"fmt"
	"strings"
)

// house draws floors one above the other, and beside them the phases of a start,
// from below to above, and of a stop, from above to below:
//
//	title TEXT
//	floor NAME: ROOM, ROOM ...
//	up: PHASE, PHASE ...
//	down: PHASE, PHASE ...
func house(text string) (string, error) {
	var p picture
	const left, wide, high, gap = 20, 660, 46, 12
	title, y := "", 52
	var up, down []string
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		head, list, _ := strings.Cut(line, ": ")
		word, name, _ := strings.Cut(head, " ")
		parts := strings.Split(list, ", ")
		switch word {
		case "title":
			title = strings.TrimPrefix(line, "title ")
			p.text(left, 30, "title", title)
		case "floor":
			p.floor(left, y, wide, high, name, parts)
			y += high + gap
		case "up":
			up = parts
		case "down":
			down = parts
		default:
			return "", fmt.Errorf("line %d: %q begins with no word that is known", n+1, line)
		}
	}
	bottom := y - gap
	p.phases(left+wide+40, 52, bottom, "start ↑", reversed(up))
	p.phases(left+wide+200, 52, bottom, "stop ↓", down)
	return p.whole(left+wide+360, bottom+20, title), nil
}

// floor draws its name and its rooms side by side.
func (p *picture) floor(x, y, w, h int, name string, rooms []string) {
	p.text(x, y+h/2+4, "faint", name)
	const label = 120
	w -= label
	each := (w - 6*(len(rooms)-1)) / len(rooms)
	for i, room := range rooms {
		at := x + label + i*(each+6)
		p.box(at, y, each, h, "")
		p.text(at+each/2, y+h/2+5, "mid", room)
	}
}

// phases draws a column of steps between two heights.
func (p *picture) phases(x, top, bottom int, title string, names []string) {
	p.text(x+70, top-12, "faint mid", title)
	each := (bottom - top) / max(1, len(names))
	for i, name := range names {
		p.box(x, top+i*each, 140, each-8, "")
		p.text(x+70, top+i*each+(each-8)/2+5, "mid", name)
	}
}

func reversed(s []string) []string {
	r := make([]string, 0, len(s))
	for i := range s {
		r = append(r, s[len(s)-1-i])
	}
	return r
}
