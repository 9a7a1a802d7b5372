package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary also does the last step of a container engine.
func TestMain(m *testing.M) {
	if root := os.Getenv("ENGINE_ROOT"); root != "" {
		_ = os.Unsetenv("ENGINE_ROOT")
		fmt.Fprintln(os.Stderr, "engine:", becomeProcess1(root))
		os.Exit(125)
	}
	os.Exit(m.Run())
}

// becomeProcess1 runs in new namespaces for processes and mounts: it makes root the
// root directory, gives up the rights of the user root, and becomes the entry
// point. It returns only if that fails.
func becomeProcess1(root string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to ourselves: %w", err)
	}
	if err := unix.Mount("proc", filepath.Join(root, "proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Chroot(root); err != nil {
		return fmt.Errorf("chroot: %w", err)
	}
	if err := unix.Chdir("/data"); err != nil {
		return err
	}
	if err := unix.Setgroups(nil); err != nil {
		return fmt.Errorf("leave all groups: %w", err)
	}
	if err := unix.Setresgid(nobody, nobody, nobody); err != nil {
		return err
	}
	if err := unix.Setresuid(nobody, nobody, nobody); err != nil {
		return err
	}
	return unix.Exec("/todo", []string{"/todo"}, os.Environ())
}

// nobody is the USER of the Dockerfile.
const nobody = 65532
