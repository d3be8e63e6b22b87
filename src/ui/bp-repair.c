#include "config.h"

#include "bp-repair.h"

#include "bp-shop.h"

#include <glib/gi18n.h>

static char *
describe (const BpRepair *repair)
{
  g_autofree char *name = g_filename_display_basename (repair->kept);

  if (repair->is_whole)
    return g_strdup_printf (_("The books are repaired: nothing was lost. The damaged file is kept"
                              " as “%s”."), name);
  return g_strdup_printf (_("The books are repaired as far as they could be read. The next sync"
                            " brings the rest; the damaged file is kept as “%s”."), name);
}

static void
repair_in_thread (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  GError *error = NULL;
  BpRepair repair;

  if (!bp_store_repair (task_data, clock, &repair, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  g_task_return_pointer (task, describe (&repair), g_free);
  g_free (repair.kept);
}

/**
 * bp_repair_async:
 * @folder: of books that are damaged, and open nowhere
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * As bp_store_repair(), in a thread.
 */
void
bp_repair_async (const char         *folder,
                 GAsyncReadyCallback callback,
                 gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, bp_repair_async);
  g_task_set_task_data (task, g_strdup (folder), g_free);
  g_task_run_in_thread (task, repair_in_thread);
}

/**
 * bp_repair_finish:
 * @result: of bp_repair_async()
 * @error: %BP_STORE_ERROR_REFUSED, #BpDatabaseError
 *
 * Returns: (transfer full): what was done, in words
 */
char *
bp_repair_finish (GAsyncResult *result,
                  GError      **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
