//go:build unix

package signals

import "syscall"

func endless() Table {
	return Table{
		{Signal: syscall.SIGHUP, Action: Upgrade},
		{Signal: syscall.SIGUSR1, Action: Ignore},
		{Signal: syscall.SIGUSR2, Action: Hurry},
		{Signal: syscall.SIGTSTP, Action: Ignore},
	}
}
