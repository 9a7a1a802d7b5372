package signals

// Endless returns the rows that make a process answer signals as one of
// fvbock/endless does, so that existing scripts keep working:
//
//	SIGHUP  → upgrade
//	SIGUSR1 → ignore
//	SIGUSR2 → hurry
//	SIGTSTP → ignore
//
// SIGINT and SIGTERM stop as they do here. Reloading the configuration is left to
// the file watcher and the admin API. The hooks PRE_SIGNAL and POST_SIGNAL of
// endless are Before and After, on these signals as on any other. Programs that
// used facebookgo/grace need no preset: SIGUSR2 upgrades by default.
//
// On Windows, which has none of these signals, there are no rows.
func Endless() Table { return endless() }
