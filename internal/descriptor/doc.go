// Package descriptor turns connections into bare descriptors, and descriptors into
// connections. It exists because a descriptor can go to another process, and
// because it is all that an idle connection needs: a Go connection takes a third of
// a kilobyte more.
package descriptor
