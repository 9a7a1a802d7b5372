package house_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// The measures of a file: the glossary in docs/design.md has the words.
const (
	widest       = 84 // columns of a comment line, a tab counted as four
	longest      = 66 // lines of a function
	mostFiles    = 30 // files of a package that are not tests
	filesOfTests = "_test.go"
)

// formerly are words that this code once had for what the field has a name for.
var formerly = map[string]string{
	"heir": "predecessor", "ferry": "handover", "parcel": "connection", "aboard": "acknowledged", "estate": "sockets",
	"lineage": "parentage", "farewell": "close header", "inlet": "queue", "guest": "hijacked connection", "guests": "hijacked connections",
	"nudge": "wake", "headtime": "deadline", "hire": "start", "hushed": "ignored", "stroll": "poll", "patrol": "scan",
	"strangers": "unknown keys", "discreet": "redact", "courier": "delivery", "obedience": "grace", "punctual": "wait",
	"mailbox": "singleflight", "birth": "initial", "deafen": "discard", "figure": "metric", "figures": "metrics", "succession": "upgrade",
}

// clumsy are phrases of comments: name the caller, the process or the client, and
// say "reports whether".
var clumsy = regexp.MustCompile(`(?i)\b(who asks|whoever|(is|are|be) told|tells? whether|of (its|their|our) own)\b`)

func TestLanguage(t *testing.T) {
	for _, problem := range language(t, ".") {
		t.Error(problem)
	}
}

// A check that cannot fail is none: the language of the planted tree is found.
func TestLanguageFindsWhatIsPlanted(t *testing.T) {
	dir := t.TempDir()
	text := "package x\n\n// Whoever asks is told.\nfunc heirOf() {\n" + strings.Repeat("\t_ = 0\n", longest) + "}\n\n// " + strings.Repeat("wide ", 17) + "\n//\ta table may be as wide as it has to be: " + strings.Repeat("wide ", 17) + "\nvar x int\n"
	for name, text := range map[string]string{"x.go": text, "x_test.go": "package x\n\n// isX tells whether it is.\nfunc isX() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i := range mostFiles {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("y%d.go", i)), []byte("package x\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Join(language(t, dir), "\n")
	for _, want := range []string{
		"x.go:3: \"Whoever\"", "x.go:4: heirOf: heir is predecessor", "x.go:4: heirOf has 68 lines", "x.go:73: the comment has 88 columns",
		"x_test.go:3: \"tells whether\"", "31 files that are no tests",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not found: %s\nin\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n") + 1; n != 6+1 { // "is told" as well
		t.Errorf("%d problems, want those that were planted\n%s", n, got)
	}
}

// language returns what is wrong with the Go files below dir.
func language(t *testing.T, dir string) (problems []string) {
	t.Helper()
	files := map[string]int{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || path != dir && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || filepath.Base(path) == "language_test.go" {
			return nil
		}
		if !strings.HasSuffix(path, filesOfTests) {
			files[filepath.Dir(path)]++
		}
		fset := token.NewFileSet()
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, p := range slices.Concat(comments(fset, f, strings.Split(string(src), "\n")), identifiers(fset, f), functions(fset, f)) {
			problems = append(problems, path+":"+p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, n := range files {
		if n > mostFiles && !strings.HasPrefix(dir, "bench") {
			problems = append(problems, fmt.Sprintf("%s: %d files that are no tests: which idea among them is a package?", dir, n))
		}
	}
	return problems
}

// comments checks phrases and widths. What is indented in a comment is a table or a
// program, and as wide as it has to be.
func comments(fset *token.FileSet, f *ast.File, lines []string) (problems []string) {
	for _, group := range f.Comments {
		output := strings.HasPrefix(group.Text(), "Output:") // of an example
		for _, c := range group.List {
			at := fset.Position(c.Pos())
			for _, phrase := range clumsy.FindAllString(c.Text, -1) {
				problems = append(problems, fmt.Sprintf("%d: %q: name the subject", at.Line, phrase))
			}
			alone := strings.Trim(lines[at.Line-1][:at.Column-1], "\t") == ""
			address := strings.HasPrefix(c.Text, "// https://") && strings.Count(c.Text, " ") == 1 // cannot be broken
			if !alone || output || address || !strings.HasPrefix(c.Text, "// ") {
				continue
			}
			if n := 4*(at.Column-1) + len([]rune(c.Text)); n > widest {
				problems = append(problems, fmt.Sprintf("%d: the comment has %d columns", at.Line, n))
			}
		}
	}
	return problems
}

func identifiers(fset *token.FileSet, f *ast.File) (problems []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			for _, word := range words(id.Name) {
				if now := formerly[word]; now != "" {
					problems = append(problems, fmt.Sprintf("%d: %s: %s is %s", fset.Position(id.Pos()).Line, id.Name, word, now))
				}
			}
		}
		return true
	})
	return problems
}

// words are the parts of a name in mixed caps, in lower case.
func words(name string) (parts []string) {
	start := 0
	for i, r := range name {
		if i > 0 && (unicode.IsUpper(r) || r == '_') {
			parts = append(parts, name[start:i])
			start = i
		}
	}
	parts = append(parts, name[start:])
	for i, p := range parts {
		parts[i] = strings.ToLower(strings.Trim(p, "_"))
	}
	return parts
}

func functions(fset *token.FileSet, f *ast.File) (problems []string) {
	if strings.HasSuffix(fset.Position(f.Pos()).Filename, filesOfTests) {
		return nil
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			if n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; n > longest {
				problems = append(problems, fmt.Sprintf("%d: %s has %d lines", fset.Position(fn.Pos()).Line, fn.Name.Name, n))
			}
		}
	}
	return problems
}
