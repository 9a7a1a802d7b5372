// Package config holds the settings of a program: read once, checked as a whole,
// and changed while the program runs.
//
// A part of the program declares its section and gets a [Value]:
//
//	type HTTP struct {
//		Addr    string        `config:"addr" reload:"restart" doc:"listen address"`
//		Timeout time.Duration `config:"read_timeout" doc:"for a whole request"`
//	}
//
//	config.Section[HTTP]("http", config.Default(func() HTTP {
//		return HTTP{Addr: ":8080"}
//	}))
//
//	func newServer(cfg *config.Value[HTTP]) *Server { ... cfg.Get().Timeout ... }
//
// The settings come from files (YAML, TOML, JSON), the environment
// (TODO_HTTP_READ_TIMEOUT) and flags (--http.read_timeout); see [Source].
// Everything is strict: an unknown key, a duration without a unit, a number
// that does not fit are errors, and all of them are reported at once, with file
// and line.
//
// A reload is a transaction. Whatever requests it (a signal, a changed file, an
// operator), it is all or nothing: either the new configuration is free of
// problems, every subscriber ([OnReload]) accepts it and all of it takes effect, or
// all of the last good one stays in force. The answer is a [Report].
//
// What it does not do: it does not notice changes of the environment of the running
// process, and it does not write files. Code of the application that is called
// during a reload must not request another one and wait for it.
//
// # For operators
//
//   - "unknown key" for a key that was right yesterday: it belongs to a module that
//     is no longer part of the program.
//   - "is empty" or "holds no setting": an empty file is what a broken save looks
//     like; write a section without settings to mean the defaults.
//   - a setting is reported as pending: it changes only on restart, and the value
//     before is still in force.
//   - nothing happens after a save: see the metric config_watch_mode, and check
//     whether the file is mounted by itself into a container; then its changes
//     cannot be seen.
//
// The page for operators:
// https://github.com/gracefulfx/graceful/blob/main/docs/operating.md#configuration
package config
