/* Payments of a sale that the server does not have yet: it counts them for no
 * customer before it has the sale, and for the sale's with that. So here they
 * count with the making of the sale, for as long as that waits. */
#include "config.h"

#include "bp-store-sync-private.h"

/**
 * bp_store_find_paid:
 * @sale_id: a sale
 * @self: (type BpStore): a store, locked
 *
 * Of payments that wait the operations count for the customer themselves.
 *
 * Returns: the sum of the sale's payments whose own operations do not
 */
gint64
bp_store_find_paid (const char *sale_id,
                    gpointer    self)
{
  gint64 paid = 0;

  bp_store_ask (self, &paid, NULL,
                "SELECT coalesce (sum (amount), 0) FROM payments_local AS p"
                " WHERE sale_id = ? AND is_deleted = 0"
                " AND NOT EXISTS (SELECT 1 FROM sync_queue AS q"
                "  JOIN sync_effects AS e ON e.op_id = q.op_id AND e.table_name = 'customers'"
                "  WHERE q.table_name = 'payments' AND q.record_id = p.id"
                "  AND q.status <> 'synced')"
                " AND NOT EXISTS (SELECT 1 FROM sync_queue AS q"
                "  JOIN sync_effects AS e ON e.op_id = q.op_id AND e.table_name = 'customers'"
                "  WHERE q.table_name = 'payments' AND q.record_id = p.id"
                "  AND q.status = 'synced')", "s", sale_id);
  return paid;
}

/* The operation that is to make the sale, where the server does not have it. */
static gboolean
find_making (BpStore     *self,
             const char  *sale_id,
             BpQueueRow **making,
             GError     **error)
{
  const BpTable *sales = bp_table_find ("sales");
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self, sales, sale_id, error);
  g_autoptr (BpBase) base = NULL;
  BpQueueRow *first;

  *making = NULL;
  if (rows == NULL)
    return FALSE;
  if (rows->len == 0)
    return TRUE;

  first = rows->pdata[0];
  if (first->kind != BP_OPERATION_INSERT)
    return TRUE;
  if (!bp_store_read_base (self, sales, sale_id, &base, error))
    return FALSE;
  if (base != NULL && base->state == NULL && base->server == NULL)
    *making = g_ptr_array_steal_index (rows, 0);
  return TRUE;
}

static gboolean
count_anew (BpStore          *self,
            const BpQueueRow *making,
            GError          **error)
{
  g_autoptr (BpState) sale = NULL;

  return bp_store_apply_queue_row (&sale, making, error)
         && bp_store_set_effects (self, making->op_id, making->table, NULL, sale, error);
}

static const char *
find_sale (const BpState *record)
{
  const BpTable *table = record->data->table;

  if (g_str_equal (table->name, "payments"))
    return bp_change_get_text (record->data, "sale_id");

  return g_str_equal (table->name, "sales") ? record->id : NULL;
}

/**
 * bp_store_count_paid:
 * @self: a store, in a transaction
 * @record: (nullable): a payment that came, or began or ceased to count by
 *   itself; or a sale that got another id
 * @error: #BpDatabaseError, #BpDataError
 *
 * Where the making of the sale waits, what that adds to figures is worked out
 * anew. Does nothing for records of other tables.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_count_paid (BpStore       *self,
                     const BpState *record,
                     GError       **error)
{
  const char *sale_id = record != NULL ? find_sale (record) : NULL;
  g_autoptr (BpQueueRow) making = NULL;

  if (sale_id == NULL)
    return TRUE;
  if (!find_making (self, sale_id, &making, error))
    return FALSE;

  return making == NULL || count_anew (self, making, error);
}

/**
 * bp_store_pays_unknown:
 * @self: a store
 * @table: a table
 * @pays: (out): whether rows of it that are pulled must be counted with
 *   bp_store_count_paid()
 * @error: #BpDatabaseError
 *
 * Returns: whether it could be looked up
 */
gboolean
bp_store_pays_unknown (BpStore       *self,
                       const BpTable *table,
                       gboolean      *pays,
                       GError       **error)
{
  gint64 any = 0;

  *pays = FALSE;
  if (!g_str_equal (table->name, "payments"))
    return TRUE;
  if (!bp_store_ask (self, &any, error,
                     "SELECT EXISTS (SELECT 1 FROM sync_base WHERE table_name = 'sales'"
                     " AND state IS NULL)", ""))
    return FALSE;

  *pays = any != 0;
  return TRUE;
}

/**
 * bp_store_count_paid_of:
 * @self: a store, in a transaction
 * @records: (element-type BpState): what was pulled of one table
 * @error: #BpDatabaseError, #BpDataError
 *
 * As bp_store_count_paid() for each payment among @records.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_count_paid_of (BpStore   *self,
                        GPtrArray *records,
                        GError   **error)
{
  const BpState *first = records->len > 0 ? records->pdata[0] : NULL;
  gboolean any = FALSE;

  if (first != NULL && !bp_store_pays_unknown (self, first->data->table, &any, error))
    return FALSE;

  for (guint i = 0; any && i < records->len; i++)
    {
      if (!bp_store_count_paid (self, records->pdata[i], error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_leave_to_sale:
 * @self: a store, in a transaction
 * @payment: an operation that the server has applied
 * @error: #BpDatabaseError, #BpDataError
 *
 * Of a payment: where the making of its sale waits, it counts for the customer
 * with that from now on.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_leave_to_sale (BpStore          *self,
                        const BpQueueRow *payment,
                        GError          **error)
{
  g_autoptr (BpQueueRow) making = NULL;
  g_autofree char *sale_id = NULL;

  if (!g_str_equal (payment->table->name, "payments"))
    return TRUE;
  if (!bp_store_read_text (bp_store_get_database (self),
                           "SELECT sale_id FROM payments_local AS p WHERE id = :name"
                           " AND EXISTS (SELECT 1 FROM sync_queue AS q"
                           "  WHERE q.table_name = 'sales' AND q.record_id = p.sale_id"
                           "  AND q.status <> 'synced')", payment->record_id, &sale_id, error))
    return FALSE;
  if (sale_id == NULL)
    return TRUE;
  if (!find_making (self, sale_id, &making, error))
    return FALSE;

  return making == NULL
         || (bp_store_drop_effects_on (self, payment->op_id, bp_table_find ("customers"), error)
             && count_anew (self, making, error));
}
