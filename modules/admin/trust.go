package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gracefulfx/graceful/internal/unixsocket"
)

// The client is as careful as the server: its requests are only for the service,
// and it shows only answers of the service. Another user of the machine could
// create /tmp/todo-0/admin.sock and answer there.

// ErrStranger is wrapped by the error for a socket that is not the service's.
var ErrStranger = errors.New("is not the service's")

// trusted are the users whose processes may answer at a socket: this user, root,
// and the owner of the directory if root created it.
type trusted struct{ owner int }

// believer returns which users to trust at a socket.
type believer func(path string) (trusted, error)

func believeNamed(path string) (trusted, error) { return trustIn(path, true) }

// trustIn returns which users to trust at a socket. The operator has chosen a named
// path, so the owner of its directory is trusted; otherwise the owner is trusted
// only if no other user could have created the directory, as below /run.
func trustIn(path string, named bool) (trusted, error) {
	dir := filepath.Dir(path)
	fi, err := os.Stat(dir)
	if err != nil {
		return trusted{}, err
	}
	owner, ok := ownerOf(fi)
	if !ok { // this system has no users
		return trusted{os.Geteuid()}, nil
	}
	if others := fi.Mode().Perm() & 0o022; others != 0 {
		return trusted{os.Geteuid()}, nil // its creator may replace the socket: only this user and root count
	}
	if owner == 0 || owner == os.Geteuid() || named {
		return trusted{owner}, nil
	}
	above, err := os.Stat(filepath.Dir(dir))
	if err != nil {
		return trusted{}, err
	}
	if maker, _ := ownerOf(above); maker == 0 && above.Mode().Perm()&0o022 == 0 {
		return trusted{owner}, nil
	}
	return trusted{}, fmt.Errorf("%s %w: its directory belongs to %s; remove it, or name the socket with --admin.addr", path, ErrStranger, userName(owner))
}

// dial connects to a socket, and refuses the process that listens there unless it
// is trusted: the kernel names its user (SO_PEERCRED).
func (t trusted) dial(ctx context.Context, path string) (net.Conn, error) {
	nc, err := dialWithPatience(ctx, path)
	if err != nil {
		return nil, err
	}
	p, err := unixsocket.PeerOf(nc)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nc, nil // the directory decides
	case err == nil && !unixsocket.CurrentOverflow().Nobody(p.UID) && (p.UID == 0 || p.UID == os.Geteuid() || p.UID == t.owner):
		return nc, nil
	case err == nil:
		err = fmt.Errorf("%s %w: a process of %s listens there (pid %d); name the socket with --admin.addr", path, ErrStranger, userName(p.UID), p.PID)
	}
	return nil, errors.Join(err, nc.Close())
}

// dialWithPatience connects to a socket. While the queue is full it tries again for
// some time: on a non-blocking socket, such as those of Go, connect does not wait,
// but fails at once (EAGAIN, connect(2)).
func dialWithPatience(ctx context.Context, path string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, toAnswer)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for full := false; ; {
		var d net.Dialer
		nc, err := d.DialContext(ctx, "unix", path)
		switch full = full || queueFull(err); {
		case err != nil && full && (ctx.Err() != nil || timedOut(err)):
			return nil, fmt.Errorf("the process at %s %w: it accepts no connection, because it is stopped (SIGSTOP), hangs, or has no descriptors left", path, ErrNotAnswering)
		case !queueFull(err):
			return nc, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
		}
	}
}

// timedOut reports whether a dial ended by its deadline, perhaps just before its
// context did.
func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

func userName(uid int) string {
	text := fmt.Sprintf("user id %d", uid)
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		text += " (" + u.Username + ")"
	}
	return text
}

// absent reports whether there is nothing at the address, as opposed to something
// that cannot be used.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || refused(err) }
