// Package tlsmove moves the server's side of a TLS connection from one process to
// another, without the client noticing.
//
// A [Session] is such a connection. It is either a [*Tapped], which crypto/tls
// serves from the handshake on, or a [*Conn], which continues a connection of
// another process:
//
//	          Server                 Export, Encode
//	socket ───────────► *Tapped ─────────────────────► bytes
//	                                                     │ another process,
//	          Continue            Decode                 │ with the socket
//	socket ───────────► *Conn ◄──────────────────────────┘
//	                      └── Export, Encode ─► and so on
//
// The rules:
//
//   - Nothing here looks inside crypto/tls. The secrets come from a KeyLogWriter
//     of each connection, the sequence numbers from the records that pass below
//     it. [Check] tries that once, and where it fails nothing should move.
//   - Export returns a state only if it is certain: both directions stand between
//     two records, and the records carried exactly the bytes which crypto/tls took
//     and gave. So padding, a key update in pieces or plaintext that nobody has
//     read yet make an error, never a wrong state.
//   - Export changes nothing. A connection whose state was exported goes on as if
//     it was not, as long as nobody else reads from or writes to the socket.
//   - Secrets are copied on export, so that the copy that was sent can be zeroed.
//   - [Continue] accepts only what the configuration would accept in a handshake.
//
// TLS 1.2 and 1.3 with AES-GCM move. ChaCha20-Poly1305 does not: the standard
// library does not export it, and golang.org/x/crypto would be a module more.
// CBC suites do not, nor does anything in FIPS 140-3 mode, where AES-GCM must
// choose its nonces itself.
package tlsmove
