package admin

import (
	"net/http"
	"slices"

	"github.com/gracefulfx/graceful/app"
)

// commands are what the process handles, by name.
func (s *Server) commands() []app.CommandInfo {
	return append([]app.CommandInfo{}, s.app.Wiring().Commands()...)
}

// do runs a command with arguments.
func (s *Server) do(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Args map[string]string `json:"args"`
	}
	if status, err := readBody(w, r, &body); err != nil {
		refuse(w, status, err)
		return
	}
	name := r.PathValue("name")
	beside := slices.ContainsFunc(s.commands(), func(i app.CommandInfo) bool { return string(i.Name) == name && i.Beside })
	s.ops.serveArgs(w, r, name, beside, body.Args, s.command(app.Command(name), body.Args))
}
