//go:build unix

package leadertest

import "syscall"

// What the tests send to candidates.
const (
	stopSignal     = syscall.SIGTERM
	pauseSignal    = syscall.SIGSTOP
	continueSignal = syscall.SIGCONT
	upgradeSignal  = syscall.SIGUSR2
)

const hasSignals = true
