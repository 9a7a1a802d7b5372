package house_test

import (
	"os"
	"path/filepath"
	"testing"
)

// mostMethods is how many methods *app.App may have. Applications read them all;
// what only authors of modules need is behind Wiring.
const mostMethods = 28

func TestAppHasFewMethods(t *testing.T) {
	if got := methodsOf(t, "app", "App"); len(got) > mostMethods {
		t.Errorf("App has %d methods, want %d at most: does one of them belong to Wiring, or to another? %v", len(got), mostMethods, got)
	}
}

// A check that cannot fail is none: methods are counted, and only exported ones.
func TestMethodsAreCounted(t *testing.T) {
	dir := t.TempDir()
	text := "package x\n\ntype App struct{}\n\nfunc (*App) One() {}\n\nfunc (a App) Two() {}\n\nfunc (*App) three() {}\n\nfunc Four(*App) {}\n"
	if err := os.WriteFile(filepath.Join(dir, "x.go"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := methodsOf(t, dir, "App"); len(got) != 2 {
		t.Errorf("got %v, want One and Two", got)
	}
}

// methodsOf returns the names of the exported methods of a type.
func methodsOf(t *testing.T, dir, name string) (names []string) {
	t.Helper()
	p, _, err := documentation(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range p.Types {
		if typ.Name != name {
			continue
		}
		for _, m := range typ.Methods {
			names = append(names, m.Name)
		}
		return names
	}
	t.Fatalf("%s has no type %s", dir, name)
	return nil
}
