//go:build unix

package listener

import (
	"errors"
	"syscall"
)

func kindOf(err error) problem {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return portTaken
	case errors.Is(err, syscall.EACCES):
		return portPrivileged
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return notOurAddress
	}
	return otherProblem
}
