#include "config.h"

#include "bp-overview.h"

#include "bp-date.h"
#include "bp-report.h"
#include "bp-shop-private.h"

static void
day_free (gpointer data)
{
  BpDay *day = data;

  g_free (day->date);
  g_free (day);
}

static BpDay *
day_new (JsonObject        *row,
         const char *const *methods)
{
  BpDay *day = g_new0 (BpDay, 1);

  day->date = g_strdup (json_object_get_string_member (row, "date"));
  day->n_sales = json_object_get_int_member (row, "sales");
  day->n_returns = json_object_get_int_member (row, "returns");
  day->total = json_object_get_int_member (row, "total");
  day->paid = json_object_get_int_member (row, "paid");
  for (guint i = 0; methods[i] != NULL; i++)
    day->by_method[i] = json_object_get_int_member_with_default (row, methods[i], 0);
  return day;
}

static char **
list_methods (void)
{
  const BpTable *table = bp_table_find ("payments");
  const BpField *field = &table->fields[bp_table_find_field (table, "method")];

  return g_strsplit (field->detail, " ", BP_OVERVIEW_METHODS);
}

static gboolean
read_days (BpOverview *self,
           BpShop     *shop,
           GError    **error)
{
  g_autoptr (GPtrArray) rows = NULL;
  g_autofree char *today = bp_report_get_today (shop, error);
  g_autofree char *first = NULL;

  if (today == NULL)
    return FALSE;
  first = bp_date_add_days (today, 1 - BP_OVERVIEW_DAYS);
  rows = bp_report_run (shop, BP_REPORT_DAY, first, today, error);
  if (rows == NULL)
    return FALSE;

  for (guint i = 0; i < rows->len; i++)
    g_ptr_array_add (self->days, day_new (rows->pdata[i], (const char *const *)self->methods));
  return TRUE;
}

static gboolean
read_low_stock (BpOverview *self,
                BpShop     *shop,
                GError    **error)
{
  static const BpCondition low[] = {
    { "reorder_level", BP_COMPARE_ABOVE, NULL, NULL, 0 },
    { "stock", BP_COMPARE_AT_MOST, "reorder_level", NULL, 0 },
  };
  const BpListQuery query = { .table = bp_table_find ("products"), .sort = "stock", .status = -1,
                              .conditions = low, .n_conditions = G_N_ELEMENTS (low) };
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (bp_shop_get_folder (shop), error);
  g_autoptr (GArray) found = NULL;

  if (reader == NULL)
    return FALSE;
  found = bp_store_reader_list (reader, &query, 0, error);
  if (found == NULL)
    return FALSE;

  self->n_low_stock = found->len;
  self->low_stock = bp_store_reader_read (reader, query.table, (const guint32 *)found->data,
                                          MIN (found->len, BP_OVERVIEW_LOW), error);
  return self->low_stock != NULL;
}

/**
 * bp_overview_read:
 * @shop: a shop
 * @error: #BpDatabaseError
 *
 * Adds up what is stored. Waits for the disk; any thread.
 *
 * Returns: (transfer full): the figures up to now
 */
BpOverview *
bp_overview_read (BpShop  *shop,
                  GError **error)
{
  g_autoptr (BpOverview) self = g_new0 (BpOverview, 1);

  self->days = g_ptr_array_new_with_free_func (day_free);
  self->methods = list_methods ();
  if (!read_days (self, shop, error) || !read_low_stock (self, shop, error))
    return NULL;

  return g_steal_pointer (&self);
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  GError *error = NULL;
  BpOverview *overview = bp_overview_read (source_object, &error);

  if (overview != NULL)
    g_task_return_pointer (task, overview, (GDestroyNotify)bp_overview_free);
  else
    g_task_return_error (task, error);
}

/**
 * bp_overview_read_async:
 * @shop: a shop
 * @cancellable: (nullable): makes the result be dropped
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * As bp_overview_read(), in a thread.
 */
void
bp_overview_read_async (BpShop             *shop,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_overview_read_async);
  g_task_run_in_thread (task, read_in_thread);
}

/**
 * bp_overview_read_finish:
 * @shop: a shop
 * @result: of bp_overview_read_async()
 * @error: #BpDatabaseError, %G_IO_ERROR_CANCELLED
 *
 * Returns: (transfer full): the figures
 */
BpOverview *
bp_overview_read_finish (BpShop       *shop,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * bp_overview_free:
 * @overview: (nullable) (transfer full): figures
 */
void
bp_overview_free (BpOverview *overview)
{
  if (overview == NULL)
    return;

  g_clear_pointer (&overview->days, g_ptr_array_unref);
  g_clear_pointer (&overview->low_stock, g_ptr_array_unref);
  g_strfreev (overview->methods);
  g_free (overview);
}
