package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
	"github.com/gracefulfx/graceful/modules/config/internal/override"
)

// MaxFileSize is the largest file that is read; a larger one is refused.
const MaxFileSize = 4 << 20

var _ = [1]struct{}{}[MaxFileSize-disk.MaxSize] // both are one

// A Source says where the configuration comes from. From weak to strong: defaults,
// a remote document, the files in their order, environment, flags.
//
// The files are the first of
//
//   - the flag --config, if Flags has one and it was given (a list, if it is of a
//     list type),
//   - $NAME_CONFIG_FILE, several separated like $PATH,
//   - Files,
//   - name.yaml, name.yml, name.toml or name.json in the working directory,
//
// each followed by the drop-ins *.yaml, *.yml, *.toml and *.json, in the order
// of their names, from the directory beside it with the same name and the extension
// ".d": todo.yaml, then todo.d/*. Files named in one of the first three ways must
// exist. Relative paths are relative to the working directory at the time of the
// first load.
type Source struct {
	Name     string         // name of the application; gives file name and prefix. Empty means "app"
	Files    []string       // explicit files; a later one overrides an earlier one
	Format   string         // of files without an extension: "yaml", "toml", "json"; empty means none
	Optional bool           // the explicit files may be missing, until they appear
	DropIns  string         // directory of the drop-ins, instead of the one beside each file
	Flags    *pflag.FlagSet // parsed flags; those that were given override everything. May be nil
	Environ  []string       // environment as from os.Environ; nil means that
	Remote   Remote         // a document from elsewhere, below the files. May be nil
	Asking   bool           // nothing starts: the settings say how to ask a running process; see Keeper
	Pending  Policy         // what to do with a change that needs a restart
	Manual   bool           // reload only when asked: the files are not watched
	Reads    []string       // environment variables that something else reads, which UnusedEnv does not list
}

// resolved is a Source whose choices are made, once for the life of a store.
type resolved struct {
	Source
	over  override.Sources
	base  string   // the working directory at first
	files []string // explicit files, from flag, environment or Files
	named string   // how they were named, for messages
}

// EnvPrefix returns the prefix of an application's environment variables:
// "TODO_LIST_" for "todo-list".
func EnvPrefix(name string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_", " ", "_").Replace(name)) + "_"
}

func (src Source) resolve() resolved {
	r := resolved{Source: src}
	if r.Name == "" {
		r.Name = "app"
	}
	r.over = override.Sources{Prefix: EnvPrefix(r.Name), Env: map[string]string{}, Flags: src.Flags}
	r.base, _ = os.Getwd() // without one relative paths are left to the system
	environ := src.Environ
	if environ == nil {
		environ = os.Environ()
	}
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok {
			r.over.Env[k] = v
		}
	}
	r.files, r.named = r.explicit()
	return r
}

// formatFlag returns the value of the flag --config-format, or "" if it was not
// given.
func (r resolved) formatFlag() string {
	if r.Flags == nil {
		return ""
	}
	f := r.Flags.Lookup("config-format")
	if f == nil || !f.Changed {
		return ""
	}
	return f.Value.String()
}

// format returns the format of a file, by its extension, or else by the flag
// --config-format, the environment or the program.
func (r resolved) format(path string) (string, *Problem) {
	named := cmp.Or(r.formatFlag(), r.over.Env[r.over.FormatVariable()], r.Format)
	ext := strings.ToLower(filepath.Ext(path))
	how := r.over.FormatVariable()
	if r.Flags != nil && r.Flags.Lookup("config-format") != nil {
		how = "--config-format or " + how
	}
	switch {
	case named != "" && !slices.Contains(document.Extensions, "."+named):
		return "", &Problem{File: path, Reason: fmt.Sprintf("format %q is not one of yaml, toml, json", named)}
	case slices.Contains(document.Extensions, ext):
		return ext[1:], nil
	case named != "":
		return named, nil
	case ext == "":
		return "", &Problem{File: path, Reason: "has no extension, which would name its format", Hint: "name it with " + how + ": yaml, toml or json"}
	}
	return "", &Problem{File: path, Reason: fmt.Sprintf("format %q is not one of %s", ext[1:], strings.Join(document.Extensions, ", ")),
		Hint: "if it is one of them nevertheless, name it with " + how}
}

// idleFormat returns the problem of a flag --config-format that contradicts the
// names of all files: it would be ignored.
func (r resolved) idleFormat(files []string) []Problem {
	flag := "." + r.formatFlag()
	if !slices.Contains(document.Extensions, flag) || len(files) == 0 {
		return nil
	}
	for _, path := range files {
		ext := strings.ToLower(filepath.Ext(path))
		if !slices.Contains(document.Extensions, ext) || strings.Replace(ext, "yml", "yaml", 1) == strings.Replace(flag, "yml", "yaml", 1) {
			return nil
		}
	}
	return []Problem{{File: files[0], Reason: fmt.Sprintf("its name says %s, and --config-format %s", filepath.Ext(files[0])[1:], flag[1:]),
		Hint: "leave the flag out, or rename the file"}}
}

