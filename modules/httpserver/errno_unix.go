//go:build unix

package httpserver

import (
	"errors"
	"syscall"
)

func kindOf(err error) listenProblem {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return portTaken
	case errors.Is(err, syscall.EACCES):
		return portPrivileged
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return notOurAddress
	case errors.Is(err, syscall.ECONNREFUSED):
		return nobodyListens
	}
	return otherProblem
}
