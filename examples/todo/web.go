package main

import (
	"embed"
	"net/http"
)

//go:embed web
var web embed.FS

// pages serves the page: four embedded files, no build.
func pages(mux *http.ServeMux) {
	for path, file := range map[string]string{"{$}": "index.html", "app.js": "app.js", "app.css": "app.css", "icon.svg": "icon.svg"} {
		mux.HandleFunc("GET /"+path, func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			// Only our own files, and no HTML made from strings: a title that is
			// markup stays text.
			h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
				"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			// After an upgrade the next visit must see the new page.
			h.Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, web, "web/"+file)
		})
	}
}
