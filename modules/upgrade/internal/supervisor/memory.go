package supervisor

import "runtime/debug"

// giveBackMemory returns memory to the system that the start of the program has
// used and the supervisor does not need.
func giveBackMemory() {
	debug.SetGCPercent(20)
	debug.FreeOSMemory()
}
