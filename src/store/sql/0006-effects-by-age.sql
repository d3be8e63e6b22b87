-- What operations add lies in the order in which they were made: those of one
-- push are answered together, and now lie together, too. By record it is found
-- through the index of its key.

CREATE TABLE effects_by_age (
  id INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  record_id TEXT NOT NULL,
  field TEXT NOT NULL,
  op_id TEXT NOT NULL,
  amount INTEGER NOT NULL,
  seq INTEGER,
  UNIQUE (table_name, record_id, field, op_id)
) STRICT;
INSERT INTO effects_by_age (table_name, record_id, field, op_id, amount, seq)
  SELECT table_name, record_id, field, op_id, amount, seq FROM sync_effects ORDER BY op_id;
DROP TABLE sync_effects;
ALTER TABLE effects_by_age RENAME TO sync_effects;
CREATE INDEX sync_effects_by_op ON sync_effects (op_id);
