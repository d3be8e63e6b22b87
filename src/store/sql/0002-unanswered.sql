-- How many requests carried an operation of which no answer has told what
-- became of it. While it is above 0 the server may have it, whatever its
-- status is: it stays as it was sent.

ALTER TABLE sync_queue ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0;
UPDATE sync_queue SET unanswered = 1 WHERE status = 'syncing';
