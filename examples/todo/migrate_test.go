package main

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestMigrateTwiceChangesNothing(t *testing.T) {
	s := openStore(t)
	add(t, s, "milk")
	if _, err := openStoreAt(t, s.path).Get(t.Context(), 1); err != nil {
		t.Error(err)
	}
}

// The new release fails while it starts; the old one must not notice.
func TestAFailingMigrationLeavesTheDatabaseAsItWas(t *testing.T) {
	old := openStore(t)
	add(t, old, "milk")

	next := fstest.MapFS{}
	files, _ := fs.Glob(migrations, "migrations/*.sql")
	for _, name := range files {
		next[name] = &fstest.MapFile{} // carried out already
	}
	next["migrations/100_good.sql"] = &fstest.MapFile{Data: []byte("ALTER TABLE todos ADD COLUMN note TEXT NOT NULL DEFAULT ''")}
	next["migrations/101_bad.sql"] = &fstest.MapFile{Data: []byte("ALTER TABLE nonsense ADD COLUMN x")}

	newer := openStoreAt(t, old.path)
	err := migrate(t.Context(), newer.write, next)
	if err == nil || !strings.Contains(err.Error(), "101_bad.sql") {
		t.Fatalf("got %v, want an error that names 101_bad.sql", err)
	}
	var columns int
	if err := old.read.QueryRow("SELECT count(*) FROM pragma_table_info('todos') WHERE name = 'note'").Scan(&columns); err != nil || columns != 0 {
		t.Errorf("got %d columns (%v) of the half-done migration, want 0", columns, err)
	}
	add(t, old, "bread")
}

// The old release goes on beside the new schema, and can be started with it again.
func TestThePreviousReleaseWorksWithANewerSchema(t *testing.T) {
	old := openStore(t)
	next := fstest.MapFS{}
	files, _ := fs.Glob(migrations, "migrations/*.sql")
	for _, name := range files {
		next[name] = &fstest.MapFile{}
	}
	next["migrations/100_note.sql"] = &fstest.MapFile{Data: []byte("ALTER TABLE todos ADD COLUMN note TEXT NOT NULL DEFAULT ''")}
	if err := migrate(t.Context(), openStoreAt(t, old.path).write, next); err != nil {
		t.Fatal(err)
	}
	add(t, old, "written by the old generation")
	add(t, openStoreAt(t, old.path), "written after a rollback")
}
