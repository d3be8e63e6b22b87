/* The lists of what syncing does, as CSV. */
#include "config.h"

#include "bp-activity-list.h"
#include "bp-csv.h"
#include "bp-date.h"

#define CHUNK 512

typedef struct
{
  BpActivityKind kind;
  char *path; /* (owned) */
} Asked;

typedef struct
{
  GString *csv;    /* (owned) */
  GTimeZone *zone; /* (owned) */
} Export;

static void
asked_free (gpointer data)
{
  Asked *asked = data;

  g_free (asked->path);
  g_free (asked);
}

static void
export_clear (Export *export)
{
  g_string_free (export->csv, TRUE);
  g_clear_pointer (&export->zone, g_time_zone_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Export, export_clear)

static void
append_text (Export     *export,
             const char *text)
{
  bp_csv_append_cell (export->csv, text, TRUE);
}

static void
append_integer (Export *export,
                gint64  integer)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, integer);

  bp_csv_append_cell (export->csv, text, FALSE);
}

static void
append_time (Export *export,
             gint64  time)
{
  g_autofree char *text = time != 0 ? bp_date_format_time (time, export->zone) : NULL;

  bp_csv_append_cell (export->csv, text, FALSE);
}

static void
append_header (Export        *export,
               BpActivityKind kind)
{
  static const char *const operations[] = {
    "id", "table", "record_id", "record", "operation", "priority", "status", "retry_count",
    "next_attempt", "created", "user", "last_error", "data", NULL,
  };
  static const char *const conflicts[] = {
    "id", "table", "record_id", "record", "conflict_type", "created", NULL,
  };
  static const char *const history[] = {
    "time", "what", "table", "record", "outcome", "pushed", "pulled", "conflicts", "failed",
    "requests", "bytes_sent", "bytes_received", "milliseconds", "error", NULL,
  };
  const char *const *names = kind == BP_ACTIVITY_CONFLICTS ? conflicts
                             : kind == BP_ACTIVITY_HISTORY ? history
                                                           : operations;

  bp_csv_append_start (export->csv);
  for (guint i = 0; names[i] != NULL; i++)
    append_text (export, names[i]);
  bp_csv_append_end_of_row (export->csv);
}

static void
append_operation (Export              *export,
                  const BpActivityRow *row)
{
  const BpQueueRow *queue = row->queue;

  append_integer (export, queue->id);
  append_text (export, queue->table != NULL ? queue->table->name : NULL);
  append_text (export, queue->record_id);
  append_text (export, row->title);
  append_text (export, bp_operation_kind_to_string (queue->kind));
  append_text (export, bp_priority_to_string (queue->priority));
  append_text (export, queue->status);
  append_integer (export, queue->retry_count);
  append_time (export, queue->next_attempt);
  append_time (export, queue->timestamp);
  append_text (export, queue->user);
  append_text (export, queue->last_error);
  append_text (export, queue->data);
}

static void
append_decided (Export              *export,
                const BpActivityRow *row)
{
  const BpConflict *conflict = row->conflict;

  append_time (export, conflict->resolved);
  append_text (export, bp_conflict_type_to_string (conflict->type));
  append_text (export, conflict->table != NULL ? conflict->table->name : NULL);
  append_text (export, row->title != NULL ? row->title : conflict->record_id);
  append_text (export, conflict->decision);
  for (guint i = 0; i < 9; i++)
    append_text (export, NULL);
}

static void
append_run (Export              *export,
            const BpActivityRow *row)
{
  const BpLogEntry *run = row->run;
  const gint64 figures[] = {
    run->pushed, run->pulled, run->conflicts, run->failed, run->requests, run->bytes_sent,
    run->bytes_received, run->milliseconds,
  };

  append_time (export, run->time);
  append_text (export, run->kind);
  append_text (export, NULL);
  append_text (export, NULL);
  append_text (export, run->state);
  for (guint i = 0; i < G_N_ELEMENTS (figures); i++)
    append_integer (export, figures[i]);
  append_text (export, run->error);
}

static void
append_conflict (Export              *export,
                 const BpActivityRow *row)
{
  const BpConflict *conflict = row->conflict;

  append_integer (export, conflict->id);
  append_text (export, conflict->table != NULL ? conflict->table->name : NULL);
  append_text (export, conflict->record_id);
  append_text (export, row->title);
  append_text (export, bp_conflict_type_to_string (conflict->type));
  append_time (export, conflict->created_at);
}

static gboolean
append_rows (Export        *export,
             BpStoreReader *reader,
             BpActivityKind kind,
             GCancellable  *cancellable,
             GError       **error)
{
  g_autoptr (GArray) keys = bp_store_reader_list_activity (reader, kind, error);

  for (guint at = 0; keys != NULL && at < keys->len; at += CHUNK)
    {
      g_autoptr (GPtrArray) rows
        = bp_store_reader_read_activity (reader, &g_array_index (keys, gint64, at),
                                         MIN (CHUNK, keys->len - at), error);

      if (rows == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      for (guint i = 0; i < rows->len; i++)
        {
          const BpActivityRow *row = rows->pdata[i];

          if (row->queue != NULL)
            append_operation (export, row);
          else if (row->run != NULL)
            append_run (export, row);
          else if (kind == BP_ACTIVITY_HISTORY)
            append_decided (export, row);
          else
            append_conflict (export, row);
          bp_csv_append_end_of_row (export->csv);
        }
    }

  return keys != NULL;
}

static void
export_in_thread (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  const Asked *asked = task_data;
  BpShop *shop = source_object;
  GError *error = NULL;
  g_autoptr (BpProfile) profile = bp_shop_dup_profile (shop);
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (bp_shop_get_folder (shop), &error);
  g_auto (Export) export = { g_string_new (NULL), NULL };

  if (reader != NULL)
    export.zone = bp_date_find_zone (profile->time_zone, &error);
  if (export.zone != NULL)
    append_header (&export, asked->kind);
  if (export.zone == NULL || !append_rows (&export, reader, asked->kind, cancellable, &error)
      || !g_file_set_contents_full (asked->path, export.csv->str, (gssize)export.csv->len,
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0666, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * bp_activity_export_async:
 * @shop: a shop
 * @kind: which list
 * @path: the file, replaced as a whole when all is written
 * @cancellable: (nullable): stops it; @path is then as it was
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_activity_export_async (BpShop             *shop,
                          BpActivityKind      kind,
                          const char         *path,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);
  Asked *asked = g_new (Asked, 1);

  asked->kind = kind;
  asked->path = g_strdup (path);
  g_task_set_source_tag (task, bp_activity_export_async);
  g_task_set_task_data (task, asked, asked_free);
  g_task_run_in_thread (task, export_in_thread);
}

/**
 * bp_activity_export_finish:
 * @shop: a shop
 * @result: of bp_activity_export_async()
 * @error: #GFileError, #BpDatabaseError, %G_IO_ERROR_CANCELLED
 *
 * Returns: whether the file is written
 */
gboolean
bp_activity_export_finish (BpShop       *shop,
                           GAsyncResult *result,
                           GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
