package supervisor

import "slices"

// generations are the processes of the program, by process id.
type generations struct {
	waiting []int // have begun but were never in charge
	charged []int // were in charge one after another; the last one is
}

// hello adds a generation that has begun.
func (g *generations) hello(pid int) {
	if !slices.Contains(g.waiting, pid) && !slices.Contains(g.charged, pid) {
		g.waiting = append(g.waiting, pid)
	}
}

// charge puts a generation in charge.
func (g *generations) charge(pid int) {
	g.remove(pid)
	g.charged = append(g.charged, pid)
}

// leave takes the charge from a generation that is about to end: the one before is
// in charge again.
func (g *generations) leave(pid int) {
	g.remove(pid)
	g.waiting = append(g.waiting, pid)
}

// ended removes a process. It reports whether it was a generation.
func (g *generations) ended(pid int) bool {
	before := len(g.waiting) + len(g.charged)
	g.remove(pid)
	return len(g.waiting)+len(g.charged) < before
}

func (g *generations) remove(pid int) {
	is := func(p int) bool { return p == pid }
	g.waiting = slices.DeleteFunc(g.waiting, is)
	g.charged = slices.DeleteFunc(g.charged, is)
}

// inCharge returns the generation in charge, or 0 if there is no generation. A
// successor whose predecessor died before it had handed over is in charge alone.
func (g *generations) inCharge() int {
	if n := len(g.charged); n > 0 {
		return g.charged[n-1]
	}
	if len(g.waiting) > 0 {
		return g.waiting[0]
	}
	return 0
}
