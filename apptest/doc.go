// Package apptest is to graceful what fxtest is to fx: it runs the real
// application in a test, and nothing of it outside.
//
//	x := apptest.New(t, graceful.Name("todo"), fx.Provide(newHandler)).Start()
//	resp, err := x.Client().Get(x.URL("http") + "/hello")
//	...
//	x.Signal(syscall.SIGTERM)
//	report := x.Wait()
//
// Signals are fake, servers listen on a free port of 127.0.0.1, the log goes
// to the test's, a forced exit is recorded instead of performed. When the test
// ends, the application is stopped if it still runs, and whatever goroutine or
// file it has left behind fails the test.
//
// Tests may be parallel. What must happen has a minute, and fails the test when
// that is over. Methods that can fail the test are for its own goroutine, as
// [testing.T.FailNow] is; those of *app.App are for any.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/testing.md
package apptest
