package admin

import (
	"os"
	"testing"

	"github.com/gracefulfx/graceful/internal/unixsocket"
)

// In a user namespace the overflow id has no permissions, even if the service
// itself has that number; and a group without a mapping does not count.
func TestOverflowIDsAreNobody(t *testing.T) {
	inside := unixsocket.Overflow{Namespaced: true, UID: os.Geteuid(), GID: 65534}
	if os.Geteuid() == 0 {
		inside.UID = 65534
	}
	for name, c := range map[string]struct {
		m    members
		p    peer
		want access
	}{
		"nobody":              {members{overflow: inside}, peer{uid: inside.UID}, noAccess},
		"nobody, own number":  {members{overflow: unixsocket.Overflow{Namespaced: true, UID: os.Geteuid(), GID: 65534}}, peer{uid: os.Geteuid()}, noAccess},
		"without namespace":   {members{}, peer{uid: os.Geteuid()}, mayChange},
		"group not mapped":    {members{change: []int{65534}, overflow: inside}, peer{uid: 4711, gids: []int{65534}}, noAccess},
		"group mapped":        {members{change: []int{7}, overflow: inside}, peer{uid: inside.UID, gids: []int{65534, 7}}, mayChange},
		"group, no namespace": {members{look: []int{65534}}, peer{uid: 4711, gids: []int{65534}}, mayLook},
	} {
		t.Run(name, func(t *testing.T) {
			c.p.network, c.p.known = "unix", true
			if got, err := c.m.of(c.p); got != c.want || (err == nil) != (c.want != noAccess) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}
