package main

import "context"

// Change is one line of the table changes, which triggers write
// (migrations/003_changes.sql).
type Change struct {
	Seq  int64
	Kind string // created, changed, deleted
	Todo string // JSON, as it was after the change
}

// Changes returns the changes after seq, the oldest first, limit of them at most.
// It includes those of other generations.
func (s *Store) Changes(ctx context.Context, seq int64, limit int) (changes []Change, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT seq, kind, todo FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer rows.Close()
	for rows.Next() {
		var c Change
		if err := rows.Scan(&c.Seq, &c.Kind, &c.Todo); err != nil {
			return nil, explain(s.path, err)
		}
		changes = append(changes, c)
	}
	return changes, explain(s.path, rows.Err())
}

// Position returns the seq of the newest change, and reports whether everything
// after the change seq is still kept: a client that has seen it can go on from
// there.
func (s *Store) Position(ctx context.Context, seq int64) (newest int64, kept bool, err error) {
	// sqlite_sequence remembers the newest even when no change is left.
	err = s.read.QueryRowContext(ctx, `SELECT newest, ?1 BETWEEN coalesce((SELECT min(seq) FROM changes), newest + 1) - 1 AND newest
		FROM (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0) AS newest)`, seq).Scan(&newest, &kept)
	return newest, kept, explain(s.path, err)
}
