// Command release prepares a version: in a copy of the committed tree it writes the
// version into every published module, removes the replace directives, serves the
// result as a module proxy made of files, and uses it from there as a stranger
// would. Then it commits, tags, and prints what to push.
//
//	release [-dry] v0.1.0      check, commit beside the branch and tag; -dry checks only
//	release -verify v0.1.0     report whether the files of a checked-out tag are its own
//
// It is run from the root of the repository, by .ci/release.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/semver"
)

func main() {
	dry := flag.Bool("dry", false, "check only: no commit, no tags; the tree may be dirty, the changelog without a date")
	verify := flag.Bool("verify", false, "report whether the files here are those of the version")
	flag.Parse()
	err := errors.New("usage: release [-dry | -verify] vX.Y.Z")
	switch {
	case flag.NArg() != 1:
	case *verify:
		err = verifyTag(".", flag.Arg(0))
	default:
		err = release(".", flag.Arg(0), *dry)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release makes every check of the version and, unless dry, its commit and tags.
func release(root, version string, dry bool) error {
	if semver.Canonical(version) != version {
		return fmt.Errorf("%q is not a version such as v0.1.0", version)
	}
	if err := ready(root, version, dry); err != nil {
		return err
	}
	tree, remove, err := checkout(root)
	if err != nil {
		return err
	}
	defer remove()
	modules, err := published(tree)
	if err != nil {
		return err
	}
	if err := compareAPI(root, tree, version); err != nil {
		return err
	}
	proxy, err := publish(tree, modules, version)
	if err != nil {
		return err
	}
	defer os.RemoveAll(proxy)
	if err := useAll(tree, proxy, modules, version); err != nil {
		return err
	}
	if dry {
		fmt.Println("everything of", version, "works from a module proxy; nothing was committed or tagged")
		return nil
	}
	tags, err := commit(root, tree, modules, version)
	if err != nil {
		return err
	}
	fmt.Printf("push them together:\n\n    git push origin %s\n", strings.Join(tags, " "))
	return nil
}

// ready reports what must be done in the repository before a release.
func ready(root, version string, dry bool) error {
	notes, err := notesOf(root, version)
	if err != nil {
		return err
	}
	if dry {
		return nil
	}
	if !notes.dated {
		return fmt.Errorf("CHANGELOG.md: the section of %s has no date: write \"## %s - YYYY-MM-DD\"", version, version[1:])
	}
	if changed, err := git(root, "status", "--porcelain"); err != nil || changed != "" {
		return errors.Join(err, fmt.Errorf("not everything is committed:\n%s", changed))
	}
	if tag, err := git(root, "tag", "--list", version); err != nil || tag != "" {
		return errors.Join(err, fmt.Errorf("the tag %s is there already", version))
	}
	return nil
}
