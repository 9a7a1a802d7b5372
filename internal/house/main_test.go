// Package house_test holds the rules of the repository: which package may import
// which, that everything exported is documented, that the pages name what exists.
package house_test

import (
	"os"
	"testing"
)

// The tests run in the root of the repository.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
