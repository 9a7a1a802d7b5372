package house_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Files of a package that use each other's names are drawn from the top down, as
// well as that can be done. At most one arrow in ten runs back up: then a reader
// can begin at the top, and a file can be read without those above it. A pair that
// knows each other, such as a file and its half for one system, is no offence.
const (
	upOf     = 10
	upAlways = 1
)

func TestArrowsBetweenFilesFall(t *testing.T) {
	for _, problem := range turnedRound(t, ".") {
		t.Error(problem)
	}
}

// A check that cannot fail is none: three files in a ring in both directions have
// three arrows that run back up, however they are drawn.
func TestArrowsThatRunBackUpAreFound(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module planted\n\ngo 1.26\n",
		"a.go":   "package planted\n\nfunc a() { b(); c() }\n",
		"b.go":   "package planted\n\nfunc b() { a(); c() }\n",
		"c.go":   "package planted\n\ntype T struct{ f int }\n\nfunc c() { a(); b() }\n",
		"d.go":   "package planted\n\nfunc d(t T) int { return t.f }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Join(turnedRound(t, dir), "\n")
	if want := "planted: 3 of 7 arrows between files run back up: "; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q and which they are", got, want)
	}
}

// turnedRound returns the packages below dir with too many arrows that run back up.
func turnedRound(t *testing.T, dir string) (problems []string) {
	t.Helper()
	packages, load := listed(t, dir)
	for _, p := range packages {
		arrows := fileArrows(t, p, load)
		up := backUp(arrows)
		if len(up)*upOf > len(arrows) && len(up) > upAlways {
			problems = append(problems, fmt.Sprintf("%s: %d of %d arrows between files run back up: %s", p.ImportPath, len(up), len(arrows), strings.Join(up, ", ")))
		}
	}
	return problems
}

// compiled is a package as go list sees it, with the file of its types.
type compiled struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool
}

// listed returns the packages below dir, and what finds the types of all that they
// import.
func listed(t *testing.T, dir string) (packages []*compiled, load types.Importer) {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly", "./...")
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list in %s: %v", dir, err)
	}
	files := map[string]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		p := &compiled{}
		if err := dec.Decode(p); err != nil {
			t.Fatal(err)
		}
		files[p.ImportPath] = p.Export
		if !p.DepOnly {
			packages = append(packages, p)
		}
	}
	return packages, importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
}

// arrow leads from a file to one whose name it uses.
type arrow struct{ from, to string }

func fileArrows(t *testing.T, p *compiled, load types.Importer) map[arrow]bool {
	t.Helper()
	fset, files := token.NewFileSet(), make([]*ast.File, len(p.GoFiles))
	for i, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = f
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	pkg, err := (&types.Config{Importer: load}).Check(p.ImportPath, fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	arrows := map[arrow]bool{}
	for id, o := range info.Uses {
		if o.Pkg() != pkg || !o.Pos().IsValid() {
			continue
		}
		a := arrow{filepath.Base(fset.Position(id.Pos()).Filename), filepath.Base(fset.Position(o.Pos()).Filename)}
		if a.from != a.to {
			arrows[a] = true
		}
	}
	return arrows
}

// backUp returns the arrows that run back up when the files are drawn so that they
// are few. The best order is hard to find, so files are moved from several orders
// to where each is best until none is better elsewhere.
func backUp(arrows map[arrow]bool) (up []string) {
	names := map[string]bool{}
	for a := range arrows {
		names[a.from], names[a.to] = true, true
	}
	order := slices.Sorted(maps.Keys(names))
	for i := range 2 * len(order) {
		turned := slices.Concat(order[i/2:], order[:i/2])
		if i%2 == 1 {
			slices.Reverse(turned)
		}
		for improve(turned, arrows) {
		}
		if found := against(turned, arrows); i == 0 || len(found) < len(up) {
			up = found
		}
	}
	return up
}

// improve moves each file to its best place, and reports whether any has moved.
func improve(order []string, arrows map[arrow]bool) (moved bool) {
	for _, x := range slices.Clone(order) {
		at := slices.Index(order, x)
		rest := slices.Delete(slices.Clone(order), at, at+1)
		cost := make([]int, len(order)) // of x at each place, beside what all places cost
		for i, y := range rest {
			cost[i+1] = cost[i]
			if arrows[arrow{x, y}] {
				cost[i+1]++
			}
			if arrows[arrow{y, x}] {
				cost[i+1]--
			}
		}
		if best := slices.Index(cost, slices.Min(cost)); cost[best] < cost[at] {
			copy(order, slices.Insert(rest, best, x))
			moved = true
		}
	}
	return moved
}

// against returns the arrows that run back up in an order.
func against(order []string, arrows map[arrow]bool) (up []string) {
	for a := range arrows {
		if slices.Index(order, a.from) > slices.Index(order, a.to) {
			up = append(up, a.from+" uses "+a.to)
		}
	}
	slices.Sort(up)
	return up
}
