package main

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"path/filepath"
	"time"
)

// Store keeps the todos in SQLite. Its methods may be called concurrently; each is
// one transaction, so that all of it has happened or none, whatever becomes of the
// process.
type Store struct {
	path  string  // absolute, so that a later chdir does not move it
	dsn   string  // of a connection that may write
	write *sql.DB // one connection: writers queue here, in order, instead of fighting over SQLite's lock
	read  *sql.DB // a few connections that cannot write
	bell  bell    // rings after every commit
}

// NewStore prepares a store for the database at path. It opens nothing; see
// [Store.Open].
func NewStore(path string, busy time.Duration) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return &Store{path: path, dsn: dsn(path, busy)}, nil
}

// Open opens the database and brings its schema up to date. If it fails, the
// database is as it was, nothing is left open, and the error says what to do. It
// must have returned before any other method is called.
func (s *Store) Open(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(explain(s.path, err), s.Close())
		}
	}()
	if err := lockPerFile(); err != nil {
		return err
	}
	if s.write, err = sql.Open("sqlite", s.dsn); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite", s.dsn+"&_query_only=true"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	s.read.SetMaxOpenConns(4)
	if err := checkVersion(ctx, s.write); err != nil {
		return err
	}
	return migrate(ctx, s.write, migrations)
}

// Close waits for the queries under way and closes the database. It may be called
// without Open, and twice.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// A Page selects a part of the list: the newest Limit todos, or those before the id
// Before. It is a cursor and not an offset, so that nothing is shown twice or
// missed when the list changes between two pages.
type Page struct {
	Before int64 // 0 = from the newest
	Limit  int
	Done   *bool // nil = both
}

// List returns a page, newest first, and whether there is more.
func (s *Store) List(ctx context.Context, p Page) (todos []Todo, more bool, err error) {
	if p.Before == 0 {
		p.Before = math.MaxInt64
	}
	rows, err := s.read.QueryContext(ctx, `SELECT id, title, done, version FROM todos
		WHERE id < ?1 AND (?2 IS NULL OR done = ?2) ORDER BY id DESC LIMIT ?3`, p.Before, p.Done, p.Limit+1)
	if err != nil {
		return nil, false, explain(s.path, err)
	}
	defer rows.Close()
	todos = []Todo{} // an empty list is [] in JSON, not null
	for rows.Next() {
		var t Todo
		if err := rows.Scan(&t.ID, &t.Title, &t.Done, &t.Version); err != nil {
			return nil, false, explain(s.path, err)
		}
		todos = append(todos, t)
	}
	if err := rows.Err(); err != nil {
		return nil, false, explain(s.path, err)
	}
	if len(todos) > p.Limit {
		return todos[:p.Limit], true, nil
	}
	return todos, false, nil
}

// Get returns one todo, or [ErrNotFound].
func (s *Store) Get(ctx context.Context, id int64) (Todo, error) {
	t, err := get(ctx, s.read, id)
	return t, explain(s.path, err)
}

// Update lets change read and alter the todo, with no other write in between. If
// change returns an error, Update returns it and writes nothing; nor does it write
// if change alters nothing.
func (s *Store) Update(ctx context.Context, id int64, change func(*Todo) error) (t Todo, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		before, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		t = before
		if err := change(&t); err != nil || t == before {
			return err
		}
		t.Version++
		_, err = tx.ExecContext(ctx, "UPDATE todos SET title = ?, done = ?, version = ?, changed_at = unixepoch() WHERE id = ?",
			t.Title, t.Done, t.Version, id)
		return err
	})
	return t, err
}

// Delete removes a todo if check, which sees it first, has no objection.
func (s *Store) Delete(ctx context.Context, id int64, check func(Todo) error) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		t, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := check(t); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM todos WHERE id = ?", id)
		return err
	})
}

// get reads one todo, inside a transaction or outside.
func get(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, id int64) (t Todo, err error) {
	err = db.QueryRowContext(ctx, "SELECT id, title, done, version FROM todos WHERE id = ?", id).
		Scan(&t.ID, &t.Title, &t.Done, &t.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return t, ErrNotFound
	}
	return t, err
}

// tx runs fn in one immediate transaction; it is committed if fn returns nil. Then,
// and not before, the write is acknowledged and the bell rings.
func (s *Store) tx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return explain(s.path, err)
	}
	defer tx.Rollback() // no effect after Commit
	if err := fn(tx); err != nil {
		return explain(s.path, err)
	}
	if err := tx.Commit(); err != nil {
		return explain(s.path, err)
	}
	s.bell.ring()
	return nil
}
