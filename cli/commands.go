package cli

import (
	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful"
)

// command is one line of the overview.
type command struct {
	name, args, short string
	long              string
	maxArgs           int  // arguments
	online            bool // asks the running process
	settings          bool // shows the settings as flags in its help
	endless           bool // until Ctrl-C, if there is no --timeout
	flags             func(*pflag.FlagSet)
	run               func(*call) int
}

// Command describes one of these commands to a program that mounts it among others.
// Run runs it.
type Command struct {
	Name  string // the first argument for Run
	Args  string // what may follow, such as "[FILE]"
	Short string // one line
}

// Commands returns all commands of Run.
func Commands() (all []Command) {
	for _, c := range commands() {
		all = append(all, Command{c.name, c.args, c.short})
	}
	return all
}

// commands is the table of all commands, run first.
func commands() []command {
	return []command{
		{name: "run", short: "start and serve", settings: true, run: runApp,
			long: "Starts the application and blocks until it has ended. Its exit code is 0 for a\nclean stop, 1 for a failure, 128+n when signal n forced it."},
		{name: "check", args: "[FILE]", maxArgs: 1, short: "read the configuration as a start would", online: true, settings: true, run: check,
			long: "Reads the configuration, and checks that the program's parts fit together.\nNothing is started, so it cannot know whether a port is free or a database\nanswers. With FILE that file is read instead; without, a running process that\nreads another one is named."},
		{name: "status", short: "what the running process does and waits for", online: true, run: status, flags: func(fs *pflag.FlagSet) {
			fs.BoolP("watch", "w", false, "keep showing it, also through an upgrade")
		}},
		{name: "config", args: "show|diff|history|sample|schema", maxArgs: 1, short: "settings: in force, on disk, before, possible", online: true, run: configuration,
			flags: func(fs *pflag.FlagSet) {
				fs.Bool("offline", false, "show: what a start would use, instead of asking the running process")
			},
			long: "show     every setting in force, and where it comes from\ndiff     what a reload would change\nhistory  what the last reloads changed\nsample   a configuration file with every setting, its default and its meaning\nschema   a JSON Schema of the file, for editors"},
		{name: "reload", short: "read the configuration again", online: true, run: reload, flags: func(fs *pflag.FlagSet) {
			fs.Bool("dry-run", false, "only say what would change")
			fs.String("if-match", "", "only if the configuration in force has this hash")
			fs.Bool("wait", true, "wait for the outcome; it always does")
			_ = fs.MarkHidden("wait")
		}, long: "Blocks for the outcome. A configuration with a mistake changes nothing."},
		{name: "upgrade", short: "hand over to a new process", online: true, run: operation("/v1/upgrade"),
			long: "Blocks until the successor serves or has failed; a failure changes nothing."},
		{name: "drain", short: "stop, and wait for the last request", online: true, run: operation("/v1/drain")},
		{name: "stop", short: "stop, and wait for the end", online: true, run: stop, flags: func(fs *pflag.FlagSet) {
			fs.Bool("now", false, "do not wait for clients")
		}},
		{name: "do", args: "[NAME [KEY=VALUE ...]]", maxArgs: 1 << 10, short: "run a command of the application, or list them", online: true, run: do,
			long: "Without NAME, lists what the running process can do, and the arguments that each\ntakes. With one, runs it there and waits for the outcome; --timeout ends\nonly the waiting. One command runs at a time."},
		{name: "page", short: "show all of this in a browser", online: true, endless: true, run: page, flags: func(fs *pflag.FlagSet) {
			fs.Uint16("port", 0, "port of 127.0.0.1 to listen on; 0 is any")
			fs.Bool("look", false, "a page without buttons that change something")
		}, long: "Prints an address to open, and serves the page there until Ctrl-C. The address\ncontains a token: everybody who has it may do what you may do. The page lives through\nupgrades and restarts of the process, and ends with this command."},
		{name: "profile", args: "[cpu|heap|goroutine|allocs|block|mutex|threadcreate|trace]", maxArgs: 1, short: "save a profile of the running process", online: true, endless: true, run: profile, flags: profileFlags,
			long: "For go tool pprof; trace is for go tool trace. A profile shows the memory, so it\nis not for members of admin.readers."},
		{name: "graph", short: "the parts of the program, and what they need", online: true, run: parts, flags: graphFlags},
		{name: "timeline", short: "every step of start and stop", online: true, run: timeline},
		{name: "events", short: "what has happened, over generations", online: true, run: events, flags: eventFlags,
			long: "Prints the journal of the process and of its predecessors: the time, the\ngeneration, the level, and what happened."},
		{name: "log-level", args: "[debug|info|warn|error]", maxArgs: 1, short: "show or change the level of the log", online: true, run: logLevel,
			long: "The change lasts until the configuration changes log.level, or the process ends."},
		{name: "version", short: "what this binary was built from", run: version, flags: versionFlags},
		{name: "completion", args: "bash|zsh|fish", maxArgs: 1, short: "a script that completes commands and flags", run: completion},
	}
}

func runApp(c *call) int {
	return graceful.RunContext(c.ctx, append(c.opts[:len(c.opts):len(c.opts)], withFlags(c.flags))...)
}
