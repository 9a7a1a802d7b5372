package process

// The descriptors of a new process.
const (
	lastStandardFD = 2
	// successorFD is the descriptor of the connection in a new process.
	successorFD = lastStandardFD + 1
	// supervisorFD is the descriptor of the pipe to the supervisor in a successor.
	supervisorFD = successorFD + 1
)
