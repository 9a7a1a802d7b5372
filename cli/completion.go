package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// completion writes a script for a shell. The script holds all words itself and
// does not call the program, which may be slow to build.
func completion(c *call) int {
	write := map[string]func(io.Writer, string, []completed){"bash": completeBash, "zsh": completeZsh, "fish": completeFish}
	shell := ""
	if len(c.args) == 1 {
		shell = c.args[0]
	}
	if write[shell] == nil {
		return c.misused(fmt.Errorf("completion needs the name of a shell: bash, zsh or fish"), "completion")
	}
	write[shell](c.stdout, c.name, c.completed())
	return exitDone
}

// completed is a command with what may follow it.
type completed struct {
	command
	words []string
	flags []*pflag.Flag
}

func (c *call) completed() (all []completed) {
	for _, cmd := range commands() {
		one := completed{command: cmd}
		other := &call{program: c.program, command: cmd, known: c.known, flags: pflag.NewFlagSet("", pflag.ContinueOnError)}
		other.declare()
		other.flags.VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				one.flags = append(one.flags, f)
			}
		})
		if strings.Contains(cmd.args, "|") {
			one.words = strings.Split(strings.Trim(cmd.args, "[]"), "|")
		}
		all = append(all, one)
	}
	return append(all, completed{command: command{name: "help", short: "all commands, or one of them in detail"}})
}

// takesFile reports whether the argument is a file.
func (c completed) takesFile() bool { return c.args == "[FILE]" }

// identifier turns a name into one that a shell function may have.
func identifier(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

func completeBash(w io.Writer, name string, all []completed) {
	names := []string{}
	for _, c := range all {
		names = append(names, c.name)
	}
	fmt.Fprintf(w, "# source <(%[1]s completion bash)\n_%[2]s() {\n  local cur=${COMP_WORDS[COMP_CWORD]} words files=\n  if [ $COMP_CWORD -eq 1 ]; then words=%[3]q\n  else case ${COMP_WORDS[1]} in\n",
		name, identifier(name), strings.Join(names, " "))
	for _, c := range all {
		words, files := c.words, ""
		for _, f := range c.flags {
			words = append(words, "--"+f.Name)
		}
		if c.takesFile() {
			files = " files=1"
		}
		if c.name == "help" {
			words = names
		}
		fmt.Fprintf(w, "    %s) words=%q%s ;;\n", c.name, strings.Join(words, " "), files)
	}
	fmt.Fprintf(w, "  esac; fi\n  [ \"${COMP_WORDS[COMP_CWORD-1]}\" = --config ] && words= files=1\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n  [ -n \"$files\" ] && COMPREPLY+=($(compgen -f -- \"$cur\"))\n}\ncomplete -F _%s %s\n", identifier(name), name)
}

func completeZsh(w io.Writer, name string, all []completed) {
	fmt.Fprintf(w, "#compdef %[1]s\n# As _%[1]s somewhere in $fpath, or: source <(%[1]s completion zsh)\n_%[2]s() {\n  if (( CURRENT == 2 )); then\n    local -a commands=(\n", name, identifier(name))
	names := []string{}
	for _, c := range all {
		names = append(names, c.name)
		fmt.Fprintf(w, "      %s\n", quoted(c.name+":"+c.short))
	}
	fmt.Fprint(w, "    )\n    _describe command commands\n    return\n  fi\n  local command=$words[2]\n  (( CURRENT-- )); shift words\n  case $command in\n")
	escape := strings.NewReplacer("[", `\[`, "]", `\]`, ":", `\:`)
	for _, c := range all {
		fmt.Fprintf(w, "  %s) _arguments", c.name)
		for _, f := range c.flags {
			spec := "--" + f.Name + "[" + escape.Replace(f.Usage) + "]"
			if f.NoOptDefVal == "" {
				spec = "--" + f.Name + "=[" + escape.Replace(f.Usage) + "]:" + "value" + ":"
				if f.Name == "config" {
					spec += "_files"
				}
			}
			fmt.Fprint(w, " ", quoted(spec))
		}
		words := c.words
		if c.name == "help" {
			words = names
		}
		switch {
		case len(words) > 0:
			fmt.Fprint(w, " ", quoted("1:word:("+strings.Join(words, " ")+")"))
		case c.takesFile():
			fmt.Fprint(w, " ", quoted("1:file:_files"))
		}
		fmt.Fprintln(w, " ;;")
	}
	fmt.Fprintf(w, "  esac\n}\nif [ \"$funcstack[1]\" = _%[1]s ]; then _%[1]s \"$@\"; else compdef _%[1]s %[2]s; fi\n", identifier(name), name)
}

func completeFish(w io.Writer, name string, all []completed) {
	fmt.Fprintf(w, "# %[1]s completion fish > ~/.config/fish/completions/%[1]s.fish\ncomplete -c %[1]s -f\n", name)
	for _, c := range all {
		seen := fmt.Sprintf("complete -c %s -n '__fish_seen_subcommand_from %s'", name, c.name)
		fmt.Fprintf(w, "complete -c %s -n __fish_use_subcommand -a %s -d %s\n", name, c.name, quoted(c.short))
		for _, f := range c.flags {
			value := ""
			if f.NoOptDefVal == "" {
				value = " -r"
			}
			if f.Name == "config" {
				value = " -rF"
			}
			fmt.Fprintf(w, "%s -l %s%s -d %s\n", seen, f.Name, value, quoted(f.Usage))
		}
		if len(c.words) > 0 {
			fmt.Fprintf(w, "%s -a %s\n", seen, quoted(strings.Join(c.words, " ")))
		}
		if c.takesFile() {
			fmt.Fprintf(w, "%s -F\n", seen)
		}
	}
}

// quoted returns text as one word for all three shells. It contains no apostrophe,
// which fish quotes in another way than the others.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "’") + "'" }
