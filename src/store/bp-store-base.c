/* sync_base: what a record that waits rests on. */
#include "config.h"

#include "bp-store-private.h"

/**
 * bp_base_free:
 * @base: (nullable) (transfer full): a base
 */
void
bp_base_free (BpBase *base)
{
  if (base == NULL)
    return;

  bp_state_free (base->state);
  bp_state_free (base->server);
  g_free (base);
}

static gboolean
take_state (const BpTable *table,
            const char    *id,
            const char    *text,
            BpState      **state,
            GError       **error)
{
  if (text == NULL)
    return TRUE;

  *state = bp_state_new_from_text (table, id, text, error);
  return *state != NULL;
}

/**
 * bp_store_read_base:
 * @self: a store, locked
 * @table: a table
 * @id: a record's id
 * @base: (out) (nullable) (transfer full): its base; %NULL where it does not wait
 * @error: #BpDatabaseError, #BpDataError
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_read_base (BpStore       *self,
                    const BpTable *table,
                    const char    *id,
                    BpBase       **base,
                    GError       **error)
{
  g_autoptr (BpStatement) statement = NULL;
  g_autoptr (BpBase) found = NULL;
  gboolean has_row;

  *base = NULL;
  statement = bp_store_prepare (self, error,
                                "SELECT state, server FROM sync_base"
                                " WHERE table_name = ? AND record_id = ?",
                                "ss", table->name, id);
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (self), statement, &has_row, error))
    return FALSE;
  if (!has_row)
    return TRUE;

  found = g_new0 (BpBase, 1);
  if (!take_state (table, id, bp_column_get_text (statement, 0), &found->state, error)
      || !take_state (table, id, bp_column_get_text (statement, 1), &found->server, error))
    return FALSE;

  *base = g_steal_pointer (&found);
  return TRUE;
}

/**
 * bp_store_write_base:
 * @self: a store, in a transaction
 * @table: a table
 * @id: a record's id
 * @base: what it rests on from now on
 * @error: #BpDatabaseError
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_write_base (BpStore       *self,
                     const BpTable *table,
                     const char    *id,
                     const BpBase  *base,
                     GError       **error)
{
  g_autofree char *state = base->state != NULL ? bp_state_to_text (base->state) : NULL;
  g_autofree char *server = base->server != NULL ? bp_state_to_text (base->server) : NULL;

  return bp_store_execute (self, error,
                           "INSERT INTO sync_base (table_name, record_id, state, server)"
                           " VALUES (?, ?, ?, ?) ON CONFLICT (table_name, record_id)"
                           " DO UPDATE SET state = excluded.state, server = excluded.server",
                           "ssss", table->name, id, state, server);
}

/**
 * bp_store_remove_base:
 * @self: a store, in a transaction
 * @table: a table
 * @id: a record's id, which no longer waits
 * @error: #BpDatabaseError
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_remove_base (BpStore       *self,
                      const BpTable *table,
                      const char    *id,
                      GError       **error)
{
  return bp_store_execute (self, error,
                           "DELETE FROM sync_base WHERE table_name = ? AND record_id = ?",
                           "ss", table->name, id);
}
