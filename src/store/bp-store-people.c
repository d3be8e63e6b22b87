/* The queue as people see it, and what they may do with it. */
#include "config.h"

#include "bp-store-sync-private.h"

/**
 * bp_store_list_queue:
 * @self: a store
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpQueueRow): the operations that are
 *   pending, sent or failed, in the order in which they are sent
 */
GPtrArray *
bp_store_list_queue (BpStore *self,
                     GError **error)
{
  GPtrArray *rows;
  sqlite3_stmt *statement;

  g_return_val_if_fail (BP_IS_STORE (self), NULL);

  bp_store_lock (self);
  statement = bp_store_prepare (self, error,
                                "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue"
                                " WHERE status <> 'synced'"
                                " ORDER BY priority, id", "");
  rows = bp_store_collect_queue (self, statement, error);
  bp_store_unlock (self);
  return rows;
}

/**
 * bp_store_list_operations:
 * @self: a store
 * @table: which table
 * @id: which record
 * @answered: whether what was answered within the last 30 days is wanted, too
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpQueueRow): what this device did to
 *   the record and still knows, oldest first
 */
GPtrArray *
bp_store_list_operations (BpStore       *self,
                          const BpTable *table,
                          const char    *id,
                          gboolean       answered,
                          GError       **error)
{
  GPtrArray *rows;
  sqlite3_stmt *statement;

  g_return_val_if_fail (BP_IS_STORE (self), NULL);
  g_return_val_if_fail (table != NULL && id != NULL, NULL);

  bp_store_lock (self);
  statement = bp_store_prepare (self, error,
                                answered ? "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue"
                                " WHERE table_name = ?1 AND record_id = ?2 AND status = 'synced'"
                                " UNION ALL SELECT " BP_QUEUE_COLUMNS " FROM sync_queue"
                                " WHERE table_name = ?1 AND record_id = ?2 AND status <> 'synced'"
                                " ORDER BY id"
                                         : "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue"
                                " WHERE table_name = ? AND record_id = ?"
                                " AND status <> 'synced' ORDER BY id",
                                "ss", table->name, id);
  rows = bp_store_collect_queue (self, statement, error);
  bp_store_unlock (self);
  return rows;
}

static void
add_ready (BpQueueCounts *counts,
           gint64         priority,
           gint64         number)
{
  counts->n_ready += number;
  counts->n_ready_by[CLAMP (priority, BP_PRIORITY_HIGH, BP_PRIORITY_LOW)] += number;
}

static gboolean
count_tables (BpStore       *self,
              BpQueueCounts *counts,
              GError       **error)
{
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row = TRUE;

  statement = bp_store_prepare (self, error,
                                "SELECT table_name, priority, count (*) FROM sync_queue"
                                " WHERE status <> 'synced' AND status <> 'failed'"
                                " GROUP BY table_name, priority ORDER BY table_name, priority",
                                "");
  while (statement != NULL && has_row)
    {
      const BpTable *table;
      gint64 number;

      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return FALSE;
      table = has_row ? bp_table_find (bp_column_get_text (statement, 0)) : NULL;
      if (table == NULL)
        continue;
      number = bp_column_get_integer (statement, 2);
      counts->pending[bp_table_get_index (table)] += number;
      counts->n_pending += number;
      add_ready (counts, bp_column_get_integer (statement, 1), number);
    }

  return statement != NULL;
}

/* Actions with a failed operation, one in conflict or one whose time has not
 * come wait as a whole. Such are few, and what waits may be much: CROSS JOIN
 * has them looked at first. */
static gboolean
take_held (BpStore       *self,
           BpQueueCounts *counts,
           GError       **error)
{
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row = TRUE;

  statement = bp_store_prepare (self, error,
                                "WITH stuck AS ("
                                " SELECT action_id FROM sync_queue WHERE status = 'failed'"
                                " UNION SELECT action_id FROM sync_queue"
                                "  WHERE status = 'pending' AND next_attempt > 0"
                                "   AND next_attempt > ?"
                                " UNION SELECT q.action_id FROM sync_conflicts AS c"
                                "  CROSS JOIN sync_queue AS q ON q.table_name = c.table_name"
                                "  AND q.record_id = c.record_id AND q.status <> 'synced'"
                                "  WHERE c.decision IS NULL)"
                                " SELECT q.priority, count (*) FROM stuck"
                                "  CROSS JOIN sync_queue AS q ON q.action_id = stuck.action_id"
                                "  WHERE q.status = 'pending'"
                                " GROUP BY q.priority ORDER BY q.priority",
                                "i", bp_clock_get_now (bp_store_get_clock (self)));
  while (statement != NULL && has_row)
    {
      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return FALSE;
      if (has_row)
        add_ready (counts, bp_column_get_integer (statement, 0),
                   -bp_column_get_integer (statement, 1));
    }

  return statement != NULL;
}

