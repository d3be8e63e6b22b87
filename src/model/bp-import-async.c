/* Imports, their undoing, and exports in a thread of their own. */
#include "config.h"

#include "bp-export.h"
#include "bp-import-undo.h"
#include "bp-import.h"

/* An import as its task keeps it. */
typedef struct
{
  BpImportOptions options; /* its texts point to what is below */
  char *path;              /* (owned) */
  char *map;               /* (owned) (nullable) */
  char **fields;           /* (owned) (nullable) */
  char *id;                /* (owned) (nullable) */
  BpImportProgress progress;
  gpointer progress_data;
} Run;

typedef struct
{
  GTask *task; /* (owned) */
  guint done;
  guint total;
} Step;

typedef struct
{
  const BpTable *table;
  char *path; /* (owned) */
} Export;

static void
run_free (gpointer data)
{
  Run *run = data;

  g_free (run->path);
  g_free (run->map);
  g_strfreev (run->fields);
  g_free (run->id);
  g_free (run);
}

static void
step_free (gpointer data)
{
  Step *step = data;

  g_object_unref (step->task);
  g_free (step);
}

static void
export_free (gpointer data)
{
  Export *export = data;

  g_free (export->path);
  g_free (export);
}

static gboolean
on_step (gpointer user_data)
{
  const Step *step = user_data;
  const Run *run = g_task_get_task_data (step->task);

  if (!g_task_get_completed (step->task))
    run->progress (step->done, step->total, run->progress_data);
  return G_SOURCE_REMOVE;
}

static void
on_progress (guint    done,
             guint    total,
             gpointer user_data)
{
  GTask *task = user_data;
  Step *step = g_new (Step, 1);
  g_autoptr (GSource) source = g_idle_source_new ();

  step->task = g_object_ref (task);
  step->done = done;
  step->total = total;
  g_source_set_priority (source, g_task_get_priority (task));
  g_source_set_callback (source, on_step, step, step_free);
  g_source_attach (source, g_task_get_context (task));
}

static void
run_in_thread (GTask        *task,
               gpointer      source_object,
               gpointer      task_data,
               GCancellable *cancellable)
{
  const Run *run = task_data;
  GError *error = NULL;
  BpImportResult *result = bp_import_run (source_object, &run->options, cancellable, &error);

  if (result != NULL)
    g_task_return_pointer (task, result, (GDestroyNotify)bp_import_result_free);
  else
    g_task_return_error (task, error);
}

static Run *
run_new (const BpImportOptions *options,
         GTask                 *task)
{
  Run *run = g_new0 (Run, 1);

  run->path = g_strdup (options->path);
  run->map = g_strdup (options->map);
  run->fields = g_strdupv ((char **)options->fields);
  run->id = g_strdup (options->id);
  run->progress = options->progress;
  run->progress_data = options->progress_data;
  run->options = (BpImportOptions){
    .table = options->table,
    .path = run->path,
    .map = run->map,
    .fields = (const char *const *)run->fields,
    .id = run->id,
    .dry_run = options->dry_run,
    .progress = options->progress != NULL ? on_progress : NULL,
    .progress_data = task,
  };
  return run;
}

/**
 * bp_import_run_async:
 * @shop: a shop
 * @options: what to import, copied; its progress is told in the caller's main
 *   context, and not after @callback
 * @cancellable: (nullable): stops between two commits; what has gone in stays
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * bp_import_run() in a thread.
 */
void
bp_import_run_async (BpShop                *shop,
                     const BpImportOptions *options,
                     GCancellable          *cancellable,
                     GAsyncReadyCallback    callback,
                     gpointer               user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_import_run_async);
  /* An import that was done before it could be stopped is done. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, run_new (options, task), run_free);
  g_task_run_in_thread (task, run_in_thread);
}

/**
 * bp_import_run_finish:
 * @shop: a shop
 * @result: of bp_import_run_async()
 * @error: as of bp_import_run()
 *
 * Returns: (transfer full): what happened
 */
BpImportResult *
bp_import_run_finish (BpShop       *shop,
                      GAsyncResult *result,
                      GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
undo_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  GError *error = NULL;
  BpImportUndone *undone = bp_import_undo (source_object, task_data, cancellable, &error);

  if (undone != NULL)
    g_task_return_pointer (task, undone, (GDestroyNotify)bp_import_undone_free);
  else
    g_task_return_error (task, error);
}

/**
 * bp_import_undo_async:
 * @shop: a shop
 * @import_id: an import
 * @cancellable: (nullable): as of bp_import_undo()
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * bp_import_undo() in a thread.
 */
void
bp_import_undo_async (BpShop             *shop,
                      const char         *import_id,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_import_undo_async);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_strdup (import_id), g_free);
  g_task_run_in_thread (task, undo_in_thread);
}

/**
 * bp_import_undo_finish:
 * @shop: a shop
 * @result: of bp_import_undo_async()
 * @error: as of bp_import_undo()
 *
 * Returns: (transfer full): what became of the import's records
 */
BpImportUndone *
bp_import_undo_finish (BpShop       *shop,
                       GAsyncResult *result,
                       GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
export_in_thread (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  const Export *export = task_data;
  GError *error = NULL;

  if (bp_export_table (source_object, export->table, export->path, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * bp_export_table_async:
 * @shop: a shop
 * @table: a table
 * @path: the file, replaced as a whole when all is written
 * @cancellable: (nullable): stops it; @path is then as it was
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * bp_export_table() in a thread.
 */
void
bp_export_table_async (BpShop             *shop,
                       const BpTable      *table,
                       const char         *path,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);
  Export *export = g_new (Export, 1);

  export->table = table;
  export->path = g_strdup (path);
  g_task_set_source_tag (task, bp_export_table_async);
  g_task_set_task_data (task, export, export_free);
  g_task_run_in_thread (task, export_in_thread);
}

/**
 * bp_export_table_finish:
 * @shop: a shop
 * @result: of bp_export_table_async()
 * @error: as of bp_export_table()
 *
 * Returns: whether the file is written
 */
gboolean
bp_export_table_finish (BpShop       *shop,
                        GAsyncResult *result,
                        GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
