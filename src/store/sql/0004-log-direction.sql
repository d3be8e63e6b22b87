-- Whether an attempt sent, fetched or did both: `up`, `down`, `both`; null
-- where it came to neither.

ALTER TABLE sync_log ADD COLUMN direction TEXT;
