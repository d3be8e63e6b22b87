-- The server's main database. Every table begins with store_id, and no
-- statement of the sync rules crosses stores.

CREATE TABLE stores (
  store_id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  epoch TEXT NOT NULL,
  secret TEXT NOT NULL,
  seq INTEGER NOT NULL DEFAULT 0,
  horizon INTEGER NOT NULL DEFAULT 0,
  purged_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE devices (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  last_seen INTEGER NOT NULL DEFAULT 0,
  revoked_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, id),
  UNIQUE (store_id, prefix),
  UNIQUE (store_id, token_hash),
  UNIQUE (store_id, request_hash)
) STRICT;

CREATE TABLE pairing_codes (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  code_hash TEXT NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL,
  device_id TEXT,
  PRIMARY KEY (store_id, code_hash)
) STRICT;

-- When a device last began to pull a table from 0: what it pulls since then is
-- no older than that, whatever deletions were forgotten before.
CREATE TABLE pulls (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  device_id TEXT NOT NULL,
  table_name TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, device_id, table_name)
) STRICT, WITHOUT ROWID;

-- Every operation that was applied, for good: the memory that makes a push
-- count once, and the history.
CREATE TABLE operations (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  op_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  table_name TEXT NOT NULL,
  record_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  action_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  device_name TEXT NOT NULL,
  user TEXT,
  modified_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  data TEXT,
  PRIMARY KEY (store_id, op_id)
) STRICT;

CREATE INDEX operations_by_record ON operations (store_id, table_name, record_id, seq);

-- What facts amounted to for records that had not arrived.
CREATE TABLE pending_amounts (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  table_name TEXT NOT NULL,
  id TEXT NOT NULL,
  field TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (store_id, table_name, id, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE products (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at INTEGER NOT NULL,
  op_id TEXT,
  device_name TEXT,
  user TEXT,
  name TEXT,
  sku TEXT,
  barcode TEXT,
  category TEXT,
  unit TEXT,
  price INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  tax_rate INTEGER NOT NULL,
  tax_inclusive INTEGER NOT NULL,
  tax_code TEXT,
  reorder_level INTEGER NOT NULL,
  note TEXT,
  stock INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, id)
) STRICT;

CREATE INDEX products_by_seq ON products (store_id, seq);
CREATE INDEX products_deleted ON products (store_id, changed_at) WHERE is_deleted = 1;
CREATE INDEX products_by_sku ON products (store_id, sku, id) WHERE sku IS NOT NULL;
CREATE INDEX products_by_barcode ON products (store_id, barcode, id) WHERE barcode IS NOT NULL;

CREATE TABLE customers (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at INTEGER NOT NULL,
  op_id TEXT,
  device_name TEXT,
  user TEXT,
  name TEXT,
  phone TEXT,
  email TEXT,
  address TEXT,
  tax_id TEXT,
  credit_limit INTEGER NOT NULL,
  note TEXT,
  balance INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, id)
) STRICT;

CREATE INDEX customers_by_seq ON customers (store_id, seq);
CREATE INDEX customers_deleted ON customers (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE sales (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at INTEGER NOT NULL,
  op_id TEXT,
  device_name TEXT,
  user TEXT,
  number TEXT,
  customer_id TEXT,
  customer_name TEXT,
  sale_date INTEGER NOT NULL,
  business_date TEXT,
  status TEXT,
  kind TEXT,
  refers_to TEXT,
  lines TEXT,
  subtotal INTEGER NOT NULL,
  discount INTEGER NOT NULL,
  tax_total INTEGER NOT NULL,
  round_off INTEGER NOT NULL,
  total_amount INTEGER NOT NULL,
  currency TEXT,
  note TEXT,
  paid INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, id)
) STRICT;

CREATE INDEX sales_by_seq ON sales (store_id, seq);
CREATE INDEX sales_deleted ON sales (store_id, changed_at) WHERE is_deleted = 1;
CREATE INDEX sales_by_number ON sales (store_id, number, id) WHERE number IS NOT NULL;
CREATE INDEX sales_by_refers_to ON sales (store_id, refers_to, id) WHERE refers_to IS NOT NULL;

CREATE TABLE payments (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at INTEGER NOT NULL,
  op_id TEXT,
  device_name TEXT,
  user TEXT,
  sale_id TEXT,
  customer_id TEXT,
  amount INTEGER NOT NULL,
  method TEXT,
  paid_at INTEGER NOT NULL,
  business_date TEXT,
  note TEXT,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, id)
) STRICT;

CREATE INDEX payments_by_seq ON payments (store_id, seq);
CREATE INDEX payments_deleted ON payments (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE stock_movements (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at INTEGER NOT NULL,
  op_id TEXT,
  device_name TEXT,
  user TEXT,
  product_id TEXT,
  quantity INTEGER NOT NULL,
  reason TEXT,
  refers_to TEXT,
  counted INTEGER NOT NULL,
  moved_at INTEGER NOT NULL,
  note TEXT,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, id)
) STRICT;

CREATE INDEX stock_movements_by_seq ON stock_movements (store_id, seq);
CREATE INDEX stock_movements_deleted ON stock_movements (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE settings (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at INTEGER NOT NULL,
  op_id TEXT,
  device_name TEXT,
  user TEXT,
  value TEXT,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, id)
) STRICT;

CREATE INDEX settings_by_seq ON settings (store_id, seq);
CREATE INDEX settings_deleted ON settings (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE reports (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at INTEGER NOT NULL,
  op_id TEXT,
  device_name TEXT,
  user TEXT,
  kind TEXT,
  business_date TEXT,
  data TEXT,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, id)
) STRICT;

CREATE INDEX reports_by_seq ON reports (store_id, seq);
CREATE INDEX reports_deleted ON reports (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE analytics (
  store_id TEXT NOT NULL REFERENCES stores (store_id),
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at INTEGER NOT NULL,
  op_id TEXT,
  device_name TEXT,
  user TEXT,
  business_date TEXT,
  metric TEXT,
  key TEXT,
  value INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (store_id, id)
) STRICT;

CREATE INDEX analytics_by_seq ON analytics (store_id, seq);
CREATE INDEX analytics_deleted ON analytics (store_id, changed_at) WHERE is_deleted = 1;
