package main

import "net/http"

// Status is what the badge of the page shows.
type Status struct{}

func (a *API) events(w http.ResponseWriter, r *http.Request) error { return nil }
