package house_test

import (
	"go/ast"
	"go/token"
)

// globals finds init functions and package variables that anything in the
// same file assigns to.
func globals(_, _ string, f *ast.File) (found []string) {
	vars := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				found = append(found, "func init")
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if s, ok := s.(*ast.ValueSpec); ok && d.Tok == token.VAR {
					for _, n := range s.Names {
						vars[n.Name] = n.Name != "_"
					}
				}
			}
		}
	}
	touched := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.Ident:
				if vars[x.Name] {
					found = append(found, x.Name+" is assigned to")
				}
				return
			default:
				return
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if n.Tok != token.DEFINE {
					touched(l)
				}
			}
		case *ast.IncDecStmt:
			touched(n.X)
		}
		return true
	})
	return found
}
