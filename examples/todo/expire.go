package main

import (
	"context"
	"database/sql"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

// remember is how long a client may take to resume a stream of events or to repeat
// a request.
const remember = 24 * time.Hour

// expireDone deletes, once a minute, what was done long ago. It runs in one
// generation only: two would not harm the database, but this is how to write work
// that must not be done twice.
func (s *Store) expireDone(settings *config.Value[Settings]) func(context.Context) error {
	return func(ctx context.Context) error {
		ticker := time.NewTicker(time.Minute)
		defer ticker.Stop()
		for {
			if err := s.Expire(ctx, settings.Get().ExpireDone); err != nil && ctx.Err() == nil {
				return err
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// Expire deletes the todos that were done longer ago than after, or none if after
// is 0, and forgets changes and idempotency keys that have expired.
func (s *Store) Expire(ctx context.Context, after time.Duration) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if after > 0 {
			_, err := tx.ExecContext(ctx, "DELETE FROM todos WHERE done = 1 AND changed_at < unixepoch() - ?", int64(after.Seconds()))
			if err != nil {
				return err
			}
		}
		for _, table := range []string{"changes", "idempotency"} {
			_, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE at < unixepoch() - ?", int64(remember.Seconds()))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
