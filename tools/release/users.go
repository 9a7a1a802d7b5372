package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// useAll uses every module from the proxy as a stranger does: a library by go get
// in an empty module, as its only dependency; a program by go install. The example
// is started and stopped as well.
func useAll(tree, proxy string, modules []module, version string) error {
	cache, err := os.MkdirTemp("", "modcache")
	if err != nil {
		return err
	}
	defer func() { // the go command makes its module cache read-only
		_, err := run(cache, []string{"GOMODCACHE=" + cache}, "go", "clean", "-modcache")
		if err = errors.Join(err, os.RemoveAll(cache)); err != nil {
			fmt.Fprintln(os.Stderr, "release:", err)
		}
	}()
	env, err := usersEnv(proxy, cache, modules[0])
	if err != nil {
		return err
	}
	for _, m := range modules {
		programs, libraries, err := packages(filepath.Join(tree, m.dir), env)
		if err != nil {
			return err
		}
		began := time.Now()
		if len(libraries) > 0 {
			err = get(env, m, libraries, version)
		}
		for _, p := range programs {
			if err == nil {
				err = install(env, p, version)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: a user cannot have it: %w", m.path, err)
		}
		fmt.Printf("%s: %d packages, %d programs, %v\n", m.path, len(libraries), len(programs), time.Since(began).Round(time.Second))
	}
	return nil
}

// usersEnv is the environment of a user who has the proxy and no checkout.
// What others published comes from the module cache here, if it is there.
func usersEnv(proxy, cache string, root module) ([]string, error) {
	out, err := run(proxy, nil, "go", "env", "GOMODCACHE", "GOPROXY")
	if err != nil {
		return nil, err
	}
	here, others, _ := strings.Cut(out, "\n")
	return []string{
		"GOWORK=off", "GOFLAGS=-mod=mod", "GOMODCACHE=" + cache,
		"GOPROXY=file://" + proxy + ",file://" + filepath.Join(here, "cache", "download") + "," + others,
		"GONOSUMDB=" + root.path + "," + root.path + "/*", // which nobody can know yet
	}, nil
}

// packages lists those of the module in dir that others can use. Its go.sum must
// suffice: a checkout of the tag builds by itself.
func packages(dir string, env []string) (programs, libraries []string, err error) {
	out, err := run(dir, append(slices.Clip(env), "GOFLAGS=-mod=readonly"), "go", "list", "-f", "{{.Name}} {{.ImportPath}}", "./...")
	for line := range strings.SplitSeq(out, "\n") {
		name, path, _ := strings.Cut(line, " ")
		switch {
		case name == "" || strings.Contains(path, "/internal/") || strings.Contains(path, "/testdata"):
		case name == "main":
			programs = append(programs, path)
		default:
			libraries = append(libraries, path)
		}
	}
	return programs, libraries, err
}

// get makes an empty module, gets m into it and builds a program that imports all
// of its packages.
func get(env []string, m module, libraries []string, version string) error {
	dir, err := os.MkdirTemp("", "user")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := "package main\n\nimport (\n"
	for _, path := range libraries {
		program += fmt.Sprintf("\t_ %q\n", path)
	}
	program += ")\n\nfunc main() {}\n"
	if _, err := run(dir, env, "go", "mod", "init", "example.com/user"); err != nil {
		return err
	}
	if _, err := run(dir, env, "go", "get", m.path+"@"+version); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o644); err != nil {
		return err
	}
	_, err = run(dir, env, "go", "build", "-o", os.DevNull, ".")
	return err
}

// install installs a program, and runs the example.
func install(env []string, program, version string) error {
	bin, err := os.MkdirTemp("", "bin")
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	if _, err := run(bin, append(slices.Clip(env), "GOBIN="+bin), "go", "install", program+"@"+version); err != nil {
		return err
	}
	if !strings.HasSuffix(program, "/examples/todo") {
		return nil
	}
	return startAndStop(bin, filepath.Join(bin, "todo"))
}

// startAndStop runs a service of ours until it is ready, and ends it.
func startAndStop(dir, program string) error {
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(program)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.Env = append(os.Environ(), "TODO_HTTP_ADDR=127.0.0.1:0", "TODO_ADMIN_ADDR=off")
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	printed := func() string { b, _ := os.ReadFile(log.Name()); return string(b) }
	for range 600 {
		select {
		case err := <-ended:
			return fmt.Errorf("%s ended before it was ready: %v\n%s", program, err, printed())
		case <-time.After(100 * time.Millisecond):
		}
		if !strings.Contains(printed(), "ready") {
			continue
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		if err := <-ended; err != nil {
			return fmt.Errorf("%s did not stop in order: %w\n%s", program, err, printed())
		}
		return nil
	}
	return errors.Join(fmt.Errorf("%s is not ready after a minute:\n%s", program, printed()), cmd.Process.Kill())
}
