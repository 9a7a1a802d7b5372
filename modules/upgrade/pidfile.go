package upgrade

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// pidFile names the generation in charge. It is replaced as a whole, so that a
// reader sees one number or the other.
type pidFile struct {
	path string // empty: there is none

	mu   sync.Mutex // guards mine and the file
	mine bool       // this process has written it
}

// own writes the number of this process into the file.
func (f *pidFile) own() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" || f.mine {
		return nil
	}
	temp, err := f.temp()
	if err == nil {
		err = f.put(temp)
	}
	if err != nil {
		return fmt.Errorf("write the PID file (upgrade.pid_file): %w", err)
	}
	f.mine = true
	return nil
}

// check does everything that own does, except the last step.
func (f *pidFile) check() error {
	if f.path == "" {
		return nil
	}
	temp, err := f.temp()
	if err == nil {
		err = os.Remove(temp)
	}
	if err != nil {
		return fmt.Errorf("prepare the PID file (upgrade.pid_file): %w", err)
	}
	return nil
}

// reclaim writes the file again if it is ours and was changed by a successor that
// did not take over in the end.
func (f *pidFile) reclaim() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.mine || f.isOurs() {
		return nil
	}
	temp, err := f.temp()
	if err != nil {
		return err
	}
	return f.put(temp)
}

// disown removes the file if it still names this process.
func (f *pidFile) disown() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.mine || !f.isOurs() {
		return nil
	}
	f.mine = false
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the PID file: %w", err)
	}
	return nil
}

func (f *pidFile) isOurs() bool {
	b, err := os.ReadFile(f.path)
	return err == nil && string(bytes.TrimSpace(b)) == strconv.Itoa(os.Getpid())
}

// temp writes the number of this process into a new file beside the PID file.
func (f *pidFile) temp() (name string, err error) {
	t, err := os.CreateTemp(filepath.Dir(f.path), "."+filepath.Base(f.path)+".*")
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintln(t, os.Getpid())
	if err = errors.Join(err, t.Chmod(0o644), t.Close()); err != nil {
		_ = os.Remove(t.Name())
	}
	return t.Name(), err
}

func (f *pidFile) put(temp string) error {
	err := os.Rename(temp, f.path)
	if err != nil {
		_ = os.Remove(temp)
	}
	return err
}
