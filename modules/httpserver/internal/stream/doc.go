// Package stream holds what a response or a WebSocket needs in order to live on
// in another process.
//
// A connection leaves with a [Record]: the head of its request, what of the
// response's head the client has, and the handler's state. The process that takes
// it over gives net/http the same request again; the head that the handler then
// writes is compared with the one that the client has and swallowed, see
// [HeadFilter]. So routing, middleware and the response are net/http's on both
// sides.
//
// A WebSocket library reads ahead. [WebSocket] stands below it and never lets a
// Read go past the end of a frame. A library that waits between two messages
// holds nothing, and what came beyond stays in the WebSocket and travels along.
//
// Nothing here knows processes, sockets of a server or the hand-over: those who
// use it say when readers are held and where a connection goes.
package stream
