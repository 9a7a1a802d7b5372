// Package unixsocket holds the rules of unix sockets that have a file: how the
// file is made, replaced when the process that made it has died, and removed;
// and what the kernel says about the process at the other end. It exists because
// the admin API, HTTP servers and upgrades all follow them.
//
// The rules:
//   - A file is replaced only if nobody listens there: a connection is refused, and
//     the file is still the same after that. What is no socket stays.
//   - The file is looked at and removed under a lock, so that of two processes
//     that start at once neither removes the other's new file.
//   - The lock is a file that only this user can open. No other user can hold it,
//     unlike a lock on the directory, which everybody can take who may read it.
//   - A file is removed at the end only if it is still the one that was made.
package unixsocket
