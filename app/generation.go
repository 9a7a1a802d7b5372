package app

// Succeed tells that this process is the given generation, 2 or more, and that
// its predecessor is alive until gone is closed; tasks with Sole wait for
// that. To be called before Start, by whoever took over from the predecessor.
func (a *App) Succeed(generation int, gone <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.generation, a.alone = generation, gone
}

// Generation counts the processes that handed their sockets on to one
// another: 1 for one that was started afresh.
func (a *App) Generation() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(a.generation, 1)
}

// Commit tells everyone that the successor with this process id has taken over
// for good, just before the stop with a Reason of kind Replaced. It is for the
// module that carries out upgrades.
func (a *App) Commit(pid int) { a.emit(SuccessorCommitted{PID: pid}) }
