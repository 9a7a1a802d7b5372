//go:build !linux

package systemd

import (
	"errors"
	"net"
	"time"
)

const supported = false

func writeWith(*net.UnixConn, string, int) error { return errors.ErrUnsupported }

func monotonic() (time.Duration, bool) { return 0, false }

func pidfdInode(int) (uint64, bool) { return 0, false }

func errnoOf(error) int { return 0 }
