// Package stream has what a response or a WebSocket needs in order to go on in
// another process.
//
// A connection leaves with a [Record]: the head of its request, a fingerprint of
// the response's head if the client has it, and the handler's state. The process
// that takes it over gives net/http the same request again; the head that the
// handler then writes is compared with the one that the client has and swallowed,
// see [HeadFilter]. So routing, middleware and the response are net/http's on both
// sides.
//
// A WebSocket library reads ahead. [WebSocket] is below it and never lets a Read go
// past the end of a frame. So a library that waits between two messages holds
// nothing, and bytes that came after the frame stay in the WebSocket and go with
// it.
//
// Nothing here knows of processes, a server's sockets or the hand-over: the caller
// decides when readers are held and where a connection goes.
package stream
