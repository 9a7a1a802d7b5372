package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/internal/unixsocket"
)

// access is the caller's permission level.
type access int

const (
	noAccess  access = iota
	mayLook          // everything that only shows, except profiles and the log, which may hold anything
	mayChange        // everything
)

func (a access) String() string {
	return [...]string{"none", "look", "change"}[a]
}

// lookOnly is a request header with which a client gives up the right to make
// changes, for a page that is shown to others.
const lookOnly = "Admin-Look-Only"

// members are the ids of the groups that may use the socket besides the process's
// own user and root.
type members struct {
	change, look []int
	overflow     unixsocket.Overflow
}

func (m members) any() bool { return len(m.change)+len(m.look) > 0 }

// membersOf looks up the groups of c, by name or number.
func membersOf(c Config) (m members, err error) {
	m.overflow = unixsocket.CurrentOverflow()
	if m.change, err = groupIDs("admin.groups", c.Groups); err != nil {
		return m, err
	}
	m.look, err = groupIDs("admin.readers", c.Readers)
	return m, err
}

func groupIDs(key string, names []string) (ids []int, err error) {
	if len(names) > 0 && !unixsocket.KnowsPeers {
		return nil, fmt.Errorf("%s: this system does not report the peers of sockets: %w", key, errors.ErrUnsupported)
	}
	for _, name := range names {
		text := name
		if _, err := strconv.Atoi(name); err != nil {
			g, err := user.LookupGroup(name)
			if err != nil {
				return nil, fmt.Errorf("%s: no group %q on this machine: create it, or name another", key, name)
			}
			text = g.Gid
		}
		id, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("%s: group %q: %w", key, name, err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// of returns what the peer of a connection may do, or the reason why it may do
// nothing. Where the system does not report peers, the directory of the socket
// decides.
func (m members) of(p peer) (access, error) {
	in := func(groups []int) bool {
		return slices.ContainsFunc(m.overflow.Groups(p.gids), func(id int) bool { return slices.Contains(groups, id) })
	}
	switch {
	case p.network != "unix" || !p.known && errors.Is(p.err, errors.ErrUnsupported):
		return mayChange, nil
	case !p.known:
		return noAccess, fmt.Errorf("the user of the request is not known: %w", p.err)
	case m.overflow.Nobody(p.uid) && !in(m.change) && !in(m.look):
		return noAccess, fmt.Errorf("user id %d stands for any user outside the user namespace of this process: connect from inside, or turn the namespace off (PrivateUsers=no)", p.uid)
	case p.uid == 0, !m.overflow.Nobody(p.uid) && p.uid == os.Geteuid(), in(m.change):
		return mayChange, nil
	case in(m.look):
		return mayLook, nil
	case m.any():
		return noAccess, fmt.Errorf("user id %d may not use this socket: connect as user id %d, as root, or as a member of a group in admin.groups", p.uid, os.Geteuid())
	}
	return noAccess, fmt.Errorf("user id %d may not use this socket: connect as user id %d or as root", p.uid, os.Geteuid())
}

// admit refuses a connection whose peer may do nothing.
func (m members) admit(nc net.Conn) error {
	_, err := m.of(peerAt(nc))
	return err
}

// permit refuses a request that needs more than the permission to look. shows
// reports whether a command only shows something; nil means that none does.
func (a access) permit(r *http.Request, shows func(name string) bool) error {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if name, ok := strings.CutPrefix(r.URL.Path, "/v1/commands/"); ok && shows != nil && shows(name) {
		return nil
	}
	if a == mayChange || reads && !strings.HasPrefix(r.URL.Path, "/debug/") && r.URL.Path != "/v1/log" {
		return nil
	}
	return fmt.Errorf("%s %s is not for members of admin.readers: connect as a member of a group in admin.groups", r.Method, r.URL.Path)
}

type accessKey struct{}

func accessOf(ctx context.Context) access {
	a, _ := ctx.Value(accessKey{}).(access)
	return a
}