/**
 * bp_store_count_queue:
 * @self: a store
 * @counts: (out caller-allocates): what waits, failed or is in conflict
 * @error: #BpDatabaseError
 *
 * Returns: whether it could be counted
 */
gboolean
bp_store_count_queue (BpStore       *self,
                      BpQueueCounts *counts,
                      GError       **error)
{
  const BpQueueCounts none = { 0 };
  gboolean counted;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  *counts = none;
  bp_store_lock (self);
  counted = count_tables (self, counts, error)
            && bp_store_ask (self, &counts->n_failed, error,
                             "SELECT count (*) FROM sync_queue WHERE status = 'failed'", "")
            && bp_store_ask (self, &counts->n_conflicts, error,
                             "SELECT count (*) FROM sync_conflicts WHERE decision IS NULL", "")
            && (counts->n_pending == 0 || take_held (self, counts, error));
  bp_store_unlock (self);
  return counted;
}

static BpQueueRow *
find_row (BpStore    *self,
          const char *id,
          GError    **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (BpQueueRow) row = bp_store_find_queue_row (self, id, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (row != NULL && !g_str_equal (row->status, "synced"))
    return g_steal_pointer (&row);

  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND,
               "No operation “%.64s” waits or has failed", id);
  return NULL;
}

static gboolean
retry_row (BpStore          *self,
           const BpQueueRow *row,
           GError          **error)
{
  return bp_store_execute (self, error,
                           "UPDATE sync_queue SET status = 'pending', retry_count = 0,"
                           " next_attempt = 0, last_error = NULL"
                           " WHERE op_id = ? AND status IN ('pending', 'failed')",
                           "s", row->op_id)
         && bp_store_settle (self, row->table, row->record_id, error);
}

static GPtrArray *
list_failed (BpStore *self,
             GError **error)
{
  return bp_store_collect_queue (self,
                                 bp_store_prepare (self, error,
                                                   "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue"
                                                   " WHERE status = 'failed' ORDER BY id", ""),
                                 error);
}

/* What one operation of an action waits for lies in another one. */
static GPtrArray *
list_action (BpStore    *self,
             const char *id,
             GError    **error)
{
  g_autoptr (BpQueueRow) row = find_row (self, id, error);

  return row != NULL ? bp_store_list_action_queue (self, row->action_id, error) : NULL;
}

static gboolean
retry (BpStore *self,
       gpointer user_data,
       GError **error)
{
  const char *id = user_data;
  g_autoptr (GPtrArray) rows = id != NULL ? list_action (self, id, error)
                                          : list_failed (self, error);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      if (!retry_row (self, rows->pdata[i], error))
        return FALSE;
    }

  return rows != NULL;
}

/**
 * bp_store_retry:
 * @self: a store
 * @id: (nullable): the operation, by its number or its op_id; all that failed
 *   where %NULL
 * @error: %BP_STORE_ERROR_NOT_FOUND, or a #BpDatabaseError
 *
 * A failed operation waits again, with its whole action, and goes with the next
 * push.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_retry (BpStore    *self,
                const char *id,
                GError    **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, retry, (gpointer)id, error);
}

static gboolean
refuse_sent (GPtrArray *rows,
             GError   **error)
{
  if (!bp_store_has_sent (rows))
    return TRUE;

  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
               "It was sent and is not answered yet: sync first");
  return FALSE;
}

static gboolean
log_discarded (BpStore          *self,
               const BpQueueRow *row,
               GError          **error)
{
  g_autofree char *text = NULL;
  BpLogEntry entry = { .kind = (char *)"discard", .state = (char *)row->status };

  text = g_strdup_printf ("discarded %s of %s %s: %s", bp_operation_kind_to_string (row->kind),
                          row->table->name, row->record_id, row->data != NULL ? row->data : "");
  entry.error = text;
  return bp_store_add_log (self, &entry, error);
}

/* Made here, answered, and passed by a pull that did not bring it: that one
 * began at 0 and leaves out what was deleted. A fact is never deleted, but may
 * be too old for what is wanted here. */
