#include "textflag.h"

// func request(args *[6]uint64)
//
// The instructions are those of VALGRIND_DO_CLIENT_REQUEST in valgrind.h: they
// change nothing, and valgrind knows them.
TEXT ·request(SB), NOSPLIT, $0-8
	MOVQ args+0(FP), AX
	XORL DX, DX
	LONG $0x03c7c148 // rolq $3, %rdi
	LONG $0x0dc7c148 // rolq $13, %rdi
	LONG $0x3dc7c148 // rolq $61, %rdi
	LONG $0x33c7c148 // rolq $51, %rdi
	BYTE $0x48; BYTE $0x87; BYTE $0xdb // xchgq %rbx, %rbx
	RET
