package admin

import (
	"net/http"
)

type page struct{}

func newPage() *page { return &page{} }

func (p *page) ServeHTTP(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }
