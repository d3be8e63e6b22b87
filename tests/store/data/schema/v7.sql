CREATE TABLE analytics_local (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  business_date TEXT, metric TEXT, key TEXT, value INTEGER,
  version INTEGER NOT NULL, seq INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
  last_modified INTEGER NOT NULL, op_id TEXT, device_name TEXT, user TEXT,
  sync_status TEXT NOT NULL
) STRICT;
CREATE TABLE customers_local (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT, phone TEXT, email TEXT, address TEXT, tax_id TEXT,
  credit_limit INTEGER, note TEXT, balance INTEGER,
  version INTEGER NOT NULL, seq INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
  last_modified INTEGER NOT NULL, op_id TEXT, device_name TEXT, user TEXT,
  sync_status TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE customers_search USING fts5 (
  name, phone,
  content = 'customers_local', content_rowid = 'row',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2'
);
CREATE TABLE device_settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE import_records (
  import_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  table_name TEXT NOT NULL,
  record_id TEXT NOT NULL,
  before TEXT,
  PRIMARY KEY (import_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE imports (
  id TEXT PRIMARY KEY,
  table_name TEXT NOT NULL,
  file_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  undone_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE number_series (
  prefix TEXT NOT NULL,
  financial_year TEXT NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (prefix, financial_year)
) STRICT, WITHOUT ROWID;
CREATE TABLE payments_local (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  sale_id TEXT, customer_id TEXT, amount INTEGER, method TEXT,
  paid_at INTEGER, business_date TEXT, note TEXT,
  version INTEGER NOT NULL, seq INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
  last_modified INTEGER NOT NULL, op_id TEXT, device_name TEXT, user TEXT,
  sync_status TEXT NOT NULL
) STRICT;
CREATE TABLE products_local (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT, sku TEXT, barcode TEXT, category TEXT, unit TEXT,
  price INTEGER, cost INTEGER, tax_rate INTEGER, tax_inclusive INTEGER,
  tax_code TEXT, reorder_level INTEGER, note TEXT, stock INTEGER,
  version INTEGER NOT NULL, seq INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
  last_modified INTEGER NOT NULL, op_id TEXT, device_name TEXT, user TEXT,
  sync_status TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE products_search USING fts5 (
  name, sku, barcode, category,
  content = 'products_local', content_rowid = 'row',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2'
);
CREATE TABLE reports_local (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT, business_date TEXT, data TEXT,
  version INTEGER NOT NULL, seq INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
  last_modified INTEGER NOT NULL, op_id TEXT, device_name TEXT, user TEXT,
  sync_status TEXT NOT NULL
) STRICT;
CREATE TABLE sale_lines (
  sale_row INTEGER NOT NULL,
  position INTEGER NOT NULL,
  product_id TEXT,
  quantity INTEGER NOT NULL,
  total INTEGER NOT NULL,
  PRIMARY KEY (sale_row, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE sales_local (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  number TEXT, customer_id TEXT, customer_name TEXT, sale_date INTEGER,
  business_date TEXT, status TEXT, kind TEXT, refers_to TEXT, lines TEXT,
  subtotal INTEGER, discount INTEGER, tax_total INTEGER, round_off INTEGER,
  total_amount INTEGER, currency TEXT, note TEXT, paid INTEGER,
  version INTEGER NOT NULL, seq INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
  last_modified INTEGER NOT NULL, op_id TEXT, device_name TEXT, user TEXT,
  sync_status TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE sales_search USING fts5 (
  number, customer_name,
  content = 'sales_local', content_rowid = 'row',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2'
);
CREATE TABLE settings_local (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  value TEXT,
  version INTEGER NOT NULL, seq INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
  last_modified INTEGER NOT NULL, op_id TEXT, device_name TEXT, user TEXT,
  sync_status TEXT NOT NULL
) STRICT;
CREATE TABLE stock_movements_local (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  product_id TEXT, quantity INTEGER, reason TEXT, refers_to TEXT,
  counted INTEGER, moved_at INTEGER, note TEXT,
  version INTEGER NOT NULL, seq INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
  last_modified INTEGER NOT NULL, op_id TEXT, device_name TEXT, user TEXT,
  sync_status TEXT NOT NULL
) STRICT;
CREATE TABLE sync_aliases (
  table_name TEXT NOT NULL,
  alias TEXT NOT NULL,
  record_id TEXT NOT NULL,
  PRIMARY KEY (table_name, alias, record_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE sync_base (
  table_name TEXT NOT NULL,
  record_id TEXT NOT NULL,
  state TEXT,
  server TEXT,
  PRIMARY KEY (table_name, record_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE sync_conflicts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  table_name TEXT NOT NULL,
  record_id TEXT NOT NULL,
  conflict_type TEXT NOT NULL,
  key_field TEXT,
  op_id TEXT,
  base_data TEXT,
  local_data TEXT,
  server_data TEXT,
  decision TEXT,
  created_at INTEGER NOT NULL,
  resolved INTEGER
) STRICT;
CREATE TABLE "sync_effects" (
  id INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  record_id TEXT NOT NULL,
  field TEXT NOT NULL,
  op_id TEXT NOT NULL,
  amount INTEGER NOT NULL,
  seq INTEGER,
  UNIQUE (table_name, record_id, field, op_id)
) STRICT;
CREATE TABLE sync_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  pushed INTEGER NOT NULL,
  pulled INTEGER NOT NULL,
  conflicts INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  bytes_sent INTEGER NOT NULL,
  bytes_received INTEGER NOT NULL,
  milliseconds INTEGER NOT NULL,
  error TEXT
, direction TEXT) STRICT;
CREATE TABLE sync_queue (
  id INTEGER PRIMARY KEY,
  op_id TEXT NOT NULL UNIQUE,
  action_id TEXT NOT NULL,
  table_name TEXT NOT NULL,
  record_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  restore INTEGER NOT NULL DEFAULT 0,
  base_version INTEGER,
  data TEXT,
  priority INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  user TEXT,
  retry_count INTEGER NOT NULL DEFAULT 0,
  next_attempt INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL CHECK (status IN ('pending', 'syncing', 'synced', 'failed')),
  last_error TEXT,
  seq INTEGER,
  answered_at INTEGER
, unanswered INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE sync_state (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX customers_by_name ON customers_local (is_deleted, name COLLATE NOCASE);
CREATE INDEX customers_by_status ON customers_local (sync_status) WHERE sync_status <> 'synced';
CREATE INDEX payments_by_business_date ON payments_local (business_date);
CREATE INDEX payments_by_customer ON payments_local (customer_id)
  WHERE customer_id IS NOT NULL;
CREATE INDEX payments_by_sale ON payments_local (sale_id) WHERE sale_id IS NOT NULL;
CREATE INDEX payments_by_status ON payments_local (sync_status) WHERE sync_status <> 'synced';
CREATE INDEX payments_by_time ON payments_local (is_deleted, paid_at);
CREATE INDEX products_by_barcode ON products_local (barcode) WHERE barcode IS NOT NULL;
CREATE INDEX products_by_name ON products_local (is_deleted, name COLLATE NOCASE);
CREATE INDEX products_by_sku ON products_local (sku) WHERE sku IS NOT NULL;
CREATE INDEX products_by_status ON products_local (sync_status) WHERE sync_status <> 'synced';
CREATE INDEX sale_lines_by_product ON sale_lines (product_id);
CREATE INDEX sales_by_business_date ON sales_local (business_date);
CREATE INDEX sales_by_customer ON sales_local (customer_id)
  WHERE customer_id IS NOT NULL;
CREATE INDEX sales_by_date ON sales_local (is_deleted, sale_date);
CREATE INDEX sales_by_number ON sales_local (number) WHERE number IS NOT NULL;
CREATE INDEX sales_by_status ON sales_local (sync_status) WHERE sync_status <> 'synced';
CREATE INDEX stock_movements_by_product ON stock_movements_local (product_id);
CREATE INDEX stock_movements_by_status ON stock_movements_local (sync_status)
  WHERE sync_status <> 'synced';
CREATE INDEX stock_movements_by_time ON stock_movements_local (is_deleted, moved_at);
CREATE INDEX sync_conflicts_open ON sync_conflicts (table_name, record_id)
  WHERE decision IS NULL;
CREATE INDEX sync_effects_by_op ON sync_effects (op_id);
CREATE INDEX sync_log_by_time ON sync_log (time);
CREATE INDEX sync_queue_answered ON sync_queue (answered_at) WHERE status = 'synced';
CREATE INDEX sync_queue_answered_by_record ON sync_queue (table_name, record_id, id)
  WHERE status = 'synced';
CREATE INDEX sync_queue_by_action ON sync_queue (action_id);
CREATE INDEX sync_queue_by_record ON sync_queue (table_name, record_id, id)
  WHERE status <> 'synced';
CREATE INDEX sync_queue_failed ON sync_queue (id) WHERE status = 'failed';
CREATE INDEX sync_queue_postponed ON sync_queue (next_attempt)
  WHERE status = 'pending' AND next_attempt > 0;
CREATE INDEX sync_queue_sent ON sync_queue (id) WHERE status = 'syncing';
CREATE INDEX sync_queue_waiting ON sync_queue (priority, id) WHERE status = 'pending';
