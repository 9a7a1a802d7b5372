package systemd

import (
	"os"
	"strings"
)

// The variables that a service manager sets for a process.
const (
	notifySocket  = "NOTIFY_SOCKET"
	watchdogUsec  = "WATCHDOG_USEC"
	watchdogPID   = "WATCHDOG_PID"
	listenPID     = "LISTEN_PID"
	listenPIDFDID = "LISTEN_PIDFDID"
	listenFDs     = "LISTEN_FDS"
	listenNames   = "LISTEN_FDNAMES"
	fdStore       = "FDSTORE"
)

// Env is the source of the variables. The zero value is the environment of the
// process.
type Env struct {
	Lookup func(key string) (string, bool) // nil: os.LookupEnv
	Unset  func(key string) error          // nil: os.Unsetenv, or nothing if Lookup is not nil
}

// Clean returns env, in the form of os.Environ, without the variables that the
// service manager sets for this process alone. It is for children that must not
// notify the manager in the name of the service. It does not change env.
//
//	cmd.Env = systemd.Clean(os.Environ())
//
// A successor that takes over the service needs NOTIFY_SOCKET and
// WATCHDOG_USEC; do not clean its environment.
func Clean(env []string) []string {
	kept := make([]string, 0, len(env))
	for _, entry := range env {
		switch key, _, _ := strings.Cut(entry, "="); key {
		case notifySocket, watchdogUsec, watchdogPID, listenPID, listenPIDFDID, listenFDs, listenNames, fdStore:
		default:
			kept = append(kept, entry)
		}
	}
	return kept
}

// get returns the value of key, or "" if it is not set.
func (e Env) get(key string) string {
	if e.Lookup == nil {
		return os.Getenv(key)
	}
	v, _ := e.Lookup(key)
	return v
}

func (e Env) unset(keys ...string) {
	for _, key := range keys {
		switch {
		case e.Unset != nil:
			_ = e.Unset(key)
		case e.Lookup == nil:
			_ = os.Unsetenv(key) // fails only for an invalid name
		}
	}
}
