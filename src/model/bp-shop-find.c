#include "config.h"

#include <string.h>

#include "bp-shop-private.h"
#include "bp-store-reader.h"

/* A record that is not there is no failure, it may still arrive. */
static gboolean
settle (GError  *local_error,
        GError **error)
{
  if (local_error == NULL)
    return TRUE;
  if (g_error_matches (local_error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND))
    {
      g_error_free (local_error);
      return TRUE;
    }

  g_propagate_error (error, local_error);
  return FALSE;
}

/**
 * bp_shop_find_row:
 * @store: a store
 * @table: a table
 * @id: a record, maybe by an id from before it became another
 * @row: (out) (transfer full) (nullable): the record where it is there and not
 *   deleted
 * @error: #BpDatabaseError
 *
 * Returns: %FALSE with @error set where it could not be read
 */
gboolean
bp_shop_find_row (BpStore       *store,
                  const BpTable *table,
                  const char    *id,
                  BpRow        **row,
                  GError       **error)
{
  GError *local_error = NULL;

  *row = bp_store_get_referred (store, table, id, &local_error);
  if (*row != NULL && (*row)->state->is_deleted)
    g_clear_pointer (row, bp_row_free);
  return settle (local_error, error);
}

/**
 * bp_shop_find_id:
 * @store: a store
 * @table: a table
 * @field: one of its keys
 * @value: what is looked for
 * @id: (out) (transfer full) (nullable): the living record that has it
 * @error: #BpDatabaseError
 *
 * Returns: %FALSE with @error set where it could not be looked up
 */
gboolean
bp_shop_find_id (BpStore       *store,
                 const BpTable *table,
                 const char    *field,
                 const char    *value,
                 char         **id,
                 GError       **error)
{
  GError *local_error = NULL;

  *id = bp_store_find_by_key (store, table, field, value, &local_error);
  return settle (local_error, error);
}

static gboolean
take_first (const BpRow *row,
            gpointer     user_data)
{
  char **id = user_data;

  *id = g_strdup (row->state->id);
  return FALSE;
}

static BpRow *
find_product (BpStore    *store,
              const char *text,
              GError    **error)
{
  const BpTable *products = bp_table_find ("products");
  g_autofree char *id = NULL;
  BpRow *row = NULL;

  if (!bp_shop_find_id (store, products, "barcode", text, &id, error)
      || (id == NULL && !bp_shop_find_id (store, products, "sku", text, &id, error))
      || (id == NULL
          && !bp_store_list (store, &(BpListFilter){ products, text, FALSE, 1, .selected = TRUE },
                             take_first, &id, error))
      || (id != NULL && !bp_shop_find_row (store, products, id, &row, error)))
    return NULL;

  if (row == NULL)
    g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND, "There is no product “%.64s”",
                 text);
  return row;
}

static void
find_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpStore *store = bp_shop_get_store (source_object);
  GError *error = NULL;
  BpRow *row = find_product (store, task_data, &error);

  if (row != NULL)
    g_task_return_pointer (task, row, (GDestroyNotify)bp_row_free);
  else
    g_task_return_error (task, error);
}

/**
 * bp_shop_find_product_async:
 * @self: a shop
 * @text: what was scanned or typed: a barcode, a SKU, or beginnings of words
 * @cancellable: (nullable): makes the result be dropped
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_shop_find_product_async (BpShop             *self,
                            const char         *text,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_shop_find_product_async);
  g_task_set_task_data (task, g_strstrip (g_strdup (text)), g_free);
  g_task_run_in_thread (task, find_in_thread);
}

/**
 * bp_shop_find_product_finish:
 * @self: a shop
 * @result: of bp_shop_find_product_async()
 * @error: %BP_STORE_ERROR_NOT_FOUND, #BpDatabaseError
 *
 * Returns: (transfer full): the product; of several that a search finds, one
 */
BpRow *
bp_shop_find_product_finish (BpShop       *self,
                             GAsyncResult *result,
                             GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* So many bills are offered at once. */
#define MAX_UNPAID 100

static GPtrArray *
read_unpaid (BpShop     *shop,
             const char *customer_id,
             GError    **error)
{
  const BpCondition conditions[] = {
    { "customer_id", BP_COMPARE_EQUAL, NULL, customer_id, 0 },
    { "status", BP_COMPARE_EQUAL, NULL, "posted", 0 },
    { "kind", BP_COMPARE_EQUAL, NULL, "sale", 0 },
    { "paid", BP_COMPARE_BELOW, "total_amount", NULL, 0 },
  };
  BpListQuery query = { .table = bp_table_find ("sales"), .status = -1,
                        .conditions = conditions, .n_conditions = G_N_ELEMENTS (conditions) };
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (bp_shop_get_folder (shop), error);
  g_autoptr (GArray) rows = NULL;

  if (reader != NULL)
    rows = bp_store_reader_list (reader, &query, MAX_UNPAID, error);
  if (rows == NULL)
    return NULL;

  return bp_store_reader_read (reader, query.table, (const guint32 *)(gpointer)rows->data,
                               rows->len, error);
}

static void
find_unpaid_in_thread (GTask        *task,
                       gpointer      source_object,
                       gpointer      task_data,
                       GCancellable *cancellable)
{
  GError *error = NULL;
  GPtrArray *rows = read_unpaid (source_object, task_data, &error);

  if (rows != NULL)
    g_task_return_pointer (task, rows, (GDestroyNotify)g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

/**
 * bp_shop_find_unpaid_async:
 * @self: a shop
 * @customer_id: whose bills
 * @cancellable: (nullable): makes the result be dropped
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_shop_find_unpaid_async (BpShop             *self,
                           const char         *customer_id,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_shop_find_unpaid_async);
  g_task_set_task_data (task, g_strdup (customer_id), g_free);
  g_task_run_in_thread (task, find_unpaid_in_thread);
}

/**
 * bp_shop_find_unpaid_finish:
 * @self: a shop
 * @result: of bp_shop_find_unpaid_async()
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpRow): the customer's bills of which
 *   something is left to pay, oldest first, %NULL for one that has gone
 */
GPtrArray *
bp_shop_find_unpaid_finish (BpShop       *self,
                            GAsyncResult *result,
                            GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
