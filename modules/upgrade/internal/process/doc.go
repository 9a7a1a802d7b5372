// Package process is about programs and processes: what this one was given when
// it began, which program stands at its path now, and how a new process is
// started from it and watched. It knows nothing of sockets that are inherited, of
// connections, or of what the processes say to one another.
package process
