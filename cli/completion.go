package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// completion writes a script for a shell. It is made of words alone, so it
// need not call the program, which may be slow to build.
func completion(c *call) int {
	shell := ""
	if len(c.args) == 1 {
		shell = c.args[0]
	}
	names, flags := []string{}, map[string][]string{}
	for _, cmd := range commands() {
		names = append(names, cmd.name)
		other := &call{program: c.program, command: cmd, known: c.known, flags: pflag.NewFlagSet("", pflag.ContinueOnError)}
		other.declare()
		other.flags.VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				flags[cmd.name] = append(flags[cmd.name], "--"+f.Name)
			}
		})
		if strings.Contains(cmd.args, "|") {
			flags[cmd.name] = append(flags[cmd.name], strings.Split(strings.Trim(cmd.args, "[]"), "|")...)
		}
	}
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, c.name)
	switch shell {
	case "bash", "zsh":
		if shell == "zsh" {
			fmt.Fprintf(c.stdout, "#compdef %s\nautoload -U +X bashcompinit && bashcompinit\n", c.name)
		}
		fmt.Fprintf(c.stdout, "_%s() {\n  local cur=${COMP_WORDS[COMP_CWORD]} words\n  if [ $COMP_CWORD -eq 1 ]; then words=%q\n  else case ${COMP_WORDS[1]} in\n", id, strings.Join(names, " "))
		for _, n := range names {
			fmt.Fprintf(c.stdout, "    %s) words=%q ;;\n", n, strings.Join(flags[n], " "))
		}
		fmt.Fprintf(c.stdout, "  esac; fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n  [ ${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- \"$cur\"))\n}\ncomplete -F _%s %s\n", id, c.name)
	case "fish":
		for _, cmd := range commands() {
			fmt.Fprintf(c.stdout, "complete -c %s -n __fish_use_subcommand -a %s -d %q\n", c.name, cmd.name, cmd.short)
			for _, f := range flags[cmd.name] {
				kind := "-a " + f
				if long, ok := strings.CutPrefix(f, "--"); ok {
					kind = "-l " + long
				}
				fmt.Fprintf(c.stdout, "complete -c %s -n '__fish_seen_subcommand_from %s' %s\n", c.name, cmd.name, kind)
			}
		}
	default:
		return c.misused(fmt.Errorf("completion needs the name of a shell: bash, zsh or fish"), "completion")
	}
	return exitDone
}
