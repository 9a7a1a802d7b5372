package admin

import (
	"os"
	"testing"
)

func TestMapsAll(t *testing.T) {
	for text, want := range map[string]bool{
		"         0          0 4294967295\n":                 true,
		"         0       1000          1\n":                 false, // unshare -r
		"         0          0          1\n":                 false, // PrivateUsers=self
		"         0          0 1\n      1000       1000 1\n": false,
		"": false,
	} {
		if got := mapsAll(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// In a user namespace the overflow id is nobody, also if the service has that
// number itself; and a group without a mapping is no member of any.
func TestOverflowIDsAreNobody(t *testing.T) {
	inside := overflow{namespaced: true, uid: os.Geteuid(), gid: 65534}
	if os.Geteuid() == 0 {
		inside.uid = 65534
	}
	for name, c := range map[string]struct {
		m    members
		p    peer
		want access
	}{
		"nobody":              {members{overflow: inside}, peer{uid: inside.uid}, noAccess},
		"nobody, own number":  {members{overflow: overflow{true, os.Geteuid(), 65534}}, peer{uid: os.Geteuid()}, noAccess},
		"without namespace":   {members{}, peer{uid: os.Geteuid()}, mayChange},
		"group not mapped":    {members{change: []int{65534}, overflow: inside}, peer{uid: 4711, gids: []int{65534}}, noAccess},
		"group mapped":        {members{change: []int{7}, overflow: inside}, peer{uid: inside.uid, gids: []int{65534, 7}}, mayChange},
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
