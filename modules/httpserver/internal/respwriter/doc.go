// Package respwriter has what stands before net/http's writer of a response where
// that is needed: to say goodbye with a final response that the connection cannot
// say it for, and to give away the raw connection. Both leave everything else the
// writer can do within reach.
package respwriter
