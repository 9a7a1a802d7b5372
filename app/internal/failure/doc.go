// Package failure says which end of a background task is a failure, and how long
// the task waits after it.
package failure
