package unixsocket

import (
	"os"
	"strconv"
	"strings"
)

// In a user namespace every user and group without a mapping has the overflow id,
// 65534 by default (user_namespaces(7)): such an id may be any user, and may equal
// the id of the service itself. So it has no permissions here.

// Overflow holds the overflow ids where they may stand for any user. Without a user
// namespace they are ordinary ids.
type Overflow struct {
	Namespaced bool
	UID, GID   int
}

// Nobody reports whether uid may stand for any user.
func (o Overflow) Nobody(uid int) bool { return o.Namespaced && uid == o.UID }

// Groups returns gids without those that may stand for any group.
func (o Overflow) Groups(gids []int) (known []int) {
	for _, id := range gids {
		if !o.Namespaced || id != o.GID {
			known = append(known, id)
		}
	}
	return known
}

// CurrentOverflow returns the ids of this process's namespace. Systems without
// /proc have no user namespaces.
func CurrentOverflow() Overflow {
	uids, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return Overflow{}
	}
	gids, _ := os.ReadFile("/proc/self/gid_map")
	if mapsAll(string(uids)) && mapsAll(string(gids)) {
		return Overflow{}
	}
	return Overflow{
		Namespaced: true,
		UID:        numberIn("/proc/sys/kernel/overflowuid"),
		GID:        numberIn("/proc/sys/kernel/overflowgid"),
	}
}

// mapsAll reports whether a uid_map maps every id, like that of the initial
// namespace: "0 0 4294967295".
func mapsAll(text string) bool {
	f := strings.Fields(text)
	return len(f) == 3 && f[0] == "0" && f[2] == "4294967295"
}

func numberIn(file string) int {
	const usual = 65534
	text, err := os.ReadFile(file)
	if err != nil {
		return usual
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return usual
	}
	return n
}
