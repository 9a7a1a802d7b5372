// Command licences reads the licence of every module that the packages of the
// module in the current directory link, and fails if it finds one that is not
// on the list, or none.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// allowed are licences under which a program may be given away, changed or sold,
// each with a sentence that occurs in no other. None of them demands the source of
// what is linked with it; MPL-2.0 demands changes of its files.
var allowed = []struct{ name, text string }{
	{"Apache-2.0", "apache license version 2.0"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"BSD", "redistribution and use in source and binary forms, with or without modification, are permitted"},
	{"ISC", "permission to use, copy, modify, and or distribute this software for any purpose with or without fee is hereby granted"},
	{"MPL-2.0", "mozilla public license version 2.0"},
}

func main() {
	if err := check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check() error {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./...").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	modules := strings.Fields(strings.ReplaceAll(string(out), "\t", "="))
	slices.Sort(modules)
	modules = slices.DeleteFunc(slices.Compact(modules), ofThisRepository)
	var errs []error
	count := map[string]int{}
	for _, m := range modules {
		path, dir, _ := strings.Cut(m, "=")
		name, err := licenceIn(dir)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
		count[name]++
	}
	fmt.Println(len(modules), "modules:", count)
	return errors.Join(errs...)
}

// ofThisRepository reports whether a module, as path=folder, has the licence at
// the root of this repository. The go command adds that file to a nested module
// that has none (https://go.dev/ref/mod#vcs-license).
func ofThisRepository(module string) bool {
	const ours = "github.com/gracefulfx/graceful"
	path, _, _ := strings.Cut(module, "=")
	return path == ours || strings.HasPrefix(path, ours+"/")
}

// licenceIn returns the name of the licence of the module in dir.
func licenceIn(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		if !strings.HasPrefix(upper, "LICEN") && !strings.HasPrefix(upper, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			continue // a folder of them
		}
		if name := licenceOf(string(text)); name != "" {
			return name, nil
		}
	}
	return "", errors.New("no licence that is allowed; read it, and add it to the list with the reason, or do without the module")
}

// licenceOf returns the name of a licence, "" if it is not allowed.
func licenceOf(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" \t\r\n*#/", r) }), " ")
	for _, l := range allowed {
		if strings.Contains(text, l.text) || strings.Contains(strings.ReplaceAll(text, ",", ""), l.text) {
			return l.name
		}
	}
	return ""
}
