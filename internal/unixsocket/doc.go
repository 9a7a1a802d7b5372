// Package unixsocket holds the rules of unix sockets that have a file: how the
// file is made, replaced when the process that made it has died, and removed;
// and what the kernel says about the process at the other end. It exists because
// the admin API, HTTP servers and upgrades all follow them.
//
// The rules:
//   - A file is replaced only if no process listens there: a connection is refused,
//     and the file is still the same after that. A file that is not a socket stays.
//   - The file is checked and removed under a lock, so that of two processes that
//     start at once neither removes the other's new file.
//   - The lock is a file that only this user can open. No other user can hold it,
//     unlike a lock on the directory, which every user who may read the directory
//     can take.
//   - A file is removed at the end only if it is still the one that was created.
package unixsocket