static gboolean
is_passed (BpStore       *self,
           const BpTable *table,
           const char    *id,
           gboolean      *passed,
           GError       **error)
{
  gint64 cursor = bp_store_get_cursor (self, table);
  gint64 found = 0;

  if (!table->fact && cursor > 0
      && !((bp_store_get_recovering (self) >> bp_table_get_index (table)) & 1)
      && !bp_store_ask (self, &found, error,
                        "SELECT 1 FROM sync_base WHERE table_name = ?1 AND record_id = ?2"
                        " AND server IS NULL AND state ->> '$.version' > 0"
                        " AND NOT EXISTS (SELECT 1 FROM sync_queue WHERE table_name = ?1"
                        "  AND record_id = ?2 AND status = 'synced' AND seq > ?3)",
                        "ssi", table->name, id, cursor))
    return FALSE;

  *passed = found != 0;
  return TRUE;
}

/* A pull from 0 has ended without it, or an answer said so: the server does
 * not have the record any more. */
static gboolean
is_gone (BpStore          *self,
         const BpTable    *table,
         const char       *id,
         const BpConflict *conflict,
         gboolean         *gone,
         GError          **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT seq FROM %s_local WHERE id = ?", table->name);
  gint64 seq = 0;
  gboolean passed;

  if (!bp_store_ask (self, &seq, error, sql, "s", id)
      || !is_passed (self, table, id, &passed, error))
    return FALSE;

  *gone = (conflict != NULL && conflict->type == BP_CONFLICT_DELETE_UPDATE
           && conflict->server == NULL)
          || ((seq < 0 || (seq == 0 && passed)) && !bp_store_is_from_zero (self, table));
  return TRUE;
}

/* Settling takes a record away that has no base. */
static gboolean
forget_base (BpStore       *self,
             const BpTable *table,
             const char    *id,
             GError       **error)
{
  g_autoptr (BpBase) base = NULL;

  if (!bp_store_read_base (self, table, id, &base, error))
    return FALSE;
  if (base == NULL || base->server != NULL)
    return TRUE;

  g_clear_pointer (&base->state, bp_state_free);
  return bp_store_write_base (self, table, id, base, error);
}

/* A record that is not to be made anew is given up with the changes that its
 * making stands for (see bp_store_end_recovery()). */
static gboolean
forget_aside (BpStore          *self,
              const BpQueueRow *row,
              GError          **error)
{
  return row->kind != BP_OPERATION_INSERT
         || bp_store_execute (self, error,
                              "DELETE FROM sync_queue WHERE table_name = ? AND record_id = ?"
                              " AND status = 'synced' AND seq = 0",
                              "ss", row->table->name, row->record_id);
}

/* The record goes back to the server's state, so every operation on it goes. */
static gboolean
discard_record (BpStore       *self,
                const BpTable *table,
                const char    *id,
                GError       **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self, table, id, error);
  g_autoptr (BpConflict) conflict = NULL;
  gboolean gone = FALSE;

  if (rows == NULL || !refuse_sent (rows, error)
      || !bp_store_find_open_conflict (self, table, id, &conflict, error)
      || !is_gone (self, table, id, conflict, &gone, error)
      || (conflict != NULL
          && !bp_store_close_conflict (self, conflict, BP_DECISION_SERVER, error)))
    return FALSE;

  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (!log_discarded (self, row, error) || !forget_aside (self, row, error)
          || !bp_store_drop_operation (self, row->op_id, error))
        return FALSE;
    }

  return (!gone || forget_base (self, table, id, error))
         && bp_store_settle (self, table, id, error);
}

static gboolean
discard (BpStore *self,
         gpointer user_data,
         GError **error)
{
  g_autoptr (BpQueueRow) chosen = find_row (self, user_data, error);
  g_autoptr (GPtrArray) rows = NULL;

  if (chosen != NULL)
    rows = bp_store_list_action_queue (self, chosen->action_id, error);
  if (rows == NULL || !refuse_sent (rows, error))
    return FALSE;

  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (!discard_record (self, row->table, row->record_id, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_discard:
 * @self: a store
 * @id: an operation, by its number or its op_id
 * @error: %BP_STORE_ERROR_NOT_FOUND; %BP_STORE_ERROR_REFUSED while the server
 *   may have it and has not answered; or a #BpDatabaseError
 *
 * Gives up the whole action: its records are the server's again, one that the
 * server never had is gone. The log keeps what was given up.
 *
 * Returns: whether it is stored; nothing has changed where not
 */
gboolean
bp_store_discard (BpStore    *self,
                  const char *id,
                  GError    **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, discard, (gpointer)id, error);
}
