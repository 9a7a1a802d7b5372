package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// No test waits for time to pass: it has its own clock (testing/synctest),
// or it says beside the call why time has to pass there.
func TestNoTestSleeps(t *testing.T) {
	sleeps := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		n, found := sleepers(fset, f)
		sleeps += n
		for _, line := range found {
			t.Errorf("%s:%d sleeps: give the test its own clock, or say why beside the call", path, line)
		}
		return nil
	})
	if err != nil || sleeps < 40 {
		t.Errorf("got %d calls and %v, want those of the tests of app and systemd at least", sleeps, err)
	}
}

// sleepers returns how many calls of time.Sleep there are, or statements that do
// nothing but receive from time.After, and the lines of those in real time without
// a reason.
func sleepers(fset *token.FileSet, f *ast.File) (n int, lines []int) {
	line := func(p token.Pos) int { return fset.Position(p).Line }
	for _, d := range f.Decls {
		var calls []int
		bubble := false
		ways := map[ast.Stmt]bool{} // of a select, which waits for something else, too
		ast.Inspect(d, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.Ident:
				bubble = bubble || node.Name == "synctest" || node.Name == "bubble"
			case *ast.SelectorExpr:
				if isTime(node, "Sleep") {
					calls = append(calls, line(node.Pos()))
				}
			case *ast.CommClause:
				ways[node.Comm] = true
			case *ast.ExprStmt:
				receive, ok := node.X.(*ast.UnaryExpr)
				if !ok || ways[node] {
					return true
				}
				if after, ok := receive.X.(*ast.CallExpr); ok && isTime(after.Fun, "After") {
					calls = append(calls, line(node.Pos()))
				}
			}
			return true
		})
		n += len(calls)
		for _, at := range calls {
			if !bubble && !slices.ContainsFunc(f.Comments, func(c *ast.CommentGroup) bool { return line(c.Pos()) == at }) {
				lines = append(lines, at)
			}
		}
	}
	return n, lines
}

// isTime reports whether e is that function of package time.
func isTime(e ast.Expr, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "time"
}

func TestSleepersAreFound(t *testing.T) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x_test.go", `package x
func TestA(t *testing.T) { time.Sleep(1) }
func TestB(t *testing.T) { synctest.Test(t, func(t *testing.T) { time.Sleep(1) }) }
func TestC(t *testing.T) {
	time.Sleep(1) // a slow client
	// not beside it
	time.Sleep(1)
	<-time.After(1)
	select {
	case <-time.After(1):
	case <-t.Context().Done():
	}
}
`, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if n, lines := sleepers(fset, f); n != 5 || !slices.Equal(lines, []int{2, 7, 8}) {
		t.Errorf("got %d calls and lines %v, want 5 and those of A and the last two of C", n, lines)
	}
}
