// Package apptest is to graceful what fxtest is to fx: it runs the real application
// inside a test.
//
//	x := apptest.New(t, graceful.Name("todo"), fx.Provide(newHandler)).Start()
//	resp, err := x.Client().Get(x.URL("http") + "/hello")
//	...
//	x.Signal(syscall.SIGTERM)
//	report := x.Wait()
//
// [New] builds the application, [NewCore] one on graceful.Core, and [Config] is its
// configuration file, which the test may edit. The methods of [App] send signals,
// wait and stop.
//
// Signals are fake, servers listen on a free port of 127.0.0.1, the log goes to the
// log of the test, and a forced exit is recorded instead of performed. When the
// test ends, the application is stopped if it still runs, and any goroutine or file
// that it has left behind fails the test.
//
// Tests may be parallel. Methods that wait do so for a minute, and then fail the
// test. Methods that can fail the test must be called on its goroutine, like
// [testing.T.FailNow]; those of *app.App may be called on any.
//
// The page for applications:
// https://github.com/gracefulfx/graceful/blob/main/docs/testing.md
package apptest
