// Package journal sends the log of a graceful application to the journal of systemd
// with its fields, so that they can be searched for:
//
//	graceful.Run(
//		graceful.Name("todo"),
//		fx.Provide(newHandler),
//		journal.Module,
//	)
//
//	journalctl -t todo USER=anna
//	journalctl -t todo LOGGER=http -p warning -o verbose
//
// It is used where standard error is the journal's stream (JOURNAL_STREAM,
// systemd.exec(5)), as in a unit; elsewhere lines go to standard error as without
// it. Levels, the lines that the page shows and the count of lost ones stay as they
// are.
//
// # An entry
//
// MESSAGE is the text with its fields behind it, as a person reads it; PRIORITY is
// that of the level. Each field becomes a field of the journal: its name in
// capitals, with _ for anything that is neither a letter nor a digit, after the
// names of the objects that hold it (http.addr is HTTP_ADDR). LOGGER, CODE_FILE,
// CODE_LINE and STACK are the log's own. A name that means something else to the
// journal, such as UNIT, or that it would not take, begins with FIELD_.
// SYSLOG_IDENTIFIER is the name of the application.
//
// With log.format: console there are no fields: the line is the message, of
// priority info.
//
// # What can go wrong
//
// A line that the journal does not take goes to standard error, with its priority.
// A journal that is there and does not read holds up the line, as it does on its
// stream; a stop ends within its budget nevertheless.
//
// Anything that is not a line of the log stays on the stream: panics, the last
// words of a process that is forced to end, and what the application prints itself.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/operating.md#under-systemd
package journal
