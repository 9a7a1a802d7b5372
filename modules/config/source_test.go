package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestLayersFromWeakToStrong(t *testing.T) {
	dir := t.TempDir()
	main := write(t, filepath.Join(dir, "todo.yaml"), "http: {addr: file, gen: 1, headers: {a: file, b: file}}\n")
	write(t, filepath.Join(dir, "todo.d", "10.yaml"), "http: {headers: {b: ten, c: ten}, gen: 10}\n")
	write(t, filepath.Join(dir, "todo.d", "20.json"), `{"http": {"headers": {"c": "twenty"}}}`)
	write(t, filepath.Join(dir, "todo.d", "30.yaml~"), "not read")
	write(t, filepath.Join(dir, "todo.d", ".40.yaml.swp.yaml"), "not read")
	flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
	flags.String("http.addr", "unused default", "")
	flags.Int("http-gen", 0, "")
	flags.StringSlice("http.hosts", nil, "")
	flags.StringToString("http.headers", nil, "")

	steps := []struct {
		name  string
		env   []string
		args  []string
		check func(*web) (got, want string)
	}{
		{"drop-ins over the file", nil, nil, func(w *web) (string, string) {
			return w.Addr + w.Headers["a"] + w.Headers["b"] + w.Headers["c"], "filefiletentwenty"
		}},
		{"environment over files", []string{"TODO_HTTP_ADDR=env"}, nil, func(w *web) (string, string) { return w.Addr, "env" }},
		{"flags over environment", []string{"TODO_HTTP_ADDR=env"}, []string{"--http.addr=flag"}, func(w *web) (string, string) { return w.Addr, "flag" }},
		{"dashed flags, lists and maps", nil, []string{"--http-gen=7", "--http.hosts=x,y", "--http.headers=z=1,y=2"}, func(w *web) (string, string) {
			return strings.Join(w.Hosts, "|") + w.Headers["y"] + w.Headers["z"] + string(rune('0'+w.Gen)), "x|y217"
		}},
	}
	for _, s := range steps {
		if err := flags.Parse(s.args); err != nil {
			t.Fatal(err)
		}
		w, _, err := loadWeb(Source{Name: "todo", Files: []string{main}, Environ: append(s.env, "X=y"), Flags: flags})
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
		} else if got, want := s.check(w); got != want {
			t.Errorf("%s: got %q, want %q", s.name, got, want)
		}
	}
}

func TestWhichFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"flag.yaml", "env.yaml", "env2.yaml", "given.yaml", "todo.yaml", "todo.json"} {
		write(t, name, `{"http": {"addr": "`+name+`"}}`)
	}
	given := func() *pflag.FlagSet {
		fs := pflag.NewFlagSet("t", pflag.ContinueOnError)
		fs.String("config", "default.yaml", "")
		return fs
	}
	flagged := given()
	_ = flagged.Parse([]string{"--config=flag.yaml"})
	list := pflag.NewFlagSet("t", pflag.ContinueOnError)
	list.StringSlice("config", nil, "")
	_ = list.Parse([]string{"--config=env.yaml", "--config=env2.yaml"})
	env := "TODO_CONFIG_FILE=env.yaml"

	tests := []struct {
		name string
		src  Source
		want string
	}{
		{"flag first", Source{Flags: flagged, Environ: []string{env}, Files: []string{"given.yaml"}}, "flag.yaml"},
		{"several flags", Source{Flags: list}, "env2.yaml"},
		{"then environment", Source{Flags: given(), Environ: []string{env}, Files: []string{"given.yaml"}}, "env.yaml"},
		{"several in the environment", Source{Environ: []string{env + string(os.PathListSeparator) + "env2.yaml"}}, "env2.yaml"},
		{"then the program's", Source{Files: []string{"given.yaml"}}, "given.yaml"},
		{"then the working directory", Source{}, "todo.yaml"},
		{"empty names are none", Source{Environ: []string{"TODO_CONFIG_FILE=" + string(os.PathListSeparator)}, Files: []string{""}}, "todo.yaml"},
		{"missing and optional", Source{Files: []string{"none.yaml"}, Optional: true}, ":8080"},
		{"another name finds nothing", Source{Name: "other"}, ":8080"},
	}
	for _, tt := range tests {
		if tt.src.Name == "" {
			tt.src.Name = "todo"
		}
		w, _, err := loadWeb(tt.src)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if w.Addr != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, w.Addr, tt.want)
		}
	}

	_, _, err := loadWeb(Source{Name: "todo", Environ: []string{"TODO_CONFIG_FILE=none.yaml"}})
	if err == nil || !strings.Contains(err.Error(), "none.yaml: does not exist (named by env TODO_CONFIG_FILE)") {
		t.Errorf("got %v, want the missing file and what named it", err)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	file := file(t, "token", "hunter2\n")
	creds := t.TempDir()
	write(t, filepath.Join(creds, "http.token"), "hunter3")
	tests := []struct {
		name, want, fail string
		env              []string
	}{
		{name: "text", env: []string{"APP_HTTP_TOKEN=hunter1"}, want: "hunter1"},
		{name: "file", env: []string{"APP_HTTP_TOKEN_FILE=" + file}, want: "hunter2"},
		{name: "credential", env: []string{"CREDENTIALS_DIRECTORY=" + creds}, want: "hunter3"},
		{name: "environment over credential", env: []string{"CREDENTIALS_DIRECTORY=" + creds, "APP_HTTP_TOKEN=hunter1"}, want: "hunter1"},
		{name: "both", env: []string{"APP_HTTP_TOKEN=a", "APP_HTTP_TOKEN_FILE=" + file}, fail: "is set together with APP_HTTP_TOKEN_FILE"},
		{name: "missing", env: []string{"APP_HTTP_TOKEN_FILE=/none"}, fail: "env APP_HTTP_TOKEN_FILE: http.token: /none does not exist"},
		{name: "only for secrets", env: []string{"APP_HTTP_ADDR_FILE=" + file}, want: ""},
	}
	for _, tt := range tests {
		w, _, err := loadWeb(Source{Name: "", Environ: append(tt.env, "X=y")})
		switch {
		case tt.fail != "":
			if err == nil || !strings.Contains(err.Error(), tt.fail) {
				t.Errorf("%s: got %v, want %q in it", tt.name, err, tt.fail)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case w.Token.Reveal() != tt.want:
			t.Errorf("%s: got %q, want %q", tt.name, w.Token.Reveal(), tt.want)
		}
	}
}

func TestFileRefIsRelativeToTheFileThatNamesIt(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "c.yaml"), "http: {tls: {cert_file: pki/cert.pem}}")
	write(t, filepath.Join(dir, "pki", "cert.pem"), "PEM")
	w, _, err := loadWeb(Source{Files: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(w.TLS.Cert.Bytes()), "PEM"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := w.TLS.Cert.Path(), filepath.Join(dir, "pki", "cert.pem"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	write(t, path, "http:\n  tls: {cert_file: gone.pem}")
	_, _, err = loadWeb(Source{Files: []string{path}})
	if want := "c.yaml:2:9: http.tls.cert_file: " + filepath.Join(dir, "gone.pem") + " does not exist"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in it", err, want)
	}
}
