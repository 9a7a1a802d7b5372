// Package proc starts, watches and ends the servers. Whatever it starts, and
// whatever those start, is a child of this process and ended by its id. It is
// there on Linux only.
package proc
