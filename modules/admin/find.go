package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/modules/admin/internal/unit"
	"github.com/gracefulfx/graceful/modules/config"
)

// Find returns a client of the running application with that name, at the address
// in c or in the first directory where a process answers. The error is
// [ErrNotRunning] if none answers, [ErrSeveral] if several answer there, one that
// wraps fs.ErrPermission if this user may not connect, [ErrStranger] for the socket
// of another user, and [ErrNotAnswering] for a process that accepts connections but
// does not answer.
func Find(ctx context.Context, name string, c Config) (*Client, error) {
	network, addr := c.split()
	switch {
	case addr == Off:
		return nil, fmt.Errorf("%s: the admin API is off (admin.addr): %w", name, ErrNotRunning)
	case network != "":
		client, err := open(ctx, name, network, addr, believeNamed)
		if err != nil && absent(err) {
			return nil, fmt.Errorf("%s: %w (tried %s)", name, ErrNotRunning, addr)
		}
		return client, err
	}
	return findIn(ctx, name, socketDirs(name), func(path string) (trusted, error) {
		return trustIn(path, filepath.Dir(path) == os.Getenv("RUNTIME_DIRECTORY"))
	})
}

// Of says whose process is meant, if the directories of this user and of this
// environment are not those of the service: root looks for the process of another
// user.
type Of struct {
	Unit string // a unit of systemd: its main process
	User string // by name or number
}

// Find is [Find] for the process of a unit or of a user. Only processes of that
// user and of root are trusted. For a unit it runs systemctl, and reads the
// environment of the main process, which only root and the user of the unit may do.
func (o Of) Find(ctx context.Context, name string) (*Client, error) {
	dirs, owner, err := o.dirs(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return findIn(ctx, name, dirs, func(path string) (trusted, error) {
		fi, err := os.Stat(filepath.Dir(path))
		if err != nil {
			return trusted{}, err
		}
		if uid, _ := ownerOf(fi); uid != owner && uid != 0 {
			return trusted{}, fmt.Errorf("%s %w: its directory belongs to %s, not to %s", path, ErrStranger, userName(uid), userName(owner))
		}
		return trusted{owner}, nil
	})
}

func (o Of) dirs(ctx context.Context, name string) (dirs []string, owner int, err error) {
	name = fileName(name)
	if o.Unit != "" {
		return o.unitDirs(ctx, name)
	}
	uid := o.User
	if u, err := user.Lookup(o.User); err == nil {
		uid = u.Uid
	}
	if owner, err = strconv.Atoi(uid); err != nil {
		return nil, 0, fmt.Errorf("there is no user %s on this machine", o.User)
	}
	return []string{
		filepath.Join("/run", name),
		filepath.Join("/run/user", uid, name),
		filepath.Join(os.TempDir(), name+"-"+uid),
	}, owner, nil
}

// unitDirs returns the directories of socketDirs, as the process of the unit sees
// them.
func (o Of) unitDirs(ctx context.Context, name string) (dirs []string, owner int, err error) {
	p, err := unit.Main(ctx, o.Unit)
	if err != nil {
		if errors.Is(err, unit.ErrNoProcess) {
			err = fmt.Errorf("%w: %w", ErrNotRunning, err)
		}
		return nil, 0, err
	}
	if addr := p.Env(config.EnvPrefix(name) + "ADMIN_ADDR"); filepath.IsAbs(addr) {
		return []string{p.Path(addr)}, p.UID, nil
	}
	if first, _, _ := strings.Cut(p.Env("RUNTIME_DIRECTORY"), ":"); first != "" {
		dirs = append(dirs, p.Path(first))
	}
	if dir := p.Env("XDG_RUNTIME_DIR"); dir != "" {
		dirs = append(dirs, p.Path(dir, name))
	}
	temp := cmp.Or(p.Env("TMPDIR"), "/tmp")
	return append(dirs, p.Path(temp, name+"-"+strconv.Itoa(p.UID))), p.UID, nil
}

// findIn returns a client of the process that answers in the first directory where
// one does.
func findIn(ctx context.Context, name string, dirs []string, believe believer) (*Client, error) {
	var tried []string
	var unusable error // the error of the first socket that exists but cannot be used
	for _, dir := range dirs {
		var found []*Client
		for i, path := range socketsIn(dir) {
			client, err := open(ctx, name, "unix", path, believe)
			switch {
			case err == nil:
				found = append(found, client)
			case !absent(err) && unusable == nil:
				unusable = err
			}
			if err != nil && i == 0 {
				tried = append(tried, path)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			var paths []string
			for _, c := range found {
				paths = append(paths, c.addr)
			}
			return nil, fmt.Errorf("%s: %w: %s", name, ErrSeveral, strings.Join(paths, ", "))
		}
	}
	if unusable != nil {
		return nil, fmt.Errorf("%s: %w", name, unusable)
	}
	return nil, fmt.Errorf("%s: %w (tried %s)", name, ErrNotRunning, strings.Join(tried, ", "))
}
