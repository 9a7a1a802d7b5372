package wire

import (
	"time"

	"github.com/gracefulfx/graceful/app"
)

// The bodies of messages. Unknown fields are ignored, so that a later release can
// add fields without a new version of the protocol.
type (
	// HelloBody is the body of HELLO.
	HelloBody struct {
		PID        int  `json:"pid"`        // of the old process
		Generation int  `json:"generation"` // of the new one
		Files      int  `json:"files"`      // how many follow
		Check      bool `json:"check,omitempty"`
	}

	// FilesBody is the body of FILES: one entry for each descriptor.
	FilesBody struct {
		Files []File `json:"files"`
	}

	// ReadyBody is the body of READY: what the new process can take.
	ReadyBody struct {
		Adopts []string            `json:"adopts,omitempty"` // servers that take connections
		Takes  map[string][]string `json:"takes,omitempty"`  // kinds of STATES, by server
		Hears  bool                `json:"hears,omitempty"`  // REPORT
	}

	// TextBody is the body of FAILED and ABORT.
	TextBody struct {
		Text string `json:"text"`
	}

	// HealthBody is the body of HEALTH.
	HealthBody struct {
		OK   bool   `json:"ok"`
		Text string `json:"text,omitempty"`
	}

	// ConnsBody is the body of CONNS: one entry for each descriptor.
	ConnsBody struct {
		Servers []string `json:"servers"` // of each connection
	}

	// AckBody is the body of ACK: the new process holds the first K connections,
	// except those of STATES that it refuses, given by their index.
	AckBody struct {
		K       int   `json:"k"`
		Refused []int `json:"refused,omitempty"`
	}

	// ReportBody is the body of REPORT: either the history of a part of the
	// program, or what the old process waits for.
	ReportBody struct {
		Part    string `json:"part,omitempty"`
		History []byte `json:"history,omitempty"`
		Waiting string `json:"waiting,omitempty"`
	}

	// DoneBody is the body of DONE: what became of the connections of the old
	// process, and of the upgrade.
	DoneBody struct {
		app.Connections
		By   string        `json:"by,omitempty"`
		Took time.Duration `json:"took_ns,omitempty"`
	}
)

// File describes one descriptor that the new process inherits.
type File struct {
	Name    string   `json:"name"`
	Kind    FileKind `json:"kind"`
	Network string   `json:"network,omitempty"` // as requested
	Address string   `json:"address,omitempty"` // as requested
	Bound   string   `json:"bound,omitempty"`   // the actual address
	Shared  bool     `json:"shared,omitempty"`  // the service manager holds it too
	Extra   bool     `json:"extra,omitempty"`   // the service manager has it beyond the server's addresses
}

// FileKind is what an inherited descriptor is.
type FileKind string

// The kinds of descriptors.
const (
	Listener FileKind = "listener"
	Packet   FileKind = "packet"
	Other    FileKind = "file"
)
