package override

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// secretDirs returns the directories whose files are secrets named for their keys:
// that of the application, and that of systemd's credentials. The first that has a
// file wins.
func (s Sources) secretDirs() (dirs []string) {
	for _, dir := range []string{s.Env[s.secretsVariable()], s.Env["CREDENTIALS_DIRECTORY"]} {
		if dir != "" {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// credential looks for a file that is named like the key of a secret.
func (s Sources) credential(set Setting, in *disk.Inputs, out *Layer) *document.Node {
	for _, dir := range s.secretDirs() {
		if file := filepath.Join(dir, set.Name); in.Exists(file) {
			return secretFile(in, set, set.Name, file, document.Origin{Kind: "credential", Name: set.Name}, out)
		}
	}
	return nil
}

// secretFile reads a secret from a file that holds nothing else. A broken save
// leaves an empty file, so it cannot mean an empty secret, unless the setting
// allows that.
func secretFile(in *disk.Inputs, set Setting, key, file string, at document.Origin, out *Layer) *document.Node {
	data, err := in.Read(file)
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if err == nil && text == "" && !set.AllowEmpty {
		err = document.ErrEmpty
	}
	if err != nil {
		reason, hint := disk.WhyUnreadable(err)
		if errors.Is(err, document.ErrEmpty) {
			hint = "write the secret into it, or leave the file out"
		}
		out.fail(at, key, file+" "+reason, hint, err)
		return nil
	}
	return &document.Node{Value: text, Loose: true, At: at}
}
