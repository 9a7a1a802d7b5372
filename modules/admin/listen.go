package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/unixsocket"
	"github.com/gracefulfx/graceful/modules/admin/internal/gate"
)

// listener is the open listener, with the files to remove after its end.
type listener struct {
	net.Listener
	gate    *gate.Gate
	token   *token  // of a TCP port
	members members // of a socket
	path    string
	file    *unixsocket.File
	putBack bool // the file of the predecessor was lost; this one is ours
}

// Accept implements net.Listener.
func (d *listener) Accept() (net.Conn, error) { return d.gate.Accept(d.Listener) }

// Close closes the listener and the spare descriptors.
func (d *listener) Close() error {
	d.gate.Close()
	return d.Listener.Close()
}

// openListener opens the listener at the address in c. It returns nil if that is
// off.
func openListener(ctx context.Context, c Config, a *app.App, sockets app.Sockets) (*listener, error) {
	network, addr := c.split()
	m, err := membersOf(c)
	switch {
	case addr == Off:
		return nil, nil
	case err != nil:
		return nil, err
	case network == "tcp":
		return openPort(ctx, addr, a, sockets)
	case !knowsUnix:
		return nil, fmt.Errorf("unix sockets of this system do not report their peers: set admin.addr to 127.0.0.1:9000: %w", errors.ErrUnsupported)
	case network == "unix":
		if err := checkDir(filepath.Dir(addr)); err != nil {
			return nil, err
		}
		return openSocket(ctx, addr, m, a.Generation() > 1, sockets)
	}
	dir, err := prepareDir(a.Name(), m.any())
	if err != nil {
		return nil, err
	}
	// The first path may belong to another process of this name.
	var d *listener
	for _, path := range candidates(ctx, dir, a.Generation()) {
		if d, err = openSocket(ctx, path, m, a.Generation() > 1, sockets); !errors.Is(err, unixsocket.ErrInUse) {
			break
		}
	}
	return d, err
}

// candidates returns the paths in dir in the order in which they are tried. A
// successor begins with those that answer, because its predecessor still answers at
// the one that it inherits: if it took another that has become free, two would
// answer until it is ready.
func candidates(ctx context.Context, dir string, generation int) []string {
	paths := socketsIn(dir)
	if generation == 1 {
		return paths
	}
	var live, free []string
	for _, path := range paths {
		if answers(ctx, "unix", path) == nil {
			live = append(live, path)
		} else {
			free = append(free, path)
		}
	}
	return append(live, free...)
}

func openPort(ctx context.Context, addr string, a *app.App, sockets app.Sockets) (*listener, error) {
	ln, err := sockets.Listen(ctx, "admin", "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("admin.addr: %w", err)
	}
	d := &listener{Listener: ln, gate: gate.New(members{}.admit)}
	port := 0
	if tcp, ok := ln.Addr().(*net.TCPAddr); ok {
		port = tcp.Port
	}
	if d.token, err = makeToken(a.Name(), port, a.Generation() > 1); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// openSocket listens at path. A successor restores the file of the socket that it
// inherits if that has been removed meanwhile.
func openSocket(ctx context.Context, path string, m members, successor bool, sockets app.Sockets) (*listener, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	mode := fs.FileMode(0o600)
	if m.any() { // the kernel names the peer, and the guard decides
		mode = 0o666
		if err := checkEntry(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	ln, err := listenAt(ctx, path, sockets)
	if err != nil {
		return nil, err
	}
	putBack := successor && unreachable(ctx, path)
	if putBack {
		if err := errors.Join(ln.Close(), unixsocket.RemoveStale(ctx, "unix", path)); err != nil {
			return nil, fmt.Errorf("admin socket %s: %w", path, err)
		}
		if ln, err = listenAt(ctx, path, sockets); err != nil {
			return nil, err
		}
	}
	// At the end it is removed by name, unless a successor goes on using it.
	if u, ok := ln.(interface{ SetUnlinkOnClose(bool) }); ok {
		u.SetUnlinkOnClose(false)
	}
	if err := os.Chmod(path, mode); err != nil {
		err = errors.Join(fmt.Errorf("admin socket: %w", err), ln.Close())
		if putBack || !shared(sockets) {
			err = errors.Join(err, os.Remove(path))
		}
		return nil, err
	}
	d := &listener{Listener: ln, gate: gate.New(m.admit), path: path, members: m, putBack: putBack}
	if d.file = unixsocket.Look(path); d.file == nil {
		return nil, errors.Join(fmt.Errorf("admin socket %s: its file is gone", path), d.Close())
	}
	return d, nil
}

// listenAt takes the place of a process that has died, also with sockets from
// elsewhere; those of this library do that themselves.
func listenAt(ctx context.Context, path string, sockets app.Sockets) (net.Listener, error) {
	ln, err := sockets.Listen(ctx, "admin", "unix", path)
	if err != nil && addrInUse(err) && !errors.Is(err, unixsocket.ErrInUse) {
		if err = unixsocket.RemoveStale(ctx, "unix", path); err == nil {
			ln, err = sockets.Listen(ctx, "admin", "unix", path)
		}
	}
	switch {
	case errors.Is(err, unixsocket.ErrInUse):
		return nil, fmt.Errorf("admin socket %s: %w: stop that process, or set admin.addr to another path", path, err)
	case err != nil:
		return nil, fmt.Errorf("admin socket %s: %w", path, err)
	}
	return ln, nil
}

// unreachable reports whether path leads nowhere, as after a cleanup of temporary
// files, or to the file of a successor that restored it and was killed later. The
// process that listens there can no longer be reached.
func unreachable(ctx context.Context, path string) bool {
	if _, err := os.Lstat(path); err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	var d net.Dialer
	nc, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return refused(err)
	}
	_ = nc.Close()
	return false
}

// shared reports whether another generation accepts from the listener, or will.
func shared(sockets app.Sockets) bool {
	sharer, ok := sockets.(app.Sharer)
	return ok && sharer.Shared("admin")
}

// cleanup removes the file that is left after Close. The caller knows that no
// successor uses it; the file of another process stays.
func (d *listener) cleanup() error {
	if d.token != nil {
		return d.token.remove()
	}
	return d.file.Remove()
}
