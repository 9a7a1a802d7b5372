// Package respwriter has writers around net/http's writer of a response. One says
// goodbye with the final response, where the connection cannot; one gives away the
// raw connection. Both leave everything else within reach that net/http's can do.
package respwriter
