package httpserver

import (
	"errors"

	"golang.org/x/sys/windows"
)

func kindOf(err error) listenProblem {
	switch {
	case errors.Is(err, windows.WSAEADDRINUSE):
		return portTaken
	case errors.Is(err, windows.WSAEACCES):
		return portPrivileged
	case errors.Is(err, windows.WSAEADDRNOTAVAIL):
		return notOurAddress
	case errors.Is(err, windows.WSAECONNREFUSED):
		return nobodyListens
	}
	return otherProblem
}
