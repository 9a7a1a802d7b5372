package configtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tools are saves by commands; each is skipped where the command is missing.
func tools() []Pattern {
	return []Pattern{
		tool("cat > file", "cat", func(t testing.TB, path, next string) {
			run(t, "", "sh", "-c", `cat "$0" > "$1"`, next, path)
		}),
		tool("cp over it", "cp", func(t testing.TB, path, next string) { run(t, "", "cp", next, path) }),
		tool("mv from another directory", "mv", func(t testing.TB, path, next string) { run(t, "", "mv", next, path) }),
		tool("install -m", "install", func(t testing.TB, path, next string) { run(t, "", "install", "-m", "644", next, path) }),
		tool("sed -i", "sed", func(t testing.TB, path, next string) {
			if out, err := exec.Command("sed", "--version").CombinedOutput(); err != nil || !strings.Contains(string(out), "GNU") {
				t.Skip("this sed is not GNU sed")
			}
			run(t, "", "sed", "-i", "-e", "1r "+next, "-e", "d", path)
		}),
		{"git reset --hard", func(t testing.TB, dir, content string) (string, func(string)) {
			need(t, "git")
			author, checkout := filepath.Join(dir, "author"), filepath.Join(dir, "checkout")
			commit := func(content string) {
				write(t, filepath.Join(author, "c.yaml"), content)
				git(t, author, "add", "c.yaml")
				git(t, author, "commit", "-qm", "change")
			}
			check(t, os.Mkdir(author, 0o755))
			git(t, author, "init", "-q")
			commit(content)
			git(t, dir, "clone", "-q", author, checkout)
			return filepath.Join(checkout, "c.yaml"), func(content string) {
				commit(content)
				git(t, checkout, "fetch", "-q", "origin", "HEAD")
				git(t, checkout, "reset", "-q", "--hard", "FETCH_HEAD")
			}
		}},
	}
}

// tool makes a pattern of a command that moves the file next to path.
func tool(name, command string, save func(t testing.TB, path, next string)) Pattern {
	p := plain(name, nil)
	return Pattern{name, func(t testing.TB, dir, content string) (string, func(string)) {
		need(t, command)
		path, _ := p.Begin(t, dir, content)
		next := filepath.Join(t.TempDir(), "next")
		return path, func(content string) {
			write(t, next, content)
			save(t, path, next)
		}
	}}
}

func need(t testing.TB, command string) {
	t.Helper()
	if _, err := exec.LookPath(command); err != nil {
		t.Skip("there is no " + command + " here")
	}
}

func git(t testing.TB, dir string, args ...string) {
	t.Helper()
	run(t, dir, "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com",
		"-c", "commit.gpgsign=false", "-c", "core.hooksPath=" + os.DevNull}, args...)...)
}

func run(t testing.TB, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	// The settings of the user that runs the test must not matter.
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
