package house_test

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// withoutExample are packages that need none, and why; "x/..." is x with all below.
var withoutExample = map[string]string{
	"bench/...":                 "programs and parts of the benchmark, for nobody else",
	"conformance":               "tests only",
	"tools/...":                 "programs that .ci runs",
	"examples/...":              "they are examples",
	"e2e/...":                   "tests alone",
	"contrib/compat/...":        "what README.md and the pages show",
	"deploy":                    "tests alone",
	"modules/config/configtest": "patterns of saving, which the tests of config and bench run",
}

// ofAnInterface are methods that need no comment: the interface of the standard
// library that they belong to has one.
var ofAnInterface = map[string]bool{
	"Error": true, "String": true, "Unwrap": true, "Is": true, "As": true, "Timeout": true, "Temporary": true,
	"ServeHTTP": true, "Close": true, "Accept": true, "Addr": true, "Read": true, "Write": true,
	"Lock": true, "Unlock": true, "Validate": true,
}

// sourceDirs are the folders with Go files that are not only tests, of all
// modules of the repository.
func sourceDirs(t *testing.T) (dirs []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if dir := filepath.ToSlash(filepath.Dir(path)); strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
		return nil
	})
	if err != nil || len(dirs) < 15 {
		t.Fatalf("got %v and %v, want the packages of the repository", dirs, err)
	}
	return dirs
}

// documentation reads the files in dir as go doc does.
func documentation(dir string) (*doc.Package, []*doc.Example, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	fset := token.NewFileSet()
	var files, tests []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.ParseComments)
		switch {
		case err != nil:
			return nil, nil, err
		case strings.HasSuffix(e.Name(), "_test.go"):
			tests = append(tests, f)
		default:
			files = append(files, f)
		}
	}
	p, err := doc.NewFromFiles(fset, files, house+"/"+dir, doc.Mode(0))
	return p, doc.Examples(tests...), err
}

func TestEverythingExportedIsDocumented(t *testing.T) {
	for _, dir := range sourceDirs(t) {
		p, _, err := documentation(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range silent(p) {
			t.Errorf("%s: %s has no comment", dir, name)
		}
	}
}

// silent returns what is exported without a comment.
func silent(p *doc.Package) (names []string) {
	if p.Doc == "" {
		names = append(names, "package "+p.Name)
	}
	if p.Name == "main" {
		return names
	}
	values := func(of string, all []*doc.Value) {
		for _, v := range all {
			for _, spec := range v.Decl.Specs {
				s := spec.(*ast.ValueSpec)
				if v.Doc == "" && s.Doc == nil && s.Comment == nil && ast.IsExported(s.Names[0].Name) {
					names = append(names, of+s.Names[0].Name)
				}
			}
		}
	}
	funcs := func(of string, all []*doc.Func) {
		for _, f := range all {
			if f.Doc == "" && !(f.Recv != "" && ofAnInterface[f.Name]) {
				names = append(names, of+f.Name)
			}
		}
	}
	values("", p.Consts)
	values("", p.Vars)
	funcs("", p.Funcs)
	for _, typ := range p.Types {
		if typ.Doc == "" && typ.Decl.Doc == nil {
			names = append(names, typ.Name)
		}
		values("", typ.Consts)
		values("", typ.Vars)
		funcs("", typ.Funcs)
		funcs(typ.Name+".", typ.Methods)
	}
	return names
}

func TestEveryPackageHasAnExample(t *testing.T) {
	for _, dir := range sourceDirs(t) {
		if needsNoExample(dir) {
			continue
		}
		_, examples, err := documentation(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(examples, func(e *doc.Example) bool { return e.Output != "" || e.EmptyOutput }) {
			t.Errorf("%s has no Example with an // Output: that is compared", dir)
		}
	}
}

func needsNoExample(dir string) bool {
	for d := dir; d != "."; d = path.Dir(d) {
		if withoutExample[d+"/..."] != "" {
			return true
		}
	}
	return withoutExample[dir] != "" || strings.Contains("/"+dir+"/", "/internal/")
}

func TestMissingDocumentationIsFound(t *testing.T) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", `package x
type T struct{}
func (T) Error() string { return "" }
func (T) M() {}
func F() {}
const C = 1
// Both are said to be something.
const (
	D = 1
	E = 2
)
func private() {}
`, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	p, err := doc.NewFromFiles(fset, []*ast.File{f}, "x")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(silent(p)); got != "[package x C F T T.M]" {
		t.Errorf("got %s", got)
	}
}

var markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// The first page is read in a minute; what does not fit is in docs.
func TestReadmeIsShort(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(text), "\n"); got >= 150 {
		t.Errorf("README.md has %d lines, want fewer than 150", got)
	}
}

// What a page points to exists.
func TestLinksOfPagesExist(t *testing.T) {
	var pages []string
	for _, glob := range []string{"*.md", "docs/*.md", "docs/*/*.md", "examples/todo/*.md", "bench/*.md", "deploy/*/*.md"} {
		found, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	links := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range markdownLink.FindAllStringSubmatch(string(text), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			links++
			file := page
			if target != "" {
				file = filepath.Join(filepath.Dir(page), target)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", page, err)
			} else if anchor != "" && !slices.Contains(anchors(t, file), anchor) {
				t.Errorf("%s: %s has no heading #%s", page, file, anchor)
			}
		}
	}
	if links < 30 {
		t.Errorf("got %d links, want those of README.md at least", links)
	}
}

// anchors are the headings of a page, as GitHub makes links of them.
func anchors(t *testing.T, page string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		a := strings.ToLower(regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(m[1], ""))
		all = append(all, strings.ReplaceAll(a, " ", "-"))
	}
	return all
}
