package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
)

// Create adds a todo unless the list holds most already ([ErrListFull]). For a key
// that was seen before it returns the first answer again (again = true), whatever
// has become of that todo since; with another draft it returns [ErrKeyReused]. An
// empty key means none.
func (s *Store) Create(ctx context.Context, d Draft, key string, most int) (t Todo, again bool, err error) {
	request, err := json.Marshal(d)
	if err != nil {
		return t, false, err
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if again, err = replay(ctx, tx, key, string(request), &t); again || err != nil {
			return err
		}
		var count int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM todos").Scan(&count); err != nil {
			return err
		}
		if count >= most {
			return ErrListFull
		}
		err := tx.QueryRowContext(ctx, "INSERT INTO todos (title, done) VALUES (?, ?) RETURNING id, title, done, version",
			d.Title, d.Done).Scan(&t.ID, &t.Title, &t.Done, &t.Version)
		if err != nil || key == "" {
			return err
		}
		response, err := json.Marshal(t)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO idempotency (key, request, response) VALUES (?, ?, ?)",
			key, string(request), string(response))
		return err
	})
	return t, again, err
}

// replay finds the answer that was given to key before.
func replay(ctx context.Context, tx *sql.Tx, key, request string, t *Todo) (found bool, err error) {
	if key == "" {
		return false, nil
	}
	var first, response string
	err = tx.QueryRowContext(ctx, "SELECT request, response FROM idempotency WHERE key = ?", key).Scan(&first, &response)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case first != request:
		return false, ErrKeyReused
	}
	return true, json.Unmarshal([]byte(response), t)
}
