/* import, export, demo. */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "bp-command.h"
#include "bp-demo.h"
#include "bp-export.h"
#include "bp-import.h"
#include "bp-import-undo.h"

static void
on_progress (guint    done,
             guint    total,
             gpointer user_data)
{
  if (isatty (STDERR_FILENO))
    fprintf (stderr, "\r%u of %u", done, total);
}

/**
 * bp_command_import:
 * @call: `TABLE FILE.csv`
 * @error: why not
 *
 * Reads a CSV file: good rows go in, bad rows to a file beside it.
 *
 * Returns: whether the file could be read
 */
gboolean
bp_command_import (BpInvocation *call,
                   GError      **error)
{
  BpImportOptions options = {
    .path = call->args[1],
    .map = call->map,
    .dry_run = call->dry_run,
    .progress = on_progress,
  };
  g_autoptr (BpImportResult) result = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = NULL;

  options.table = bp_invocation_get_table (call, 0, error);
  if (options.table == NULL)
    return FALSE;
  result = bp_import_run (call->shop, &options, NULL, &local_error);
  if (result == NULL)
    {
      /* A file that cannot be read is no wrong usage. */
      g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_FAILED, "%s", local_error->message);
      return FALSE;
    }

  for (guint i = 0; i < result->ignored->len; i++)
    fprintf (stderr, "ignored column: %s\n", (char *)result->ignored->pdata[i]);
  for (guint i = 0; i < result->reasons->len; i++)
    fprintf (stderr, "rejected: %s\n", (char *)result->reasons->pdata[i]);
  if (result->rejects_path != NULL)
    fprintf (stderr, "rejected rows are in %s\n", result->rejects_path);
  text = bp_import_result_to_json (result);
  bp_command_print (text);
  return TRUE;
}

/**
 * bp_command_undo:
 * @call: `ID`
 * @error: why not
 *
 * Takes an import back, and says of what could not be why.
 *
 * Returns: whether it is taken back
 */
gboolean
bp_command_undo (BpInvocation *call,
                 GError      **error)
{
  g_autoptr (BpImportUndone) undone = bp_import_undo (call->shop, call->args[0], NULL, error);
  g_autofree char *text = NULL;

  if (undone == NULL)
    return FALSE;

  for (guint i = 0; i < undone->reasons->len; i++)
    fprintf (stderr, "kept: %s\n", (char *)undone->reasons->pdata[i]);
  text = bp_import_undone_to_json (undone);
  bp_command_print (text);
  return TRUE;
}

/**
 * bp_command_export:
 * @call: `TABLE FILE.csv`
 * @error: why not
 *
 * Writes a table as CSV.
 *
 * Returns: whether the file is complete
 */
gboolean
bp_command_export (BpInvocation *call,
                   GError      **error)
{
  const BpTable *table = bp_invocation_get_table (call, 0, error);

  return table != NULL && bp_export_table (call->shop, table, call->args[1], NULL, error);
}

/**
 * bp_command_demo:
 * @call: no arguments
 * @error: why not
 *
 * Fills an empty folder with a demonstration shop.
 *
 * Returns: whether it is filled
 */
gboolean
bp_command_demo (BpInvocation *call,
                 GError      **error)
{
  return bp_demo_fill (call->shop, error);
}
