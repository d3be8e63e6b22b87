/* What a CSV file looks like before it is brought in. */
#include "config.h"

#include "bp-import-preview.h"

#include "bp-import-private.h"

typedef struct
{
  const BpTable *table;
  char *path; /* (owned) */
  guint max_rows;
} Asked;

static void
asked_free (gpointer data)
{
  Asked *asked = data;

  g_free (asked->path);
  g_free (asked);
}

static char **
dup_cells (GPtrArray *cells,
           guint      n_cells)
{
  char **copy = g_new0 (char *, n_cells + 1);

  for (guint i = 0; i < n_cells; i++)
    copy[i] = g_strdup (i < cells->len ? cells->pdata[i] : "");
  return copy;
}

static void
fill_fields (BpImportPreview *preview,
             const BpImport  *import)
{
  guint n_columns = import->headers->len;

  preview->names = g_new0 (char *, import->n_fields + 1);
  preview->labels = g_new0 (char *, import->n_fields + 1);
  preview->guess = g_new0 (char *, n_columns + 1);
  for (guint i = 0; i < import->n_fields; i++)
    {
      const BpField *field = &import->fields[i];
      int column = import->columns[i];

      preview->names[i] = g_strdup (field->name);
      preview->labels[i] = g_strdup (field->label != NULL ? field->label : field->name);
      if (column >= 0)
        preview->guess[column] = g_strdup (field->name);
    }
  for (guint i = 0; i < n_columns; i++)
    {
      if (preview->guess[i] == NULL)
        preview->guess[i] = g_strdup ("");
    }
}

/**
 * bp_import_preview_read:
 * @shop: a shop
 * @table: what the rows would be
 * @path: a file
 * @max_rows: so many of its rows at most
 * @error: #GFileError, #BpDataError where it is no CSV
 *
 * Waits for the disk.
 *
 * Returns: (transfer full): what is in the file
 */
BpImportPreview *
bp_import_preview_read (BpShop        *shop,
                        const BpTable *table,
                        const char    *path,
                        guint          max_rows,
                        GError       **error)
{
  BpImportOptions options = { .table = table, .path = path, .dry_run = TRUE };
  g_auto (BpImport) import = { 0 };
  BpImportPreview *preview;

  if (!bp_import_open (&import, shop, &options, error))
    return NULL;

  preview = g_new0 (BpImportPreview, 1);
  preview->headers = dup_cells (import.headers, import.headers->len);
  preview->rows = g_ptr_array_new_with_free_func ((GDestroyNotify)g_strfreev);
  preview->n_rows = import.rows->len;
  for (guint i = 0; i < MIN (max_rows, import.rows->len); i++)
    {
      const BpImportRow *row = import.rows->pdata[i];

      g_ptr_array_add (preview->rows, dup_cells (row->cells, import.headers->len));
    }
  fill_fields (preview, &import);
  return preview;
}

/**
 * bp_import_preview_free:
 * @preview: (nullable) (transfer full): what is in a file
 */
void
bp_import_preview_free (BpImportPreview *preview)
{
  if (preview == NULL)
    return;

  g_strfreev (preview->headers);
  g_ptr_array_unref (preview->rows);
  g_strfreev (preview->names);
  g_strfreev (preview->labels);
  g_strfreev (preview->guess);
  g_free (preview);
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  const Asked *asked = task_data;
  GError *error = NULL;
  BpImportPreview *preview
    = bp_import_preview_read (source_object, asked->table, asked->path, asked->max_rows, &error);

  if (preview != NULL)
    g_task_return_pointer (task, preview, (GDestroyNotify)bp_import_preview_free);
  else
    g_task_return_error (task, error);
}

/**
 * bp_import_preview_async:
 * @shop: a shop
 * @table: what the rows would be
 * @path: a file
 * @max_rows: so many of its rows at most
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_import_preview_async (BpShop             *shop,
                         const BpTable      *table,
                         const char         *path,
                         guint               max_rows,
                         GAsyncReadyCallback callback,
                         gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, NULL, callback, user_data);
  Asked *asked = g_new0 (Asked, 1);

  asked->table = table;
  asked->path = g_strdup (path);
  asked->max_rows = max_rows;
  g_task_set_source_tag (task, bp_import_preview_async);
  g_task_set_task_data (task, asked, asked_free);
  g_task_run_in_thread (task, read_in_thread);
}

/**
 * bp_import_preview_finish:
 * @shop: a shop
 * @result: of bp_import_preview_async()
 * @error: as of bp_import_preview_read()
 *
 * Returns: (transfer full): what is in the file
 */
BpImportPreview *
bp_import_preview_finish (BpShop       *shop,
                          GAsyncResult *result,
                          GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
