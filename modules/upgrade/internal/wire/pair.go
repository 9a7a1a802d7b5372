package wire

import "github.com/gracefulfx/graceful/internal/descriptor"

// Pair returns one end of a new connection, and the descriptor of the other end,
// which the caller must close. Both are close-on-exec.
func Pair() (ours *Conn, theirs int, err error) {
	fds, err := socketPair()
	if err != nil {
		return nil, -1, err
	}
	ours, err = FromFD(fds[0])
	if err != nil {
		descriptor.CloseAll(fds[1:])
		return nil, -1, err
	}
	return ours, fds[1], nil
}

// FromFD returns the end of a connection that fd is. It owns fd from now on.
func FromFD(fd int) (*Conn, error) {
	c, err := unixConn(fd)
	if err != nil {
		return nil, err
	}
	return &Conn{conn: c}, nil
}

// IsEnd reports whether fd can be an end of a connection: whether it is a unix
// stream socket.
func IsEnd(fd int) bool { return isUnixStream(fd) }

// IsHangup reports whether err means that the other side has closed its end.
func IsHangup(err error) bool { return isHangup(err) }
