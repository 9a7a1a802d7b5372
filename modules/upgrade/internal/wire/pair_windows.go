package wire

import (
	"errors"
	"net"
)

func socketPair() ([]int, error) { return nil, errors.ErrUnsupported }

func unixConn(int) (*net.UnixConn, error) { return nil, errors.ErrUnsupported }

func isUnixStream(int) bool { return false }

func isHangup(error) bool { return false }
