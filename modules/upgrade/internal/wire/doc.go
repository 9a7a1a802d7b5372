// Package wire is the protocol between two generations of a process: messages with
// descriptors, over a pair of connected unix stream sockets. Both sides of an
// upgrade use it; it decides nothing.
//
// One message is a header of 16 bytes and a body, of JSON in all but STATES:
//
//	0  'g' 'f'    magic
//	2  u8         version
//	3  u8         kind
//	4  u16        descriptors sent along with the first byte
//	6  u16        0
//	8  u32        sequence number, of CONNS or STATES and its ACK
//	12 u32        length of the body
//
// The header, FAILED and ABORT are the same in every version, so that a process
// that does not know the version of the other can still say so.
package wire
