package app

// Generation counts the processes that handed their sockets on to one
// another: 1 for one that was started afresh.
func (a *App) Generation() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(a.generation, 1)
}
