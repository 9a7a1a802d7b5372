// Package graceful gives an uber-go/fx application an ordered start, a stop
// that loses nothing it could keep, and a configuration that changes while it
// runs.
//
//	func main() {
//		graceful.Run(
//			graceful.Name("shop"),
//			fx.Provide(newHandler), // your http.Handler
//		)
//	}
//
// # How it is used
//
// [Module] is everything a new service needs; [Core] is for applications that
// bring their own *zap.Logger and *http.Server. Both work with fx.New(...).Run
// and fxtest.New as well as with [Run], which adds what only main can give:
// signals from the first instant, fx's own log kept quiet, and exact exit
// codes.
//
// Applications write ordinary fx.Lifecycle hooks. Package app says in which order
// they run, and adds what fx does not have: phases, tasks, reasons, a report.
//
// # What it promises
//
//   - Whatever has started is stopped, in reverse order, within one budget. A
//     hook that fails, panics or hangs is named, and the next one runs.
//   - A request that was received is answered: on SIGTERM the server drains
//     first and is shut down when it is empty.
//   - A configuration that is wrong in any point changes nothing; the last
//     good one stays in force, and every problem is named with file and line.
//   - The exit code is exact: 0 clean, 1 not clean or not started, 128+n forced
//     by signal n.
//
// # If you see
//
//   - "fx.StopTimeout Option should be passed to top-level App, not to
//     fx.Module": graceful.Module stands inside an fx.Module. Give it to fx.New.
//   - "givenTwiceModuleIsAlreadyPartOfGracefulModule ... already provided":
//     graceful.Module is given twice, or Module and Core are.
//   - "fx.Lifecycle already decorated": something else decorates fx.Lifecycle
//     at the root; fx allows one. See app.NativeHooks.
//   - "cannot provide *zap.Logger ... already provided": the application has its
//     own; give it to fx.Decorate instead of fx.Provide, or use Core. So it is with
//     *slog.Logger. [Run] and package cli say so.
//   - "cannot provide *http.Server ... already provided": the application has
//     its own; change the one of Module by httpserver.Tune, or use Core, and
//     httpserver.Manage to have yours drained. [Run] and package cli say so.
//
// All documents, in the order in which they are needed:
// https://github.com/gracefulfx/graceful/blob/main/docs/README.md
package graceful
