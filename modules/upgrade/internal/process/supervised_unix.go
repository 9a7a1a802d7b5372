//go:build unix

package process

import (
	"os"

	"golang.org/x/sys/unix"
)

func pid() int { return os.Getpid() }

func write(fd int, line string) { _, _ = unix.Write(fd, []byte(line)) }

func closeOnExec(fd int) { unix.CloseOnExec(fd) }
