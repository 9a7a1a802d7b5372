// Package guard calls functions of users, which may panic or call runtime.Goexit:
// either way an error comes back. It exists because the plan, tasks, commands,
// signals, reloads and the watchdog all do that.
package guard

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrGoexit is the error of a function that called runtime.Goexit;
// testing.T.FailNow is the usual way to do so.
var ErrGoexit = errors.New("called runtime.Goexit instead of returning")

// Call runs fn on another goroutine, since Goexit would end the caller's, and waits
// for it. A panic is an error, see Panic.
func Call(fn func() error) error {
	result := make(chan error, 1)
	go func() {
		err := ErrGoexit
		defer func() {
			if v := recover(); v != nil {
				err = Panic(v)
			}
			result <- err
		}()
		err = fn()
	}()
	return <-result
}

// Panic makes an error of a recovered value, such that errors.Is and As see
// through to a value that is an error. Called by the deferred function that
// recovered, it keeps the stack of the panic, see [Stack].
func Panic(v any) error {
	err, ok := v.(error)
	if ok {
		err = fmt.Errorf("panic: %w", err)
	} else {
		err = fmt.Errorf("panic: %v", v)
	}
	return Traced(err, string(debug.Stack()))
}