// howToName says how to give a file to a program that runs without one.
func (r resolved) howToName() string {
	flag := ""
	if r.Flags != nil && r.Flags.Lookup("config") != nil {
		flag = "--config or "
	}
	return "name one with " + flag + r.over.FileVariable() + ", or create " + r.candidates()[0] + " in the working directory"
}

// explicit returns the files that were named, and how. An empty name does not
// count.
func (r resolved) explicit() (files []string, by string) {
	if r.Flags != nil {
		if f := r.Flags.Lookup("config"); f != nil && f.Changed {
			files, by = []string{f.Value.String()}, "on the command line"
			if list, ok := f.Value.(pflag.SliceValue); ok {
				files = list.GetSlice()
			}
		}
	}
	if files = nonEmpty(files); len(files) > 0 {
		return files, by
	}
	if files = nonEmpty(filepath.SplitList(r.over.Env[r.over.FileVariable()])); len(files) > 0 {
		return files, "by env " + r.over.FileVariable()
	}
	return nonEmpty(r.Files), ""
}

func nonEmpty(files []string) (out []string) {
	for _, f := range files {
		if f != "" {
			out = append(out, f)
		}
	}
	return out
}

// candidates returns the names to look for when no file was named.
func (r resolved) candidates() []string {
	names := make([]string, len(document.Extensions))
	for i, ext := range document.Extensions {
		names[i] = r.Name + ext
	}
	return names
}

// dropInDir returns the directory of the drop-ins of a file.
func (r resolved) dropInDir(file string) string {
	if r.DropIns != "" {
		return r.DropIns
	}
	return strings.TrimSuffix(file, filepath.Ext(file)) + ".d"
}

// documents lists the files to read now. It is not an error if none was named and
// none is found: then there are only defaults, environment and flags.
//
// had are the files in force. If one of them is missing, it is being saved or was
// lost: in neither case should its settings go back to the defaults, so it stays on
// the list. Only drop-ins may be removed.
func (r resolved) documents(in *disk.Inputs, had []string) (paths []string) {
	main := r.files
	paths, had = r.remoteDocument(in, had)
	if len(main) == 0 && len(had) > 0 && slices.Contains(r.candidates(), had[0]) {
		main = had[:1]
	}
	for _, name := range r.candidates() {
		if len(main) == 0 && in.Exists(name) {
			main = []string{name}
		}
	}
	var dirs []string
	for _, file := range main {
		if r.Optional && !slices.Contains(had, file) && !in.Exists(file) {
			continue
		}
		paths = append(paths, file)
		if _, err := in.Read(file); errors.Is(err, disk.ErrBlocks) {
			continue // what is beside it would block, too
		}
		if dir := r.dropInDir(file); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	if len(dirs) == 0 && r.DropIns != "" {
		dirs = []string{r.DropIns}
	}
	for _, dir := range dirs {
		for _, file := range in.DropIns(dir, had) {
			if !slices.Contains(paths, file) {
				paths = append(paths, file)
			}
		}
	}
	return paths
}

// remoteDocument returns the name of the remote document, if there is one, and
// those of had that are files.
func (r resolved) remoteDocument(in *disk.Inputs, had []string) (paths, files []string) {
	if r.Remote == nil {
		return nil, had
	}
	name := r.Remote.Name()
	got := r.readRemote()
	in.Files[filepath.Clean(name)] = got
	if slices.Contains(had, name) || !errors.Is(got.Err, fs.ErrNotExist) {
		paths = []string{name}
	}
	return paths, slices.DeleteFunc(slices.Clone(had), func(h string) bool { return h == name })
}

// readRemote returns the remote document, or, for a command that asks a running
// process, the one that is kept, if there is one.
func (r resolved) readRemote() (got disk.Input) {
	if k, ok := r.Remote.(Keeper); ok && r.Asking {
		if got.Data, got.Err = k.Kept(); got.Err == nil {
			return got
		}
	}
	got.Data, got.Err = r.Remote.Read()
	return got
}

// A Remote is a document that is not a file of this machine. It is part of the same
// transaction as the files, and these override it.
//
// An implementation notices changes and then requests [app.Reload]. During one
// load Read is called once; between two loads a Watcher calls it now and then.
type Remote interface {
	// Name returns what takes the place of a path in reports and messages; its
	// extension names the format: "etcd:/todo/config.yaml". It never changes.
	Name() string
	// Read returns the document to use now. The first call may wait for the
	// network, for as long as a start may; later ones must not. The error
	// fs.ErrNotExist means that there is none, which is not a problem unless there
	// was one before.
	Read() ([]byte, error)
}

// Keeper is a Remote whose documents are kept on this machine when they have come
// into force. A command that only asks a running process reads that one: it is what
// the process has, and no network is needed to know its socket.
type Keeper interface {
	Remote
	// Kept returns the document that is kept, or an error if there is none. It
	// does not wait for the network.
	Kept() ([]byte, error)
}
