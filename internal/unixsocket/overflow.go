package unixsocket

import (
	"os"
	"strconv"
	"strings"
)

// In a user namespace every user and group without a mapping has the overflow id,
// 65534 by default (user_namespaces(7)): such an id is anybody, and may be the
// number as which the service itself runs. So it is nobody here.

// Overflow are the overflow ids where they stand for anybody. Without a user
// namespace they are ordinary ids.
type Overflow struct {
	Namespaced bool
	UID, GID   int
}

// Nobody reports whether uid stands for anybody.
func (o Overflow) Nobody(uid int) bool { return o.Namespaced && uid == o.UID }

// Groups takes out of gids what stands for anybody.
func (o Overflow) Groups(gids []int) (known []int) {
	for _, id := range gids {
		if !o.Namespaced || id != o.GID {
			known = append(known, id)
		}
	}
	return known
}

// CurrentOverflow reads the ids of this process's namespace. Systems without
// /proc have no user namespaces.
func CurrentOverflow() Overflow {
	uids, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return Overflow{}
	}
	gids, _ := os.ReadFile("/proc/self/gid_map")
	return Overflow{
		Namespaced: !mapsAll(string(uids)) || !mapsAll(string(gids)),
		UID:        numberIn("/proc/sys/kernel/overflowuid"),
		GID:        numberIn("/proc/sys/kernel/overflowgid"),
	}
}

// mapsAll reports whether a uid_map has every id there is, as that of the first
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
