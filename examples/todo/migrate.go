package main

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

// The rules of a migration here, because two generations use the database at the
// same time during an upgrade:
//
//   - The new generation migrates before it says that it is ready. If that fails it
//     exits, and the old one serves on.
//   - Expand only: add a table, add a column with a default. Whatever the previous
//     release reads or writes must go on working; remove it one release later, when
//     nothing uses it any longer. Then a rollback needs no migration either.
//   - All in one immediate transaction: all of them or none. The others' writers
//     wait meanwhile, so the longest migration must be shorter than
//     db.busy_timeout.
//   - A file that was released is never edited.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to the last file of dir. The number of files carried
// out is kept in user_version. A database that is ahead of dir is left alone:
// expand-only lets the previous release work with it.
//
// It writes even when there is nothing to do, so that a database that cannot be
// written fails the start.
func migrate(ctx context.Context, db *sql.DB, dir fs.FS) error {
	files, err := fs.Glob(dir, "migrations/*.sql") // sorted by name
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // no effect after Commit

	var done int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done); err != nil {
		return err
	}
	for i := done; i < len(files); i++ {
		script, err := fs.ReadFile(dir, files[i])
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(script)); err != nil {
			return fmt.Errorf("migration %s: %w", files[i], err)
		}
	}
	// A pragma takes no parameters. This one is part of the transaction.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", max(done, len(files)))); err != nil {
		return err
	}
	return tx.Commit()
}
