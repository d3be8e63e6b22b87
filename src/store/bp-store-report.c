#include "config.h"

#include "bp-store-report.h"

#include "bp-store-private.h"

/* A return takes back what its sale brought. */
#define SIGN "iif (kind = 'return', -1, 1)"
#define POSTED "is_deleted = 0 AND status = 'posted' AND business_date BETWEEN :from AND :to"

static const char *const kind_names[] = { "day", "products", "customers", "stock" };

/* Each day of the range, with or without figures. */
#define DAYS \
  "WITH RECURSIVE days (date) AS (SELECT :from UNION ALL" \
  " SELECT date (date, '+1 day') FROM days WHERE date < :to)"

static const char day_sql[] =
  DAYS ", sold AS (SELECT business_date AS date,"
  " sum (kind = 'sale') AS sales, sum (kind = 'return') AS returns,"
  " sum (iif (kind = 'sale', total_amount, 0)) AS sales_total,"
  " sum (iif (kind = 'return', total_amount, 0)) AS returns_total,"
  " sum (" SIGN " * total_amount) AS total, sum (" SIGN " * tax_total) AS tax_total,"
  " sum (" SIGN " * discount) AS discount, sum (" SIGN " * round_off) AS round_off"
  " FROM sales_local WHERE " POSTED " GROUP BY business_date),"
  " voided AS (SELECT business_date AS date, count (*) AS n FROM sales_local"
  " WHERE is_deleted = 0 AND status = 'void' AND business_date BETWEEN :from AND :to"
  " GROUP BY business_date),"
  " received AS (SELECT business_date AS date, sum (amount) AS paid,"
  " sum (iif (method = 'cash', amount, 0)) AS cash,"
  " sum (iif (method = 'card', amount, 0)) AS card,"
  " sum (iif (method = 'upi', amount, 0)) AS upi,"
  " sum (iif (method = 'bank', amount, 0)) AS bank,"
  " sum (iif (method = 'account', amount, 0)) AS account"
  " FROM payments_local WHERE is_deleted = 0 AND business_date BETWEEN :from AND :to"
  " GROUP BY business_date)"
  " SELECT date, coalesce (sales, 0) AS sales, coalesce (returns, 0) AS returns,"
  " coalesce (n, 0) AS voids, coalesce (sales_total, 0) AS sales_total,"
  " coalesce (returns_total, 0) AS returns_total, coalesce (total, 0) AS total,"
  " coalesce (tax_total, 0) AS tax_total, coalesce (discount, 0) AS discount,"
  " coalesce (round_off, 0) AS round_off, coalesce (paid, 0) AS paid,"
  " coalesce (cash, 0) AS cash, coalesce (card, 0) AS card, coalesce (upi, 0) AS upi,"
  " coalesce (bank, 0) AS bank, coalesce (account, 0) AS account"
  " FROM days LEFT JOIN sold USING (date) LEFT JOIN voided USING (date)"
  " LEFT JOIN received USING (date) ORDER BY date";

static const char products_sql[] =
  "SELECT product_id, coalesce (p.name, l.name) AS name, coalesce (p.sku, l.sku) AS sku,"
  " p.category AS category, l.quantity AS quantity, l.discount AS discount,"
  " l.taxable AS taxable, l.tax AS tax, l.total AS total FROM"
  " (SELECT line ->> 'product_id' AS product_id, max (line ->> 'name') AS name,"
  " max (line ->> 'sku') AS sku, sum (sign * (line ->> 'quantity')) AS quantity,"
  " sum (sign * (line ->> 'discount')) AS discount, sum (sign * (line ->> 'taxable')) AS taxable,"
  " sum (sign * (line ->> 'tax')) AS tax, sum (sign * (line ->> 'total')) AS total"
  " FROM (SELECT " SIGN " AS sign, each.value AS line FROM sales_local,"
  " json_each (sales_local.lines) AS each WHERE " POSTED ")"
  " GROUP BY coalesce (line ->> 'product_id', line ->> 'name')) AS l"
  " LEFT JOIN products_local AS p ON p.id = l.product_id"
  " ORDER BY total DESC, name, product_id";

static const char customers_sql[] =
  "WITH bought AS (SELECT customer_id AS id, max (customer_name) AS name,"
  " sum (kind = 'sale') AS sales, sum (kind = 'return') AS returns,"
  " sum (" SIGN " * total_amount) AS total FROM sales_local"
  " WHERE " POSTED " AND customer_id IS NOT NULL GROUP BY customer_id),"
  " gave AS (SELECT coalesce (s.customer_id, y.customer_id) AS id, sum (y.amount) AS paid"
  " FROM payments_local AS y LEFT JOIN sales_local AS s ON s.id = y.sale_id"
  " WHERE y.is_deleted = 0 AND y.business_date BETWEEN :from AND :to GROUP BY 1),"
  " who AS (SELECT id FROM bought UNION SELECT id FROM gave WHERE id IS NOT NULL)"
  " SELECT who.id AS customer_id, coalesce (c.name, b.name) AS name,"
  " coalesce (b.sales, 0) AS sales, coalesce (b.returns, 0) AS returns,"
  " coalesce (b.total, 0) AS total, coalesce (g.paid, 0) AS paid,"
  " coalesce (c.balance, 0) AS balance FROM who"
  " LEFT JOIN bought AS b ON b.id = who.id LEFT JOIN gave AS g ON g.id = who.id"
  " LEFT JOIN customers_local AS c ON c.id = who.id"
  " ORDER BY total DESC, name, customer_id";

