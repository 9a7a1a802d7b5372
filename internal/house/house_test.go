package house_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const house = "github.com/gracefulfx/graceful"

// room is a package as go list sees it; the files of other systems count too.
type room struct {
	ImportPath     string
	Dir            string
	GoFiles        []string
	IgnoredGoFiles []string
	files          map[string]*ast.File
}

// rooms lists the packages of the module in dir.
func rooms(t *testing.T, dir string) []*room {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,IgnoredGoFiles", "./...")
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list in %s: %v", dir, err)
	}
	var all []*room
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		r := &room{files: map[string]*ast.File{}}
		if err := dec.Decode(r); err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Concat(r.GoFiles, r.IgnoredGoFiles) {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(r.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			r.files[name] = f
		}
		all = append(all, r)
	}
	return all
}

// rule returns what is wrong with one file, or "".
type rule func(pkg, file string, f *ast.File) []string

var rules = map[string]rule{
	"arrows fall":                          arrows,
	"fx only in wiring":                    wiring,
	"each part of the world has one owner": owners,
	"systems differ only below":            platform,
	"no init, no global mutable state":     globals,
}

// violations applies every rule to every file of the library.
func violations(all []*room) (found []string) {
	for _, r := range all {
		pkg := strings.TrimPrefix(strings.TrimPrefix(r.ImportPath, house), "/")
		if strings.HasPrefix(pkg, "examples/") {
			continue // programs that use the library
		}
		for name, f := range r.files {
			for law, check := range rules {
				for _, what := range check(pkg, name, f) {
					found = append(found, fmt.Sprintf("%s: %s: %s", path.Join(pkg, name), law, what))
				}
			}
		}
	}
	found = append(found, onlyOnce(all)...)
	slices.Sort(found)
	return found
}

func TestHouse(t *testing.T) {
	for _, v := range violations(rooms(t, ".")) {
		t.Error(v)
	}
}

// A check that cannot fail is none: the rules find what is planted.
func TestHouseRulesFindPlantedViolations(t *testing.T) {
	want := []string{
		"app/app.go: arrows fall: imports modules/config",
		"app/app.go: fx only in wiring",
		"app/app.go: no init, no global mutable state: func init",
		"app/app.go: no init, no global mutable state: count is assigned to",
		"modules/config/config.go: arrows fall: imports modules/httpserver",
		"modules/config/config.go: each part of the world has one owner: os.Exit",
		"modules/config/config.go: each part of the world has one owner: os/signal",
		"modules/config/config.go: systems differ only below: imports syscall",
		"modules/config: viper is imported by 2 files",
		"modules/httpserver/listen_linux.go: systems differ only below: exports Listen",
	}
	got := violations(rooms(t, filepath.Join("internal", "house", "testdata", "house")))
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, w) }) {
			t.Errorf("not found: %s\nin\n%s", w, strings.Join(got, "\n"))
		}
	}
}

func imports(f *ast.File) (paths []string) {
	for _, s := range f.Imports {
		p, _ := strconv.Unquote(s.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

// floor is how high a package stands. Arrows point to lower floors.
func floor(pkg string) int {
	switch {
	case strings.HasPrefix(pkg, "internal/"):
		return 0
	case roomOf(pkg) == "app":
		return 1
	case pkg == "modules/config", strings.HasPrefix(pkg, "modules/config/"):
		return 2
	case strings.HasPrefix(pkg, "modules/"):
		return 3
	case pkg == "":
		return 4
	default: // cli, apptest
		return 5
	}
}

func arrows(pkg, _ string, f *ast.File) (found []string) {
	for _, p := range imports(f) {
		to, ours := strings.CutPrefix(p+"/", house+"/")
		to = strings.TrimSuffix(to, "/")
		if !ours || roomOf(to) == roomOf(pkg) {
			continue
		}
		if floor(to) >= floor(pkg) {
			found = append(found, "imports "+to)
		}
	}
	return found
}

// roomOf is the package that a helper of it, such as modules/config/configtest,
// belongs to.
func roomOf(pkg string) string {
	parts := strings.Split(pkg, "/")
	switch {
	case parts[0] == "modules" && len(parts) > 2:
		parts = parts[:2]
	case parts[0] == "app":
		parts = parts[:1]
	}
	return path.Join(parts...)
}

func wiring(pkg, file string, f *ast.File) (found []string) {
	allowed := file == "module.go" || pkg == "" || pkg == "app" && file == "capture.go" || pkg == "apptest" || pkg == "cli"
	for _, p := range imports(f) {
		if !allowed && (strings.HasPrefix(p, "go.uber.org/fx") || strings.HasPrefix(p, "go.uber.org/dig")) {
			found = append(found, "imports "+p)
		}
	}
	return found
}

// owners checks imports and calls that one place alone may have.
func owners(pkg, file string, f *ast.File) (found []string) {
	for _, p := range imports(f) {
		ok := true
		switch p {
		case "os/signal":
			ok = pkg == "modules/signals"
		case "github.com/fsnotify/fsnotify":
			ok = pkg == "modules/config/internal/watch"
		case "github.com/spf13/viper", "go.yaml.in/yaml/v3", "github.com/pelletier/go-toml/v2", "github.com/pelletier/go-toml/v2/unstable":
			ok = pkg == "modules/config/internal/document"
		case "go.uber.org/zap", "go.uber.org/zap/zapcore":
			ok = pkg == "modules/logging" || pkg == "" || pkg == "apptest"
		}
		if !ok {
			found = append(found, p)
		}
	}
	mayExit := pkg == "modules/signals" || pkg == "" && file == "run.go" || pkg == "cli"
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && !mayExit {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "os" && sel.Sel.Name == "Exit" {
				found = append(found, "os.Exit")
			}
		}
		return true
	})
	return found
}

// onlyOnce checks that viper and fsnotify live in one file each.
func onlyOnce(all []*room) (found []string) {
	for _, lib := range []string{"github.com/spf13/viper", "github.com/fsnotify/fsnotify"} {
		n := 0
		for _, r := range all {
			for _, f := range r.files {
				if slices.Contains(imports(f), lib) {
					n++
				}
			}
		}
		if n > 1 {
			found = append(found, fmt.Sprintf("modules/config: %s is imported by %d files", path.Base(lib), n))
		}
	}
	return found
}

func perSystem(file string) bool {
	name := strings.TrimSuffix(file, ".go")
	return slices.ContainsFunc([]string{"_unix", "_linux", "_windows", "_darwin", "_other"}, func(s string) bool { return strings.HasSuffix(name, s) })
}

func platform(pkg, file string, f *ast.File) (found []string) {
	if !perSystem(file) {
		for _, p := range imports(f) {
			if p == "syscall" || strings.HasPrefix(p, "golang.org/x/sys") {
				found = append(found, "imports "+p)
			}
		}
		return found
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.IsExported() {
				found = append(found, "exports "+d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if s, ok := s.(*ast.TypeSpec); ok && s.Name.IsExported() {
					found = append(found, "exports "+s.Name.Name)
				}
			}
		}
	}
	return found
}
