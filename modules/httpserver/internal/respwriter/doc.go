// Package respwriter has writers around net/http's ResponseWriter. One says goodbye
// with the final response, where the connection cannot; one lets a handler take
// over the raw connection. Both keep everything else that net/http's writer can do.
package respwriter
