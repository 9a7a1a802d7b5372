-- What was answered to a POST that carried an Idempotency-Key. It is written in the transaction of the todo itself, so a
-- client that retries, at this generation or at the next, gets the first answer and not a second todo.
CREATE TABLE idempotency (
	key      TEXT    PRIMARY KEY,
	request  TEXT    NOT NULL,
	response TEXT    NOT NULL,
	at       INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT;
