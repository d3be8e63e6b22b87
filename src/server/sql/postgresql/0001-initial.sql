-- The main database in PostgreSQL: the same as in SQLite, in types of its own.
-- Texts are compared byte for byte. Every table begins with store_id, and no
-- statement of the sync rules crosses stores.

CREATE TABLE stores (
  store_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  time_zone TEXT COLLATE "C" NOT NULL,
  epoch TEXT COLLATE "C" NOT NULL,
  secret TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL DEFAULT 0,
  horizon BIGINT NOT NULL DEFAULT 0,
  purged_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);

CREATE TABLE devices (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  prefix TEXT COLLATE "C" NOT NULL,
  token_hash TEXT COLLATE "C" NOT NULL,
  request_hash TEXT COLLATE "C" NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0,
  last_seen BIGINT NOT NULL DEFAULT 0,
  revoked_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, id),
  UNIQUE (store_id, prefix),
  UNIQUE (store_id, token_hash),
  UNIQUE (store_id, request_hash)
);

CREATE TABLE pairing_codes (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  code_hash TEXT COLLATE "C" NOT NULL UNIQUE,
  expires_at BIGINT NOT NULL,
  device_id TEXT COLLATE "C",
  PRIMARY KEY (store_id, code_hash)
);

-- When a device last began to pull a table from 0: what it pulls since then is
-- no older than that, whatever deletions were forgotten before.
CREATE TABLE pulls (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  device_id TEXT COLLATE "C" NOT NULL,
  table_name TEXT COLLATE "C" NOT NULL,
  began_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, device_id, table_name)
);

-- Every operation that was applied, for good: the memory that makes a push
-- count once, and the history.
CREATE TABLE operations (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  op_id TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL,
  table_name TEXT COLLATE "C" NOT NULL,
  record_id TEXT COLLATE "C" NOT NULL,
  operation TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  action_id TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  device_name TEXT COLLATE "C" NOT NULL,
  "user" TEXT COLLATE "C",
  modified_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  data TEXT COLLATE "C",
  PRIMARY KEY (store_id, op_id)
);

CREATE INDEX operations_by_record ON operations (store_id, table_name, record_id, seq);

-- What facts amounted to for records that had not arrived.
CREATE TABLE pending_amounts (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  table_name TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  field TEXT COLLATE "C" NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (store_id, table_name, id, field)
);

CREATE TABLE products (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  is_deleted BIGINT NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at BIGINT NOT NULL,
  op_id TEXT COLLATE "C",
  device_name TEXT COLLATE "C",
  "user" TEXT COLLATE "C",
  name TEXT COLLATE "C",
  sku TEXT COLLATE "C",
  barcode TEXT COLLATE "C",
  category TEXT COLLATE "C",
  unit TEXT COLLATE "C",
  price BIGINT NOT NULL,
  cost BIGINT NOT NULL,
  tax_rate BIGINT NOT NULL,
  tax_inclusive BIGINT NOT NULL,
  tax_code TEXT COLLATE "C",
  reorder_level BIGINT NOT NULL,
  note TEXT COLLATE "C",
  stock BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, id)
);

CREATE INDEX products_by_seq ON products (store_id, seq);
CREATE INDEX products_deleted ON products (store_id, changed_at) WHERE is_deleted = 1;
-- Keys may be longer than an entry of an index: their beginnings are in it.
CREATE INDEX products_by_sku ON products (store_id, left (sku, 64), id) WHERE sku IS NOT NULL;
CREATE INDEX products_by_barcode ON products (store_id, left (barcode, 64), id)
  WHERE barcode IS NOT NULL;

CREATE TABLE customers (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  is_deleted BIGINT NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at BIGINT NOT NULL,
  op_id TEXT COLLATE "C",
  device_name TEXT COLLATE "C",
  "user" TEXT COLLATE "C",
  name TEXT COLLATE "C",
  phone TEXT COLLATE "C",
  email TEXT COLLATE "C",
  address TEXT COLLATE "C",
  tax_id TEXT COLLATE "C",
  credit_limit BIGINT NOT NULL,
  note TEXT COLLATE "C",
  balance BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, id)
);

