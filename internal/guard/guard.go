// Package guard calls functions of the application, which may panic or call
// runtime.Goexit, and turns both into errors. It exists because the plan, tasks,
// commands, signals, reloads and the watchdog all need that.
package guard

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrGoexit is the error of a function that called runtime.Goexit;
// testing.T.FailNow is the usual way to do so.
var ErrGoexit = errors.New("called runtime.Goexit instead of returning")

// Call runs fn on another goroutine, since Goexit would end that of the caller, and
// waits for it. A panic becomes an error, see Panic.
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

// Panic turns a recovered value into an error; errors.Is and errors.As find a value
// that is an error. If the deferred function that recovered calls it, it keeps the
// stack of the panic, see [Stack].
func Panic(v any) error {
	err, ok := v.(error)
	if ok {
		err = fmt.Errorf("panic: %w", err)
	} else {
		err = fmt.Errorf("panic: %v", v)
	}
	return Traced(err, string(debug.Stack()))
}
