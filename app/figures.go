package app

// A Figure is one number of a part of the program as of now, named for a
// metrics system: the name ends in the unit, seconds or bytes, and that of a
// Total in "_total". Labels are name and value, alternating.
type Figure struct {
	Name   string   `json:"name"`
	Help   string   `json:"help,omitempty"`
	Labels []string `json:"labels,omitempty"`
	Value  float64  `json:"value"`
	Total  bool     `json:"total,omitempty"` // it only ever grows (a counter)
}

// AddFigures registers a function that returns figures. It is called by
// whoever shows them, from any goroutine and perhaps every second: it must be
// cheap and must not block.
func (a *App) AddFigures(from func() []Figure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.figures = append(a.figures[:len(a.figures):len(a.figures)], from)
}

// Figures returns the figures of every part that has some, in the order in
// which they were registered. A function that panics has none.
func (a *App) Figures() (all []Figure) {
	a.mu.Lock()
	sources := a.figures
	a.mu.Unlock()
	for _, from := range sources {
		all = append(all, ask(from)...)
	}
	return all
}

func ask[T any](from func() []T) (list []T) {
	defer func() { _ = recover() }()
	return from()
}