static const char stock_sql[] =
  "WITH sold AS (SELECT l.product_id AS id, sum (iif (kind = 'sale', l.quantity, 0)) AS sold,"
  " sum (iif (kind = 'return', l.quantity, 0)) AS returned"
  " FROM sales_local JOIN sale_lines AS l ON l.sale_row = sales_local.row"
  " WHERE " POSTED " AND l.product_id IS NOT NULL GROUP BY l.product_id),"
  " moved AS (SELECT product_id AS id, sum (max (quantity, 0)) AS received,"
  " sum (min (quantity, 0)) AS removed FROM stock_movements_local"
  " WHERE is_deleted = 0 AND moved_at >= :from_time AND moved_at < :to_time"
  " GROUP BY product_id)"
  " SELECT p.id AS product_id, p.name AS name, p.sku AS sku, p.category AS category,"
  " p.unit AS unit, coalesce (p.stock, 0) AS stock,"
  " coalesce (p.reorder_level, 0) AS reorder_level,"
  " (coalesce (p.reorder_level, 0) > 0 AND coalesce (p.stock, 0) <= p.reorder_level) AS low,"
  " coalesce (sold, 0) AS sold, coalesce (returned, 0) AS returned,"
  " coalesce (received, 0) AS received, coalesce (-removed, 0) AS removed"
  " FROM products_local AS p LEFT JOIN sold ON sold.id = p.id LEFT JOIN moved ON moved.id = p.id"
  " WHERE p.is_deleted = 0 ORDER BY name COLLATE NOCASE, p.row";

static const char *const statements[] = { day_sql, products_sql, customers_sql, stock_sql };

/**
 * bp_report_kind_from_string:
 * @text: any text
 * @kind: (out): the report
 *
 * Returns: whether there is such a report
 */
gboolean
bp_report_kind_from_string (const char   *text,
                            BpReportKind *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kind_names); i++)
    {
      if (g_str_equal (kind_names[i], text))
        {
          *kind = (BpReportKind)i;
          return TRUE;
        }
    }

  return FALSE;
}

static JsonObject *
read_row (sqlite3_stmt *statement)
{
  JsonObject *row = json_object_new ();

  for (int i = 0; i < sqlite3_column_count (statement); i++)
    {
      const char *name = sqlite3_column_name (statement, i);

      switch (sqlite3_column_type (statement, i))
        {
        case SQLITE_INTEGER:
          json_object_set_int_member (row, name, bp_column_get_integer (statement, i));
          break;
        case SQLITE_NULL:
          json_object_set_null_member (row, name);
          break;
        default:
          json_object_set_string_member (row, name, bp_column_get_text (statement, i));
        }
    }

  return row;
}

static void
bind_range (sqlite3_stmt        *statement,
            BpReportKind         kind,
            const BpReportRange *range)
{
  bp_bind_text (statement, ":from", range->from);
  bp_bind_text (statement, ":to", range->to);
  if (kind != BP_REPORT_STOCK)
    return;

  bp_bind_integer (statement, ":from_time", range->from_time);
  bp_bind_integer (statement, ":to_time", range->to_time);
}

/**
 * bp_store_reader_report:
 * @self: a reader
 * @kind: which figures
 * @range: of which days
 * @error: #BpDatabaseError, also where a sum is beyond 64 bits
 *
 * Adds up what is stored; nothing is worked out anew. Money is in minor units,
 * quantities in thousandths.
 *
 * Returns: (transfer full) (element-type JsonObject): the rows
 */
GPtrArray *
bp_store_reader_report (BpStoreReader       *self,
                        BpReportKind         kind,
                        const BpReportRange *range,
                        GError             **error)
{
  BpDatabase *database = bp_store_reader_get_database (self);
  g_autoptr (BpStatement) statement = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  gboolean has_row = TRUE;

  g_return_val_if_fail (kind < G_N_ELEMENTS (statements), NULL);

  statement = bp_database_prepare (database, statements[kind], error);
  if (statement == NULL)
    return NULL;

  bind_range (statement, kind, range);
  rows = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);
  while (has_row)
    {
      if (!bp_database_step (database, statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (rows, read_row (statement));
    }

  return g_steal_pointer (&rows);
}
