package config

import (
	"math"
	"reflect"
	"slices"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

// All problems are reported at once, so the rules of a section run even when some
// of it could not be read. But then a rule may complain only because of that: about
// a minimum above the maximum, when it is the maximum that was misspelt. So
// whatever could not be read is uncertain: the rules run again with other values in
// its place, and only what they report every time counts.

// An uncertain setting is one whose value is not what the operator wrote, or
// would have written.
type uncertain struct {
	leaf
	written bool // it has a value, but a file that could not be read may change it, or it is a duplicate
}

// uncertain lists the settings of s that the problems of reading leave uncertain.
func (c *candidate) uncertain(s *section) (out []uncertain) {
	for _, l := range s.leaves {
		n := c.tree.Find(l.path)
		set := !n.IsNull()
		d, doubted := uncertain{leaf: l, written: set}, false
		for _, p := range c.readProblems {
			switch {
			case p.Key == "": // a whole file: it may set everything that no later source sets
				doubted = doubted || !set || n.At.Kind == "file" && slices.Index(c.files, n.At.Name) < slices.Index(c.files, p.File)
			case related(l.key, p.Key), !set && p.meant != "" && related(l.key, p.meant):
				doubted, d.written = true, d.written && p.duplicate
			}
		}
		if doubted {
			out = append(out, d)
		}
	}
	return out
}

// related reports whether one of the keys is the other, or lies below it.
func related(a, b string) bool { return within(a, b) || within(b, a) }

// certain runs the rules of the section on v, and leaves out problems that they may
// report only because of uncertain settings: those about a setting without a value,
// and those that are not reported again when other settings have other values. A
// problem of the section as a whole is about no setting, though its key is above
// them all.
func (l *Catalog) certain(s *section, v any, c *candidate) []Problem {
	problems, doubts := s.check(v, c.tree), c.uncertain(s)
	if len(doubts) == 0 {
		return problems
	}
	return slices.DeleteFunc(problems, func(p Problem) bool {
		if slices.ContainsFunc(doubts, func(d uncertain) bool { return !d.written && related(d.key, p.Key) && p.Key != s.name }) {
			return true
		}
		for _, imagine := range []func(*section, any, leaf){probeLarge, probeZero, probeDefault} {
			other := l.section(&bind.Decoder{In: c.in, Known: l.keys}, s, c.tree)
			for _, d := range doubts {
				if !related(d.key, p.Key) || p.Key == s.name {
					imagine(s, other, d.leaf)
				}
			}
			if !slices.ContainsFunc(s.check(other, c.tree), func(q Problem) bool { return q.Key == p.Key && q.Reason == p.Reason }) {
				return true
			}
		}
		return false
	})
}

func probeZero(_ *section, v any, l leaf) { l.set(v).SetZero() }

func probeDefault(s *section, v any, l leaf) { l.set(v).Set(l.value(s.fresh())) }

// probeLarge makes a number larger than all others of its type in the section, so
// that a comparison with it has the opposite result, but not so large that a rule
// which counts up to it would take long.
func probeLarge(s *section, v any, l leaf) {
	x, most := l.set(v), 1.0
	number := func(v reflect.Value) float64 {
		switch {
		case v.CanInt():
			return float64(v.Int())
		case v.CanUint():
			return float64(v.Uint())
		case v.CanFloat():
			return v.Float()
		}
		return 0
	}
	for _, o := range s.leaves {
		if o.Type == l.Type {
			most = max(most, 2*number(o.value(v)))
		}
	}
	switch {
	case x.CanInt() && most < math.MaxInt64 && !x.OverflowInt(int64(most)):
		x.SetInt(int64(most))
	case x.CanUint() && most < math.MaxUint64 && !x.OverflowUint(uint64(most)):
		x.SetUint(uint64(most))
	case x.CanFloat():
		x.SetFloat(most)
	case x.Kind() == reflect.Bool:
		x.SetBool(true)
	case x.Kind() == reflect.String:
		x.SetString("?")
	}
}
