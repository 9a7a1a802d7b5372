// Package resting waits for bytes on many sockets at once, without a goroutine, a
// buffer or a timer for any of them. It exists because net/http keeps all three for
// each connection that waits for its next request, about 20 kB.
package resting
