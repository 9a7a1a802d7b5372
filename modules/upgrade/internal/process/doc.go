// Package process is about programs and processes: what this one was given when it
// began, which program is at its path now, and how a new process is started from it
// and watched. It knows nothing of inherited sockets, of connections, or of the
// protocol between the processes.
package process
