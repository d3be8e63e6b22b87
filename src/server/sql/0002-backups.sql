-- Backup files of devices, in pieces. One that is not complete is on its way,
-- was left by a crash, or is being removed: nobody sees it.

CREATE TABLE backups (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  is_complete INTEGER NOT NULL DEFAULT 0 CHECK (is_complete IN (0, 1)),
  PRIMARY KEY (store_id, id),
  FOREIGN KEY (store_id, device_id) REFERENCES devices (store_id, id)
) STRICT;

CREATE TABLE backup_chunks (
  store_id TEXT NOT NULL,
  backup_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (store_id, backup_id, number),
  FOREIGN KEY (store_id, backup_id) REFERENCES backups (store_id, id)
) STRICT;
