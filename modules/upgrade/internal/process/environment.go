package process

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// managers are the variables that a service manager sets for one process only
// (sd_listen_fds(3)).
var managers = []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"}

// environment returns the environment of a successor: this process's as it is now,
// without what is meant for this process only, and with the mark of their common
// supervisor.
func environment(s *Supervisor) []string {
	env := withoutVariables(os.Environ(), append([]string{successorEnv, supervisorEnv}, managers...)...)
	if s != nil {
		env = append(env, supervisorMark(s.PID, supervisorFD))
	}
	return append(env, successorEnv+"="+strconv.Itoa(successorFD))
}

// withoutVariables returns env without the variables of these names.
func withoutVariables(env []string, names ...string) []string {
	return slices.DeleteFunc(env, func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(names, name)
	})
}
