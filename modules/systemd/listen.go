package systemd

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// firstFD is the first inherited descriptor: the one after standard error.
const firstFD = 3

// unnamed is the name of a descriptor without one, as in
// sd_listen_fds_with_names(3).
const unnamed = "unknown"

// maxFDs is more than any process may have open by default. It keeps a senseless
// number from costing time.
const maxFDs = 1 << 20

// parseListen returns the names of the descriptors that were passed to process pid.
// None is not an error; a number or a list of names that makes no sense is.
// Variables for another process, such as a parent that did not clean up, are
// ignored.
func parseListen(e Env, pid int) (names []string, err error) {
	owner, count := e.get(listenPID), e.get(listenFDs)
	if owner == "" || count == "" {
		return nil, nil
	}
	n, err := strconv.ParseUint(owner, 10, 31)
	if err != nil || n == 0 {
		return nil, fmt.Errorf("%s=%q is not a process id", listenPID, owner)
	}
	if int(n) != pid {
		return nil, nil
	}
	fds, err := strconv.ParseUint(count, 10, 31)
	if err != nil || fds > maxFDs {
		return nil, fmt.Errorf("%s=%q is not a number of descriptors", listenFDs, count)
	}
	if fds == 0 {
		return nil, nil
	}
	list := e.get(listenNames)
	if list == "" {
		names = make([]string, fds)
		for i := range names {
			names[i] = unnamed
		}
		return names, nil
	}
	names = strings.Split(list, ":")
	if uint64(len(names)) != fds {
		return nil, fmt.Errorf("%s has %d names (%q) for the %d descriptors of %s", listenNames, len(names), list, fds, listenFDs)
	}
	for i, name := range names {
		if name == "" {
			names[i] = unnamed
			continue
		}
		if err := checkName(name); err != nil {
			return nil, fmt.Errorf("%s: %w", listenNames, err)
		}
	}
	return names, nil
}

// take returns what was passed to this process. It removes the variables, and the
// descriptors will not reach its children. If it fails, it has closed nothing, and
// the variables are as they were.
func take(e Env) ([]*descriptor, error) {
	names, err := parseListen(e, os.Getpid())
	if err != nil {
		return nil, fmt.Errorf("take over sockets: %w", err)
	}
	if len(names) == 0 {
		return nil, nil
	}
	fds, err := adopt(firstFD, names)
	if err != nil {
		return nil, fmt.Errorf("take over the %d descriptors of %s: %w", len(names), listenFDs, err)
	}
	e.unset(listenPID, listenPIDFDID, listenFDs, listenNames)
	return fds, nil
}
