package stream

import "encoding/binary"

// Opcodes of WebSocket frames (RFC 6455, 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPong         = 0xa

	finBit, reservedBits, rsv1, opBits = 0x80, 0x30, 0x40, 0x0f
	maskBit, lengthBits                = 0x80, 0x7f
	maxControl                         = 125
	maxFrameHead                       = 14
)

// frame is the content of the head of a WebSocket frame.
type frame struct {
	fin    bool
	op     byte
	masked bool
	size   uint64 // of the frame, its head included; 0 if more bytes are needed
	wrong  bool   // no library accepts it
}

// parseFrame parses the head of the frame that b begins with.
func parseFrame(b []byte) frame {
	if len(b) < 2 {
		return frame{}
	}
	f := frame{fin: b[0]&finBit != 0, op: b[0] & opBits, masked: b[1]&maskBit != 0}
	head, n := uint64(2), uint64(b[1]&lengthBits)
	if f.masked {
		head += 4
	}
	switch n {
	case 126:
		if len(b) < 4 {
			return f
		}
		head, n = head+2, uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 10 {
			return f
		}
		head, n = head+8, binary.BigEndian.Uint64(b[2:])
	}
	f.size = head + n
	f.wrong = n > 1<<63-1-maxFrameHead || b[0]&reservedBits != 0 ||
		f.op > opBinary && f.op < opClose || f.op > opPong ||
		f.control() && (!f.fin || n > maxControl || b[0]&rsv1 != 0)
	return f
}

// control reports whether the frame may stand between the frames of a message.
func (f frame) control() bool { return f.op >= opClose }
