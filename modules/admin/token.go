package admin

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// token lets a client of the loopback port in: every user of the machine can
// connect to that, but only this user can read the file.
type token struct {
	path string
	text string
}

// makeToken writes a new token to the directory where the socket would be. A
// successor keeps the existing one, since clients go on using it.
func makeToken(name string, port int, keep bool) (*token, error) {
	dir, err := prepareDir(name, false)
	if err != nil {
		return nil, err
	}
	t := &token{path: filepath.Join(dir, tokenName(port)), text: rand.Text()}
	if keep {
		if text, err := readToken(t.path); err == nil {
			t.text = text
			return t, nil
		}
	}
	if err := t.write(); err != nil {
		return nil, fmt.Errorf("write the token of the admin port: %w", err)
	}
	return t, nil
}

// write replaces the file atomically, so that no reader sees half of it, and does
// not follow a link at its path.
func (t *token) write() error {
	f, err := os.CreateTemp(filepath.Dir(t.path), ".token-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(t.text + "\n")
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), t.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// readToken refuses a token that others can read: they may be using it already.
func readToken(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return "", err
	}
	if loose := fi.Mode().Perm() & 0o077; knowsUnix && loose != 0 || !fi.Mode().IsRegular() {
		return "", fmt.Errorf("token file %s can be read by others (mode %v): chmod 0600 it, and start the process anew", path, fi.Mode())
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return "", err
	}
	if text := strings.TrimSpace(string(text)); text != "" {
		return text, nil
	}
	return "", fmt.Errorf("token file %s is empty", path)
}

// String says where to find the token, and never its text.
func (t *token) String() string {
	if t.path == "" {
		return "the token of the address that the command has printed"
	}
	return "the text of " + t.path
}

// matches compares in time that does not depend on the first difference.
func (t *token) matches(authorization string) bool {
	given, ok := strings.CutPrefix(authorization, "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(given), []byte(t.text)) == 1
}

// remove removes the file, unless another process has written it since.
func (t *token) remove() error {
	if text, err := readToken(t.path); err == nil && text != t.text {
		return nil
	}
	if err := os.Remove(t.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
