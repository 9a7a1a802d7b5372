CREATE TABLE todos (
	id         INTEGER PRIMARY KEY AUTOINCREMENT, -- an id is never given twice, so an old link or ETag cannot hit a new todo
	title      TEXT    NOT NULL,
	done       INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
	version    INTEGER NOT NULL DEFAULT 1,
	changed_at INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT;
