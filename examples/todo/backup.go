package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// Backup writes a complete copy of the database to the new file to, while reads and
// writes go on. A file that is there already is not touched, and a copy that fails
// leaves none.
//
// This is the only way to copy the database: see the rules in sqlite.go.
func (s *Store) Backup(ctx context.Context, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("backup to %s: a file of that name is there, name a new one", to)
	}
	part := to + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a backup that was interrupted
		return fmt.Errorf("backup: %w", err)
	}
	if err := s.vacuumInto(ctx, part); err != nil {
		os.Remove(part)
		return fmt.Errorf("backup to %s: %w", to, err)
	}
	return os.Rename(part, to)
}

// vacuumInto opens a separate connection: writers must not wait for it, and to
// SQLite it is a write.
func (s *Store) vacuumInto(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", s.dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", file)
	return err
}

// backup is the command of that name. Its argument "to" names the file; without it
// the time does.
func (s *Store) backup(ctx context.Context, r app.Request) (app.Answer, error) {
	to := r.Args["to"]
	if to == "" {
		to = strings.TrimSuffix(s.path, ".db") + time.Now().UTC().Format("-20060102T150405Z.db")
	}
	app.Progress(ctx, "copying "+s.path)
	if err := s.Backup(ctx, to); err != nil {
		return app.Answer{}, err
	}
	return app.Answer{Text: "backup written to " + to}, nil
}
