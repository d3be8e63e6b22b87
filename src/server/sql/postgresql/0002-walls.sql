-- A second wall between stores: whatever a statement asks for, it sees and
-- writes only rows of the store that its transaction has entered, and none
-- before it has entered any. The operator's commands enter every store.
-- The owner of the tables is bound by it, too; a superuser is not.

-- Behind the wall an index serves only operators that leak nothing, which
-- left () is not known to be: what the keys begin with becomes columns.
ALTER TABLE products
  ADD COLUMN sku_start TEXT COLLATE "C" GENERATED ALWAYS AS (left (sku, 64)) STORED,
  ADD COLUMN barcode_start TEXT COLLATE "C" GENERATED ALWAYS AS (left (barcode, 64)) STORED;
ALTER TABLE sales
  ADD COLUMN number_start TEXT COLLATE "C" GENERATED ALWAYS AS (left (number, 64)) STORED,
  ADD COLUMN refers_to_start TEXT COLLATE "C" GENERATED ALWAYS AS (left (refers_to, 64)) STORED;
DROP INDEX products_by_sku, products_by_barcode, sales_by_number, sales_by_refers_to;
CREATE INDEX products_by_sku ON products (store_id, sku_start, id) WHERE sku_start IS NOT NULL;
CREATE INDEX products_by_barcode ON products (store_id, barcode_start, id)
  WHERE barcode_start IS NOT NULL;
CREATE INDEX sales_by_number ON sales (store_id, number_start, id)
  WHERE number_start IS NOT NULL;
CREATE INDEX sales_by_refers_to ON sales (store_id, refers_to_start, id)
  WHERE refers_to_start IS NOT NULL;

DO $$
DECLARE
  one regclass;
BEGIN
  FOREACH one IN ARRAY ARRAY['stores', 'devices', 'pairing_codes', 'pulls', 'operations',
    'pending_amounts', 'products', 'customers', 'sales', 'payments', 'stock_movements',
    'settings', 'reports', 'analytics']::regclass[]
  LOOP
    EXECUTE format ('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', one);
    EXECUTE format ('ALTER TABLE %s FORCE ROW LEVEL SECURITY', one);
    -- Each setting is looked up once a statement, not once a row.
    EXECUTE format ('CREATE POLICY one_store ON %s USING'
                    ' (store_id = (SELECT current_setting (''bizpulse.store'', true))'
                    ' OR (SELECT current_setting (''bizpulse.every_store'', true)) = ''yes'')',
                    one);
  END LOOP;
END
$$;
