package e2e_test

import (
	"errors"
	"os"
)

func heedHangup() {}

func ignoringHangup() {}

// Windows has no signals to send; the scripts begin with [windows] skip.
func sendSignal(*os.Process, string) error { return errors.ErrUnsupported }
