-- Every change of a todo, in the order of the commits: SQLite has one writer at a time, so a reader that has seen
-- seq 7 will never be shown a 6 later. Triggers write it, so that the previous generation, which may not know this
-- table yet, is heard as well.
CREATE TABLE changes (
	seq  INTEGER PRIMARY KEY AUTOINCREMENT,
	kind TEXT    NOT NULL,
	todo TEXT    NOT NULL, -- JSON, as the API shows it
	at   INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT;

CREATE TRIGGER todos_created AFTER INSERT ON todos BEGIN
	INSERT INTO changes (kind, todo) VALUES ('created', json_object(
		'id', new.id, 'title', new.title, 'done', json(iif(new.done, 'true', 'false')), 'version', new.version));
END;

CREATE TRIGGER todos_changed AFTER UPDATE ON todos BEGIN
	INSERT INTO changes (kind, todo) VALUES ('changed', json_object(
		'id', new.id, 'title', new.title, 'done', json(iif(new.done, 'true', 'false')), 'version', new.version));
END;

CREATE TRIGGER todos_deleted AFTER DELETE ON todos BEGIN
	INSERT INTO changes (kind, todo) VALUES ('deleted', json_object(
		'id', old.id, 'title', old.title, 'done', json(iif(old.done, 'true', 'false')), 'version', old.version));
END;
