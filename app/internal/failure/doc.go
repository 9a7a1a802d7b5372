// Package failure decides which ends of a background task are failures, and how
// long the task waits after one.
package failure