CREATE INDEX customers_by_seq ON customers (store_id, seq);
CREATE INDEX customers_deleted ON customers (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE sales (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  is_deleted BIGINT NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at BIGINT NOT NULL,
  op_id TEXT COLLATE "C",
  device_name TEXT COLLATE "C",
  "user" TEXT COLLATE "C",
  number TEXT COLLATE "C",
  customer_id TEXT COLLATE "C",
  customer_name TEXT COLLATE "C",
  sale_date BIGINT NOT NULL,
  business_date TEXT COLLATE "C",
  status TEXT COLLATE "C",
  kind TEXT COLLATE "C",
  refers_to TEXT COLLATE "C",
  lines JSON,
  subtotal BIGINT NOT NULL,
  discount BIGINT NOT NULL,
  tax_total BIGINT NOT NULL,
  round_off BIGINT NOT NULL,
  total_amount BIGINT NOT NULL,
  currency TEXT COLLATE "C",
  note TEXT COLLATE "C",
  paid BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, id)
);

CREATE INDEX sales_by_seq ON sales (store_id, seq);
CREATE INDEX sales_deleted ON sales (store_id, changed_at) WHERE is_deleted = 1;
CREATE INDEX sales_by_number ON sales (store_id, left (number, 64), id) WHERE number IS NOT NULL;
CREATE INDEX sales_by_refers_to ON sales (store_id, left (refers_to, 64), id)
  WHERE refers_to IS NOT NULL;

CREATE TABLE payments (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  is_deleted BIGINT NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at BIGINT NOT NULL,
  op_id TEXT COLLATE "C",
  device_name TEXT COLLATE "C",
  "user" TEXT COLLATE "C",
  sale_id TEXT COLLATE "C",
  customer_id TEXT COLLATE "C",
  amount BIGINT NOT NULL,
  method TEXT COLLATE "C",
  paid_at BIGINT NOT NULL,
  business_date TEXT COLLATE "C",
  note TEXT COLLATE "C",
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, id)
);

CREATE INDEX payments_by_seq ON payments (store_id, seq);
CREATE INDEX payments_deleted ON payments (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE stock_movements (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  is_deleted BIGINT NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at BIGINT NOT NULL,
  op_id TEXT COLLATE "C",
  device_name TEXT COLLATE "C",
  "user" TEXT COLLATE "C",
  product_id TEXT COLLATE "C",
  quantity BIGINT NOT NULL,
  reason TEXT COLLATE "C",
  refers_to TEXT COLLATE "C",
  counted BIGINT NOT NULL,
  moved_at BIGINT NOT NULL,
  note TEXT COLLATE "C",
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, id)
);

CREATE INDEX stock_movements_by_seq ON stock_movements (store_id, seq);
CREATE INDEX stock_movements_deleted ON stock_movements (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE settings (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  is_deleted BIGINT NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at BIGINT NOT NULL,
  op_id TEXT COLLATE "C",
  device_name TEXT COLLATE "C",
  "user" TEXT COLLATE "C",
  value TEXT COLLATE "C",
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, id)
);

CREATE INDEX settings_by_seq ON settings (store_id, seq);
CREATE INDEX settings_deleted ON settings (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE reports (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  is_deleted BIGINT NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at BIGINT NOT NULL,
  op_id TEXT COLLATE "C",
  device_name TEXT COLLATE "C",
  "user" TEXT COLLATE "C",
  kind TEXT COLLATE "C",
  business_date TEXT COLLATE "C",
  data TEXT COLLATE "C",
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, id)
);

CREATE INDEX reports_by_seq ON reports (store_id, seq);
CREATE INDEX reports_deleted ON reports (store_id, changed_at) WHERE is_deleted = 1;

CREATE TABLE analytics (
  store_id TEXT COLLATE "C" NOT NULL REFERENCES stores (store_id),
  id TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  is_deleted BIGINT NOT NULL CHECK (is_deleted IN (0, 1)),
  modified_at BIGINT NOT NULL,
  op_id TEXT COLLATE "C",
  device_name TEXT COLLATE "C",
  "user" TEXT COLLATE "C",
  business_date TEXT COLLATE "C",
  metric TEXT COLLATE "C",
  key TEXT COLLATE "C",
  value BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store_id, id)
);

CREATE INDEX analytics_by_seq ON analytics (store_id, seq);
CREATE INDEX analytics_deleted ON analytics (store_id, changed_at) WHERE is_deleted = 1;
