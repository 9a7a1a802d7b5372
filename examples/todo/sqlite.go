package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// How two generations share one SQLite file without losing a write:
//
//   - The file is on a local disk. Locks on a network file system cannot be
//     trusted.
//   - Only the driver opens todo.db, todo.db-wal or todo.db-shm in this process:
//     closing any descriptor of a file drops this process's POSIX locks on it, and
//     the next process to leave deletes the log that this one still writes to.
//     Acknowledged writes vanish without an error. A backup is made by
//     [Store.Backup].
//   - Where the system supports it (Linux), locks are taken per open file instead,
//     which makes that mistake harmless; see lockPerFile.
//   - SQLite is 3.51.3 or later: earlier ones can lose a commit when the log is
//     reset under two connections.
const minSQLite = "3.51.3"

// dsn names the database at the absolute path for the driver.
func dsn(path string, busy time.Duration) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/data/todo.db
	}
	options := []string{
		// Wait for the other generation's writer instead of failing. Longer than
		// the longest migration, shorter than the time a request may take.
		fmt.Sprintf("_busy_timeout=%d", busy.Milliseconds()),
		// Readers and the one writer do not hinder each other, in one process or in
		// two.
		"_journal_mode=WAL",
		// Survives the death of the process at any instant. A power failure may
		// cost the last commits; FULL would not, at a fifth of the speed.
		"_synchronous=NORMAL",
		"_foreign_keys=on",
		// A transaction takes the write lock when it begins. One that reads first
		// and writes later fails with BUSY at once if another writer came in
		// between, whatever the timeout.
		"_txlock=immediate",
		"_error_rc=true",
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(options, "&")}).String()
}

// lockPerFile turns on Linux's open-file-description locks. The switch is for the
// whole process and must be set before the first database is opened; a second call
// is harmless.
func lockPerFile() error {
	_, err := sqlite.OFDLocking(true)
	if errors.Is(err, sqlite.ErrOFDLockingUnavailable) {
		return nil // no such locks here: the rule above must be kept
	}
	return err
}

// checkVersion refuses a SQLite that can lose writes.
func checkVersion(ctx context.Context, db *sql.DB) error {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if number(version) < number(minSQLite) {
		return fmt.Errorf("this is SQLite %s, which can lose writes when two processes share a database: build with %s or later",
			version, minSQLite)
	}
	return nil
}

// number makes 3.51.3 comparable: 3051003, as SQLite itself does it.
func number(version string) int {
	var major, minor, patch int
	fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch) // what is missing counts as 0
	return major*1_000_000 + minor*1_000 + patch
}

// explain adds to an error of SQLite what to do about it.
func explain(path string, err error) error {
	hint := ""
	switch code(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		hint = "is locked by another program; end what writes to it, or raise db.busy_timeout"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		hint = "cannot be written; check owner and mode of the file and of its directory (-wal and -shm files are made beside it)"
	case sqlite3.SQLITE_CANTOPEN:
		hint = "cannot be opened; does its directory exist, and may this user write there? The path is db.path"
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		hint = "is not a SQLite database or is damaged; restore a backup, or move the file away to begin with an empty list"
	case sqlite3.SQLITE_FULL:
		hint = "cannot grow, the disk is full; make room"
	default:
		return err
	}
	return fmt.Errorf("database %s %s: %w", path, hint, err)
}

// code is the primary result code of SQLite in err, or 0.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}
