package listener

import (
	"errors"

	"golang.org/x/sys/windows"
)

func kindOf(err error) problem {
	switch {
	case errors.Is(err, windows.WSAEADDRINUSE):
		return portTaken
	case errors.Is(err, windows.WSAEACCES):
		return portPrivileged
	case errors.Is(err, windows.WSAEADDRNOTAVAIL):
		return notOurAddress
	}
	return otherProblem
}
