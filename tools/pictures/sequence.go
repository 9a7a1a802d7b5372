package main

import (
	"fmt"
	"strings"
)

// lane is a participant, with the position of its line.
type lane struct {
	name, class string
	x, from, to int // from and to are the heights between which it lives
}

// sequence draws lanes side by side, and from above to below what happens:
//
//	title TEXT
//	lane KEY CLASS: TEXT    # CLASS is old, new or none
//	KEY -> KEY: TEXT        # something passes
//	KEY: TEXT               # something happens in one lane
//	begin KEY, end KEY      # where the line of a lane begins and ends, else it is whole
func sequence(text string) (string, error) {
	const width, step, top = 860, 40, 60
	var p picture
	lanes := map[string]*lane{}
	title, y := "", top+60
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		head, what, _ := strings.Cut(line, ": ")
		words := strings.Fields(head)
		for _, key := range words[1:] {
			if words[0] != "title" && words[0] != "lane" && key != "->" && lanes[key] == nil || len(words) == 2 && words[1] == "->" {
				return "", fmt.Errorf("line %d: no lane is called %s", n+1, key)
			}
		}
		switch {
		case words[0] == "title":
			title = strings.TrimPrefix(line, "title ")
			p.text(20, 30, "title", title)
		case words[0] == "lane" && len(words) == 3:
			lanes[words[1]] = &lane{name: what, class: words[2], x: 150 + 280*len(lanes), from: top}
		case words[0] == "begin":
			lanes[words[1]].from = y - 16
			y += step
		case words[0] == "end":
			lanes[words[1]].to = y - step/2
		case len(words) == 3 && words[1] == "->" && lanes[words[0]] != nil:
			from, to := lanes[words[0]].x, lanes[words[2]].x
			p.text((from+to)/2, y-7, "mid over", what)
			p.arrow(from, y, to, y)
			y += step
		case len(words) == 1 && lanes[words[0]] != nil:
			x := lanes[words[0]].x
			p.box(x-130, y-22, 260, 30, lanes[words[0]].class)
			p.text(x, y-2, "mid", what)
			y += step
		default:
			return "", fmt.Errorf("line %d: %q is no line of a sequence", n+1, line)
		}
	}
	var behind picture
	for _, l := range lanes {
		if l.to == 0 {
			l.to = y
		}
	}
	for _, l := range inOrder(lanes) {
		behind.box(l.x-130, l.from-6, 260, 28, l.class)
		behind.text(l.x, l.from+13, "mid", l.name)
		fmt.Fprintf(&behind, `<line x1="%d" y1="%d" x2="%d" y2="%d" class="dash %s"/>`+"\n", l.x, l.from+22, l.x, l.to, l.class)
	}
	behind.WriteString(p.String())
	return behind.whole(width, y+10, title), nil
}

// inOrder are the lanes from left to right.
func inOrder(lanes map[string]*lane) []*lane {
	all := make([]*lane, len(lanes))
	for _, l := range lanes {
		all[(l.x-150)/280] = l
	}
	return all
}
