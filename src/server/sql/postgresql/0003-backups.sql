-- Backup files of devices, in pieces. One that is not complete is on its way,
-- was left by a crash, or is being removed: nobody sees it.

CREATE TABLE backups (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  size BIGINT NOT NULL,
  sha256 TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  is_complete BIGINT NOT NULL DEFAULT 0 CHECK (is_complete IN (0, 1)),
  PRIMARY KEY (store_id, id),
  FOREIGN KEY (store_id, device_id) REFERENCES devices (store_id, id)
);

CREATE TABLE backup_chunks (
  store_id TEXT COLLATE "C" NOT NULL,
  backup_id TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (store_id, backup_id, number),
  FOREIGN KEY (store_id, backup_id) REFERENCES backups (store_id, id)
);

-- The wall between stores.
DO $$
DECLARE
  one regclass;
BEGIN
  FOREACH one IN ARRAY ARRAY['backups', 'backup_chunks']::regclass[]
  LOOP
    EXECUTE format ('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', one);
    EXECUTE format ('ALTER TABLE %s FORCE ROW LEVEL SECURITY', one);
    EXECUTE format ('CREATE POLICY one_store ON %s USING'
                    ' (store_id = (SELECT current_setting (''bizpulse.store'', true))'
                    ' OR (SELECT current_setting (''bizpulse.every_store'', true)) = ''yes'')',
                    one);
  END LOOP;
END
$$;
