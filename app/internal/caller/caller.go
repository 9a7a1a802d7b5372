// Package caller finds the code of an application that called into package app.
package caller

import (
	"path"
	"runtime"
	"strconv"
	"strings"
)

// annotatedHook labels hooks of fx.Annotate(fx.OnStart, fx.OnStop): there fx
// itself calls Append, and the user's function is hidden in fx's own closure.
const annotatedHook = "fx.Annotate hook"

// Find returns the function that called into package app, shortened, and its
// file:line.
func Find() (name, source string) {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, "go.uber.org/fx."), strings.HasPrefix(f.Function, "reflect."):
			return annotatedHook, ""
		case f.Function != "" && !inPackage(f.Function):
			return shortName(f.Function), path.Join(path.Base(path.Dir(f.File)), path.Base(f.File)) + ":" + strconv.Itoa(f.Line)
		case !more:
			return "hook", ""
		}
	}
}

// Source returns the second result of Find.
func Source() string { _, source := Find(); return source }

// inPackage reports whether function belongs to package app; its tests are users.
func inPackage(function string) bool {
	const app = "github.com/gracefulfx/graceful/app"
	if strings.HasPrefix(function, app+"/internal/") {
		return true
	}
	rest, ok := strings.CutPrefix(function, app+".")
	return ok && !strings.HasPrefix(rest, "Test") && !strings.HasPrefix(rest, "Fuzz")
}

// shortName turns "example.com/shop/db.(*Pool).New.func1" into "db.(*Pool).New".
func shortName(function string) string {
	name := function[strings.LastIndexByte(function, '/')+1:]
	for {
		i := strings.LastIndexByte(name, '.')
		if i < 0 || !isClosure(name[i+1:]) {
			return name
		}
		name = name[:i]
	}
}

// isClosure reports whether part is what the compiler appends for a function
// literal: func1, 2, gowrap3.
func isClosure(part string) bool {
	for _, prefix := range []string{"func", "gowrap", ""} {
		if digits, ok := strings.CutPrefix(part, prefix); ok && digits != "" && strings.Trim(digits, "0123456789") == "" {
			return true
		}
	}
	return false
}
