package systemd

import (
	"fmt"
	"io"
	"net"
	"os"
)

// descriptor is a descriptor that was passed to the process. Exactly one of
// listener, packet and file is set.
type descriptor struct {
	name     string
	listener net.Listener
	packet   net.PacketConn
	file     *os.File // anything else that was stored or passed
}

func (d *descriptor) closer() io.Closer {
	switch {
	case d.listener != nil:
		return d.listener
	case d.packet != nil:
		return d.packet
	}
	return d.file
}

// String describes it for people.
func (d *descriptor) String() string {
	switch {
	case d.listener != nil:
		return fmt.Sprintf("%s %s", d.listener.Addr().Network(), d.listener.Addr())
	case d.packet != nil:
		return fmt.Sprintf("%s %s", d.packet.LocalAddr().Network(), d.packet.LocalAddr())
	}
	return "file " + d.file.Name()
}

// kind says what a descriptor can be used for.
type kind int

const (
	other     kind = iota // a file, a pipe, a connection
	listening             // a socket to accept from
	datagrams             // a socket to read packets from
)

// open makes a descriptor from a number, and owns the number from then on.
func open(fd int, k kind, name string) (*descriptor, error) {
	f := os.NewFile(uintptr(fd), name)
	d := &descriptor{name: name, file: f}
	var err error
	switch k {
	case listening:
		d.listener, err = net.FileListener(f) // a duplicate, not blocking and closed on exec
	case datagrams:
		d.packet, err = net.FilePacketConn(f)
	default:
		return d, nil
	}
	if err != nil {
		return d, nil // a family that package net does not support
	}
	d.file = nil
	return d, f.Close()
}
