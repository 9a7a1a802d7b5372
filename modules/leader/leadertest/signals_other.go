//go:build !unix

package leadertest

import "os"

// There are no signals here, and the tests are skipped.
var stopSignal, pauseSignal, continueSignal, upgradeSignal = os.Kill, os.Kill, os.Kill, os.Kill

const hasSignals = false
