// Package graph finds out why fx made an optional dependency nil. fx does so
// silently when a constructor lacks one of its dependencies: without its handler a
// server answers 404 to everything, and without its logger an application logs
// elsewhere.
package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Graph says which constructor provides which type, as in fx.DotGraph.
type Graph map[string]provider // by type, as fx prints it: "http.Handler"

type provider struct {
	name  string // "NewHandler (example.com/shop)"
	pkg   string // "example.com/shop"
	of    int    // number of the constructor
	needs []string
}

// Parse reads the lines that fx prints for each constructor: its package, its name,
// the types that it provides and, after the closing brace, those that it needs.
func Parse(dot string) Graph {
	g := Graph{}
	var pkg, maker string
	var results []string
	n := 0
	for line := range strings.Lines(dot) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "subgraph ") {
			results = nil
			n++
		} else if label, ok := between(line, `label = "`, `";`); ok {
			pkg = label
		} else if after, ok := numbered(line, "constructor_"); ok {
			if label, ok := between(after, ` [shape=plaintext label="`, `"];`); ok {
				maker = label
			} else if need, ok := needOf(after); ok {
				for _, r := range results {
					p := g[r]
					p.needs = append(p.needs, need)
					g[r] = p
				}
			}
		} else if typ, ok := resultOf(line); ok {
			results = append(results, typ)
			g[typ] = provider{name: fmt.Sprintf("%s (%s)", maker, pkg), pkg: pkg, of: n}
		}
	}
	return g
}

// needOf returns the type after the constructor in the line of a dependency, but
// not that of an optional one, whose line is dashed.
func needOf(after string) (string, bool) {
	need, at, ok := strings.Cut(after, `" [ltail=`)
	need, arrow := strings.CutPrefix(need, ` -> "`)
	end, cluster := numbered(at, "cluster_")
	return need, ok && arrow && cluster && end == "];"
}

func resultOf(line string) (string, bool) {
	typ, quoted := strings.CutPrefix(line, `"`)
	i := strings.LastIndex(typ, `" [label=<`)
	if !quoted || i < 0 {
		return "", false
	}
	return typ[:i], true
}

// between returns the part of a line between its two ends.
func between(line, before, after string) (string, bool) {
	line, begins := strings.CutPrefix(line, before)
	line, ends := strings.CutSuffix(line, after)
	return line, begins && ends
}

// numbered returns what follows name and a number.
func numbered(line, name string) (string, bool) {
	number, ok := strings.CutPrefix(line, name)
	rest := strings.TrimLeft(number, "0123456789")
	return rest, ok && len(rest) < len(number)
}

// Provider returns the constructor of typ and its package, or "" if there is none.
func (g Graph) Provider(typ string) (constructor, pkg string) { return g[typ].name, g[typ].pkg }

// Types returns all types that are provided, in order.
func (g Graph) Types() []string { return slices.Sorted(maps.Keys(g)) }

// Together reports whether one constructor provides both a and b.
func (g Graph) Together(a, b string) bool { return g[a].of == g[b].of }

// Needed reports whether any constructor requires typ.
func (g Graph) Needed(typ string) bool {
	for _, p := range g {
		if slices.Contains(p.needs, typ) {
			return true
		}
	}
	return false
}

// A Part is what one constructor provides.
type Part struct {
	Type  string   `json:"type"`
	By    string   `json:"by"` // the constructor
	Needs []string `json:"needs,omitempty"`
}

// Parts returns what is provided, by type.
func (g Graph) Parts() []Part {
	all := []Part{}
	for _, typ := range slices.Sorted(maps.Keys(g)) {
		all = append(all, Part{typ, fmt.Sprintf("%s (%s)", g[typ].name, g[typ].pkg), g[typ].needs})
	}
	return all
}

// Lacks returns the reason why typ, which is provided, could not be built. It
// returns nil if nothing provides typ.
func (g Graph) Lacks(typ string) error {
	p, ok := g[typ]
	if !ok {
		return nil
	}
	needer, missing := g.missing(typ, map[string]bool{})
	if missing == "" {
		return fmt.Errorf("%s is provided by %s, which returned nil: return a value or an error", typ, p.name)
	}
	return fmt.Errorf("%s is provided by %s, but %s needs %s, which nothing provides: add it with fx.Provide", typ, p.name, needer, missing)
}

func (g Graph) missing(typ string, seen map[string]bool) (needer, missing string) {
	if seen[typ] {
		return "", ""
	}
	seen[typ] = true
	for _, need := range g[typ].needs {
		if strings.HasPrefix(need, "[type=") { // a value group may be empty
			continue
		}
		if _, ok := g[need]; !ok {
			return g[typ].name, need
		}
		if needer, missing = g.missing(need, seen); missing != "" {
			return needer, missing
		}
	}
	return "", ""
}
