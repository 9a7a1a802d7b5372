package process

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// managers are the variables by which a service manager speaks to one process
// (sd_listen_fds(3)).
var managers = []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"}

// environment is that of a successor: this process's as it is now, without what is
// meant for this process only.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return name == successorEnv || slices.Contains(managers, name)
	})
	return append(env, successorEnv+"="+strconv.Itoa(successorFD))
}
