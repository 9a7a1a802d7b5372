package admin

import (
	"net/http"
	"slices"

	"github.com/gracefulfx/graceful/app"
)

// commands answers with the commands that the process handles, by name.
func (s *Server) commands() []app.CommandInfo {
	return append([]app.CommandInfo{}, s.app.Wiring().Commands()...)
}

// info describes a command, the zero value one that nothing handles.
func (s *Server) info(name string) app.CommandInfo {
	all := s.commands()
	if i := slices.IndexFunc(all, func(i app.CommandInfo) bool { return string(i.Name) == name }); i >= 0 {
		return all[i]
	}
	return app.CommandInfo{}
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
	s.ops.serveArgs(w, r, name, s.info(name).Beside, body.Args, s.command(app.Command(name), body.Args))
}
