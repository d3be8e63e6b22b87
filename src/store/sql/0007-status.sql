-- What needs attention is looked for and counted among many that do not.

CREATE INDEX products_by_status ON products_local (sync_status) WHERE sync_status <> 'synced';
CREATE INDEX customers_by_status ON customers_local (sync_status) WHERE sync_status <> 'synced';
CREATE INDEX sales_by_status ON sales_local (sync_status) WHERE sync_status <> 'synced';
CREATE INDEX payments_by_status ON payments_local (sync_status) WHERE sync_status <> 'synced';
CREATE INDEX stock_movements_by_status ON stock_movements_local (sync_status)
  WHERE sync_status <> 'synced';
CREATE INDEX stock_movements_by_time ON stock_movements_local (is_deleted, moved_at);
CREATE INDEX payments_by_time ON payments_local (is_deleted, paid_at);
