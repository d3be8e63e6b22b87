/* How urgent what waits is: by table, or as this device was told. */
#include "config.h"

#include "bp-setting.h"
#include "bp-store-private.h"

/**
 * bp_store_find_priority:
 * @table: a table
 * @setting: (nullable): `TABLE=high,…`, as `sync.priorities` is stored
 *
 * Returns: how urgently the table's changes are sent
 */
BpPriority
bp_store_find_priority (const BpTable *table,
                        const char    *setting)
{
  g_autofree char *text = bp_setting_get_pair (setting, table);
  BpPriority priority = table->priority;

  if (text != NULL)
    bp_priority_from_string (text, &priority);

  return priority;
}

/* An action is as urgent as its most urgent operation. */
static gboolean
level (BpStore    *self,
       const char *setting,
       GError    **error)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      if (!bp_store_execute (self, error,
                             "UPDATE sync_queue SET priority = ?"
                             " WHERE table_name = ? AND status <> 'synced'",
                             "is", (gint64)bp_store_find_priority (table, setting), table->name))
        return FALSE;
    }

  return bp_store_execute (self, error,
                           "UPDATE sync_queue SET priority ="
                           " (SELECT min (q.priority) FROM sync_queue AS q"
                           "   WHERE q.action_id = sync_queue.action_id"
                           "   AND q.status <> 'synced')"
                           " WHERE status <> 'synced'",
                           "");
}

/**
 * bp_store_level_queue:
 * @self: a store with a transaction under way
 * @error: #BpDatabaseError
 *
 * What waits has the priorities of `sync.priorities` as it is now, also where
 * it was saved under others. Costs nothing where they have not changed.
 *
 * Returns: whether it is so
 */
gboolean
bp_store_level_queue (BpStore *self,
                      GError **error)
{
  g_autofree char *setting = bp_store_get_device_setting (self, "sync.priorities");
  g_autofree char *levelled = bp_store_get_value (self, BP_STORE_LEVELLED_FOR);
  const char *wanted = setting != NULL && setting[0] != '\0' ? setting : NULL;

  if (g_strcmp0 (wanted, levelled) == 0)
    return TRUE;

  return level (self, wanted, error)
         && bp_store_set_value (self, BP_STORE_LEVELLED_FOR, wanted, error);
}
