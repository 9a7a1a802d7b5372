package main

import (
	"fmt"
	"os"
	"testing"
)

// tb is the part of testing.TB that the patterns use, outside of a test.
type tb struct {
	testing.TB
	dir string
}

type skipped string

func (t *tb) Helper() {}

func (t *tb) TempDir() string {
	dir, err := os.MkdirTemp(t.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (t *tb) Skip(args ...any)                  { panic(skipped(fmt.Sprint(args...))) }
func (t *tb) Fatal(args ...any)                 { fail(fmt.Sprint(args...)) }
func (t *tb) Fatalf(format string, args ...any) { fail(fmt.Sprintf(format, args...)) }
func (t *tb) Errorf(format string, args ...any) { fail(fmt.Sprintf(format, args...)) }

// caught ends a pattern that was skipped.
func (t *tb) caught(why *string) {
	switch r := recover().(type) {
	case nil:
	case skipped:
		*why = string(r)
	default:
		panic(r)
	}
}
