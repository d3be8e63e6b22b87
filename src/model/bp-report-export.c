/* Reports in a thread: for a window, and as CSV. */
#include "config.h"

#include "bp-csv.h"
#include "bp-money.h"
#include "bp-report.h"

typedef struct
{
  BpReportKind kind;
  char *from; /* (owned) (nullable) */
  char *to;   /* (owned) (nullable) */
  char *path; /* (owned) (nullable) */
} Asked;

static void
asked_free (gpointer data)
{
  Asked *asked = data;

  g_free (asked->from);
  g_free (asked->to);
  g_free (asked->path);
  g_free (asked);
}

static GTask *
task_new (BpShop              *shop,
          const BpReportQuery *query,
          const char          *path,
          GCancellable        *cancellable,
          GAsyncReadyCallback  callback,
          gpointer             user_data)
{
  GTask *task = g_task_new (shop, cancellable, callback, user_data);
  Asked *asked = g_new (Asked, 1);

  asked->kind = query->kind;
  asked->from = g_strdup (query->from);
  asked->to = g_strdup (query->to);
  asked->path = g_strdup (path);
  g_task_set_task_data (task, asked, asked_free);
  return task;
}

static void
run_in_thread (GTask        *task,
               gpointer      source_object,
               gpointer      task_data,
               GCancellable *cancellable)
{
  const Asked *asked = task_data;
  GError *error = NULL;
  GPtrArray *rows = bp_report_run (source_object, asked->kind, asked->from, asked->to, &error);

  if (rows != NULL)
    g_task_return_pointer (task, rows, (GDestroyNotify)g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

/**
 * bp_report_run_async:
 * @shop: a shop
 * @query: which figures, of which days; copied
 * @cancellable: (nullable): makes the result be dropped
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * As bp_report_run(), in a thread.
 */
void
bp_report_run_async (BpShop              *shop,
                     const BpReportQuery *query,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_autoptr (GTask) task = task_new (shop, query, NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_report_run_async);
  g_task_run_in_thread (task, run_in_thread);
}

/**
 * bp_report_run_finish:
 * @shop: a shop
 * @result: of bp_report_run_async()
 * @error: as bp_report_run(), %G_IO_ERROR_CANCELLED
 *
 * Returns: (transfer full) (element-type JsonObject): the rows
 */
GPtrArray *
bp_report_run_finish (BpShop       *shop,
                      GAsyncResult *result,
                      GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static char *
format_cell (JsonObject           *row,
             const BpReportColumn *column,
             int                   decimals)
{
  gint64 integer;

  if (json_object_get_null_member (row, column->member))
    return NULL;
  if (column->unit == BP_FIELD_TEXT || column->unit == BP_FIELD_DATE)
    return g_strdup (json_object_get_string_member (row, column->member));

  integer = json_object_get_int_member (row, column->member);
  if (column->unit == BP_FIELD_MONEY)
    return bp_money_to_plain (integer, decimals);
  if (column->unit == BP_FIELD_QUANTITY)
    return bp_money_to_plain (integer, 3);
  return g_strdup_printf ("%" G_GINT64_FORMAT, integer);
}

static GString *
make_csv (GPtrArray   *rows,
          BpReportKind kind,
          int          decimals)
{
  GString *csv = g_string_new (NULL);
  guint n_columns;
  const BpReportColumn *columns = bp_report_get_columns (kind, &n_columns);

  bp_csv_append_start (csv);
  for (guint i = 0; i < n_columns; i++)
    bp_csv_append_cell (csv, columns[i].member, TRUE);
  bp_csv_append_end_of_row (csv);
  for (guint i = 0; i < rows->len; i++)
    {
      for (guint j = 0; j < n_columns; j++)
        {
          g_autofree char *text = format_cell (rows->pdata[i], &columns[j], decimals);

          bp_csv_append_cell (csv, text, columns[j].unit == BP_FIELD_TEXT);
        }
      bp_csv_append_end_of_row (csv);
    }

  return csv;
}

static void
export_in_thread (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  const Asked *asked = task_data;
  g_autoptr (BpProfile) profile = bp_shop_dup_profile (source_object);
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GString) csv = NULL;
  GError *error = NULL;

  rows = bp_report_run (source_object, asked->kind, asked->from, asked->to, &error);
  if (rows != NULL)
    csv = make_csv (rows, asked->kind, bp_money_get_decimals (profile->currency));
  if (csv == NULL || g_cancellable_set_error_if_cancelled (cancellable, &error)
      || !g_file_set_contents_full (asked->path, csv->str, (gssize)csv->len,
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0666, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * bp_report_export_async:
 * @shop: a shop
 * @query: which figures, of which days; copied
 * @path: the file, replaced as a whole when all is written
 * @cancellable: (nullable): stops it; @path is then as it was
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * Writes what bp_report_get_columns() names as CSV, amounts in major units,
 * quantities in units.
 */
void
bp_report_export_async (BpShop              *shop,
                        const BpReportQuery *query,
                        const char          *path,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr (GTask) task = task_new (shop, query, path, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_report_export_async);
  g_task_run_in_thread (task, export_in_thread);
}

/**
 * bp_report_export_finish:
 * @shop: a shop
 * @result: of bp_report_export_async()
 * @error: as bp_report_run(), #GFileError, %G_IO_ERROR_CANCELLED
 *
 * Returns: whether the file is written
 */
gboolean
bp_report_export_finish (BpShop       *shop,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
