/* What a projection is made of, entry by entry, over a connection that only
 * reads. The figure shown is the newest entry's; those before it follow by
 * taking one entry away after the other, so that what this device does not
 * hold makes no difference. */
#include "config.h"

#include "bp-store-ledger.h"

#include "bp-store-private.h"

#define STOCK_SQL \
  "SELECT moved_at AS time, 'stock_movements' AS source, id, reason AS word," \
  " note AS title, quantity AS amount, iif (reason = 'stocktake', counted, NULL) AS counted," \
  " sync_status, row FROM stock_movements_local" \
  " WHERE product_id = :id AND is_deleted = 0" \
  " UNION ALL SELECT s.sale_date, 'sales', s.id, s.kind, s.number," \
  " iif (s.kind = 'return', l.quantity, -l.quantity), NULL, s.sync_status, s.row" \
  " FROM sale_lines AS l JOIN sales_local AS s ON s.row = l.sale_row" \
  " WHERE l.product_id = :id AND s.is_deleted = 0 AND s.status = 'posted'"

/* A payment with a sale counts for that sale's customer. */
#define BALANCE_SQL \
  "SELECT sale_date AS time, 'sales' AS source, id, kind AS word, number AS title," \
  " iif (kind = 'return', -total_amount, total_amount) AS amount, NULL AS counted," \
  " sync_status, row FROM sales_local" \
  " WHERE customer_id = :id AND is_deleted = 0 AND status = 'posted'" \
  " UNION ALL SELECT y.paid_at, 'payments', y.id, y.method, coalesce (s.number, y.note)," \
  " -y.amount, NULL, y.sync_status, y.row FROM payments_local AS y" \
  " LEFT JOIN sales_local AS s ON s.id = y.sale_id" \
  " WHERE y.customer_id = :id AND y.is_deleted = 0 AND y.sale_id IS NULL" \
  " UNION ALL SELECT y.paid_at, 'payments', y.id, y.method, s.number," \
  " -y.amount, NULL, y.sync_status, y.row FROM sales_local AS s" \
  " JOIN payments_local AS y ON y.sale_id = s.id" \
  " WHERE s.customer_id = :id AND y.is_deleted = 0"

#define PAID_SQL \
  "SELECT paid_at AS time, 'payments' AS source, id, method AS word, note AS title," \
  " amount, NULL AS counted, sync_status, row FROM payments_local" \
  " WHERE sale_id = :id AND is_deleted = 0"

static const struct
{
  const char *table;
  const char *field;
  const char *sql;
} ledgers[] = {
  { "products", "stock", STOCK_SQL },
  { "customers", "balance", BALANCE_SQL },
  { "sales", "paid", PAID_SQL },
};

static gboolean
read_figure (BpStoreReader *self,
             const BpTable *table,
             const char    *field,
             const char    *id,
             gint64        *figure,
             GError       **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT coalesce (%s, 0) FROM %s_local WHERE id = :id",
                                          field, table->name);
  BpDatabase *database = bp_store_reader_get_database (self);
  g_autoptr (BpStatement) statement = bp_database_prepare (database, sql, error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;

  bp_bind_text (statement, ":id", id);
  if (!bp_database_step (database, statement, &has_row, error))
    return FALSE;
  *figure = has_row ? bp_column_get_integer (statement, 0) : 0;
  return TRUE;
}

static BpLedgerEntry *
take_entry (sqlite3_stmt *statement,
            gint64       *figure)
{
  BpLedgerEntry *entry = g_new0 (BpLedgerEntry, 1);

  entry->time = bp_column_get_integer (statement, 0);
  entry->table = bp_table_find (bp_column_get_text (statement, 1));
  entry->id = bp_column_dup_text (statement, 2);
  entry->word = bp_column_dup_text (statement, 3);
  entry->title = bp_column_dup_text (statement, 4);
  entry->amount = bp_column_get_integer (statement, 5);
  entry->has_counted = sqlite3_column_type (statement, 6) != SQLITE_NULL;
  entry->counted = bp_column_get_integer (statement, 6);
  entry->is_synced = g_strcmp0 (bp_column_get_text (statement, 7), "synced") == 0;
  entry->figure = *figure;
  *figure -= entry->amount;
  return entry;
}

static GPtrArray *
collect (BpStoreReader *self,
         sqlite3_stmt  *statement,
         gint64         figure,
         GError       **error)
{
  g_autoptr (GPtrArray) entries
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_ledger_entry_free);
  gboolean has_row = TRUE;

  while (has_row)
    {
      if (!bp_database_step (bp_store_reader_get_database (self), statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (entries, take_entry (statement, &figure));
    }

  return g_steal_pointer (&entries);
}

/**
 * bp_store_reader_has_ledger:
 * @table: a table
 *
 * Returns: whether its records have a figure that is made of entries
 */
gboolean
bp_store_reader_has_ledger (const BpTable *table)
{
  for (guint i = 0; i < G_N_ELEMENTS (ledgers); i++)
    {
      if (g_str_equal (ledgers[i].table, table->name))
        return TRUE;
    }

  return FALSE;
}

/**
 * bp_store_reader_ledger:
 * @self: a reader
 * @table: a table that has such a figure
 * @id: one of its records
 * @limit: at most so many entries
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpLedgerEntry): what its figure is
 *   made of, newest first
 */
GPtrArray *
bp_store_reader_ledger (BpStoreReader *self,
                        const BpTable *table,
                        const char    *id,
                        guint          limit,
                        GError       **error)
{
  guint i = 0;
  gint64 figure;
  g_autofree char *sql = NULL;
  g_autoptr (BpStatement) statement = NULL;

  while (i < G_N_ELEMENTS (ledgers) && !g_str_equal (ledgers[i].table, table->name))
    i++;
  g_return_val_if_fail (i < G_N_ELEMENTS (ledgers), NULL);

  if (!read_figure (self, table, ledgers[i].field, id, &figure, error))
    return NULL;
  sql = g_strdup_printf ("%s ORDER BY time DESC, source, row DESC LIMIT :limit", ledgers[i].sql);
  statement = bp_database_prepare (bp_store_reader_get_database (self), sql, error);
  if (statement == NULL)
    return NULL;

  bp_bind_text (statement, ":id", id);
  bp_bind_integer (statement, ":limit", limit);
  return collect (self, statement, figure, error);
}

/**
 * bp_ledger_entry_free:
 * @entry: (nullable) (transfer full): an entry
 */
void
bp_ledger_entry_free (BpLedgerEntry *entry)
{
  if (entry == NULL)
    return;

  g_free (entry->id);
  g_free (entry->word);
  g_free (entry->title);
  g_free (entry);
}
