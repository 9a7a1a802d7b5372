// Package load is a client that notices every lost request, because it never
// sends one twice.
//
// Every request is a POST with a different body, which the response must
// repeat: a response that belongs to another request is noticed, too. Before a
// connection is used again the client looks into its socket, as a good client
// does; a FIN that has arrived already is legitimate, and not a failure. Whatever
// goes wrong after that check is a failure, described by where it happened (Phase),
// what happened (Kind), and whether the connection was new.
//
// There are three clients: raw sockets (plaintext or TLS), http.Client with a
// body that cannot be sent again, and HTTP/2.
package load
