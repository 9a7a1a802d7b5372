// Package build describes the binary: the version of the program, its commit, and
// its modules. It exists because both the admin API and the commands show them.
package build

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// version is for the linker:
//
//	go build -ldflags "-X github.com/gracefulfx/graceful/internal/build.version=1.2.3"
var version string

// Info describes a binary. A field that is not known is empty.
type Info struct {
	Path     string // of the main package
	Version  string // given by the program, else by the linker, else that of its module
	Revision string // of the version control system
	Time     string // of the revision
	Modified bool   // with uncommitted changes
	Go       string
	Modules  []Module
}

// Module is one module in the binary.
type Module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Replace string `json:"replace,omitempty"`
}

// Read returns the Info of this binary. given is the version that the program
// itself names, which takes precedence; it may be empty.
func Read(given string) Info {
	b := Info{Go: runtime.Version(), Version: cmp.Or(given, version)}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Path, b.Version = info.Path, cmp.Or(b.Version, info.Main.Version)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	for _, m := range info.Deps {
		one := Module{Path: m.Path, Version: m.Version}
		if m.Replace != nil {
			one.Replace = m.Replace.Path
			if m.Replace.Version != "" {
				one.Replace += "@" + m.Replace.Version
			}
		}
		b.Modules = append(b.Modules, one)
	}
	return b
}
