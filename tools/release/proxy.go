package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/modfile"
	modmodule "golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

// publish pins every module in the tree to the version and lays all of them out as
// a module proxy made of files (https://go.dev/ref/mod#goproxy-protocol).
func publish(tree string, modules []module, version string) (proxy string, err error) {
	if proxy, err = os.MkdirTemp("", "proxy"); err != nil {
		return "", err
	}
	sums := map[string]string{} // lines for go.sum of those that are published
	var one func(m module) error
	one = func(m module) error { // after those that it requires
		if sums[m.path] != "" {
			return nil
		}
		required, err := pin(tree, m, modules, version)
		if err != nil {
			return err
		}
		for _, r := range required {
			if err := one(r); err != nil {
				return err
			}
			if err := addSums(filepath.Join(tree, m.dir, "go.sum"), sums[r.path]); err != nil {
				return err
			}
		}
		if sums[m.path], err = write(proxy, tree, m, version); err != nil {
			return fmt.Errorf("%s: %w", m.path, err)
		}
		return nil
	}
	for _, m := range modules {
		if err := one(m); err != nil {
			return "", err
		}
	}
	return proxy, nil
}

// addSums adds lines to a go.sum: a checkout of the tag builds by itself.
func addSums(file, sums string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(sums); err != nil {
		return err
	}
	return f.Close()
}

// write publishes one module and returns its lines for go.sum.
func write(proxy, tree string, m module, version string) (sums string, err error) {
	escaped, err := modmodule.EscapePath(m.path)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(proxy, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(tree, m.dir, "go.mod"))
	if err != nil {
		return "", err
	}
	if got := modfile.ModulePath(mod); got != m.path {
		return "", fmt.Errorf("its go.mod names %s", got)
	}
	info := fmt.Sprintf(`{"Version":%q,"Time":%q}`, version, time.Now().UTC().Format(time.RFC3339))
	for name, data := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": []byte(info), version + ".mod": mod} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return "", err
		}
	}
	archive := filepath.Join(dir, version+".zip")
	f, err := os.Create(archive)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := zip.CreateFromDir(f, modmodule.Version{Path: m.path, Version: version}, filepath.Join(tree, m.dir)); err != nil {
		return "", err
	}
	return hashes(archive, filepath.Join(dir, version+".mod"), m, version)
}

// hashes are the lines of go.sum for an archive and the go.mod beside it.
func hashes(archive, mod string, m module, version string) (string, error) {
	sum, err := dirhash.HashZip(archive, dirhash.Hash1)
	if err != nil {
		return "", err
	}
	modSum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return os.Open(mod) })
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%[1]s %[2]s %[3]s\n%[1]s %[2]s/go.mod %[4]s\n", m.path, version, sum, modSum), nil
}
