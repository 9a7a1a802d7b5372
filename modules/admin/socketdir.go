package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// socketName is the name of the file in the directory that is used; see socketsIn.
const socketName = "admin.sock"

// socketDir returns the directory for the socket and the token of an application
// without an address, and whether this package has to create it.
func socketDir(name string) (dir string, ours bool) {
	name = fileName(name)
	// systemd sets it for the service, as a list when there are several.
	if dirs := os.Getenv("RUNTIME_DIRECTORY"); dirs != "" {
		first, _, _ := strings.Cut(dirs, ":")
		return first, false
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" && checkDir(dir) == nil { // after su(1) it belongs to another user
		return filepath.Join(dir, name), true
	}
	return privateDir(name), true
}

// socketDirs returns the directories where the socket of an application with that
// name may be, first those that only root can create.
func socketDirs(name string) []string {
	dir, ours := socketDir(name)
	dirs := []string{filepath.Join("/run", fileName(name)), dir}
	if !ours { // that of the service manager
		slices.Reverse(dirs)
	}
	for _, d := range []string{privateDir(fileName(name))} {
		if !slices.Contains(dirs, d) {
			dirs = append(dirs, d)
		}
	}
	return slices.Compact(dirs)
}

// socketsIn returns the paths in a directory, in the order in which processes of
// one name take them. A successor stays at the path of its predecessor.
func socketsIn(dir string) []string {
	paths := []string{filepath.Join(dir, socketName)}
	for n := 2; n <= 9; n++ {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("admin-%d.sock", n)))
	}
	return paths
}

// fileName turns the name of an application into an element of a path.
func fileName(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "/", "_"), `\`, "_")
}

// prepareDir creates the directory of socketDir if necessary, and checks it. With
// others, every user may enter it, but not list it.
func prepareDir(name string, others bool) (dir string, err error) {
	dir, ours := socketDir(name)
	if !ours {
		return dir, checkGiven(dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("directory for the admin socket: %w", err)
	}
	if err := checkDir(dir); err != nil || !others {
		return dir, err
	}
	return dir, os.Chmod(dir, 0o711)
}

// checkEntry refuses a directory that members of the groups cannot enter.
func checkEntry(dir string) error {
	fi, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("directory for the admin socket: %w", err)
	}
	if fi.Mode().Perm()&0o001 == 0 {
		return fmt.Errorf("%s cannot be entered by the groups of admin.groups and admin.readers (mode %04o): chmod 0711 it, or set admin.addr", dir, fi.Mode().Perm())
	}
	return nil
}

// checkGiven is checkDir for the directory of the service manager, which may be a
// link: with DynamicUser= and a preserved directory, systemd makes /run/todo a link
// to /run/private/todo. The link must belong to root or to this user.
func checkGiven(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil || fi.Mode()&fs.ModeSymlink == 0 {
		return checkDir(dir)
	}
	if err := checkLink(dir, fi); err != nil {
		return err
	}
	to, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fmt.Errorf("directory for the admin socket: %w", err)
	}
	return checkDir(to)
}

// checkDir refuses a directory in which another user could create or replace a
// socket.
func checkDir(dir string) error {
	fi, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("directory %s does not exist: create it with mode 0700", dir)
	case err != nil:
		return fmt.Errorf("directory for the admin socket: %w", err)
	case fi.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link: name the directory it leads to", dir)
	case !fi.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	}
	return checkOwner(dir, fi)
}

// checkPath refuses a path that the system would truncate or refuse with "invalid
// argument".
func checkPath(path string) error {
	if n := len(path); n > maxPath {
		return fmt.Errorf("socket path %s is %d bytes long, and the system takes %d: set admin.addr to a shorter one", path, n, maxPath)
	}
	return nil
}

func tokenName(port int) string { return "admin-" + strconv.Itoa(port) + ".token" }
