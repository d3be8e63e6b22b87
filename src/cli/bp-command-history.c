#include "config.h"

#include <stdio.h>

#include "bp-command.h"
#include "bp-sync.h"

static gboolean
is_known (BpStore       *store,
          const BpTable *table,
          const char    *id,
          GError       **error)
{
  BpRow *row = bp_store_get (store, table, id, error);
  gboolean is_there = row != NULL;

  bp_row_free (row);
  return is_there;
}

/**
 * bp_command_history:
 * @call: `TABLE ID`
 * @error: why not
 *
 * Prints what was done to a record, oldest first: from the server, or, where
 * it cannot be reached, what this device still knows of its own doing.
 *
 * Returns: whether anything is known of it
 */
gboolean
bp_command_history (BpInvocation *call,
                    GError      **error)
{
  BpStore *store = bp_shop_get_store (call->shop);
  const BpTable *table = bp_invocation_get_table (call, 0, error);
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GError) unreachable = NULL;

  if (table == NULL)
    return FALSE;

  entries = bp_sync_get_history (store, table, call->args[1], NULL, &unreachable);
  if (entries == NULL && unreachable->domain != BP_SYNC_ERROR)
    {
      g_propagate_error (error, g_steal_pointer (&unreachable));
      return FALSE;
    }
  if (entries == NULL)
    entries = bp_sync_get_own_history (store, table, call->args[1], error);
  if (entries == NULL)
    return FALSE;
  if (entries->len == 0 && !is_known (store, table, call->args[1], error))
    return FALSE;

  if (unreachable != NULL)
    fprintf (stderr, "bizpulsectl: Only what this device knows: %s\n", unreachable->message);
  for (guint i = 0; i < entries->len; i++)
    {
      g_autoptr (GString) json = g_string_new (NULL);

      bp_history_entry_append (entries->pdata[i], json);
      bp_command_print (json->str);
    }

  return TRUE;
}
