/* The server's past has changed: it may have lost what it had accepted. */
#include "config.h"

#include "bp-id.h"
#include "bp-store-sync-private.h"

#define KEPT_DAYS 30
#define RECOVERED_DAYS 90

typedef enum
{
  RECOVERY_NONE,
  RECOVERY_FILL, /* what the server lacks is sent to it */
  RECOVERY_DROP, /* too long ago to know what others deleted */
} Recovery;

static char *
recovery_name (const BpTable *table)
{
  return g_strconcat ("recover.", table->name, NULL);
}

/**
 * bp_store_get_recovering:
 * @self: a store
 *
 * After a new epoch a table is first pulled from 0 with its deleted rows;
 * until that pull has come to its end nothing of the table is claimed.
 *
 * Returns: bit i is set while table i is yet to be pulled so
 */
guint
bp_store_get_recovering (BpStore *self)
{
  guint tables = 0;
  gint64 is_any = 1;

  g_return_val_if_fail (BP_IS_STORE (self), 0);

  /* Asked many times a run, and hardly ever true of any. */
  bp_store_lock (self);
  bp_store_ask (self, &is_any, NULL,
                "SELECT EXISTS (SELECT 1 FROM sync_state"
                " WHERE name > 'recover.' AND name < 'recover/')", "");
  bp_store_unlock (self);
  for (guint i = 0; i < BP_N_TABLES && is_any != 0; i++)
    {
      g_autofree char *name = recovery_name (bp_table_get (i));

      if (bp_store_get_number (self, name, RECOVERY_NONE) != RECOVERY_NONE)
        tables |= 1u << i;
    }

  return tables;
}

/* The record is not here: what was restored is older than the operation. It is
 * made anew where that says all of it. */
static gboolean
make_again (BpStore          *self,
            const BpQueueRow *row,
            gboolean         *made,
            GError          **error)
{
  g_autoptr (BpState) record = NULL;
  BpBase none = { 0 };

  *made = row->kind == BP_OPERATION_INSERT || row->restore;
  if (!*made)
    return TRUE;

  return bp_store_apply_queue_row (&record, row, error)
         && bp_store_settle_projections (self, row->table, record, error)
         && bp_store_write_row (self, row->table, record, BP_RECORD_PENDING, error)
         && bp_store_write_base (self, row->table, row->record_id, &none, error)
         && bp_store_set_effects (self, row->op_id, row->table, NULL, record, error);
}

/* The operation's record waits anew, on top of what will be pulled. */
static gboolean
wait_again (BpStore          *self,
            const BpQueueRow *row,
            GHashTable       *made,
            gboolean         *waits,
            GError          **error)
{
  g_autofree char *key = g_strconcat (row->table->name, "/", row->record_id, NULL);
  g_autoptr (BpBase) base = NULL;
  g_autoptr (BpRow) record = NULL;
  BpBase fresh = { 0 };

  *waits = TRUE;
  if (!bp_store_read_row (self, row->table, row->record_id, &record, error))
    return FALSE;
  if (record == NULL)
    {
      if (!make_again (self, row, waits, error))
        return FALSE;
      if (*waits)
        g_hash_table_add (made, g_steal_pointer (&key));
      return TRUE;
    }
  if (g_hash_table_contains (made, key))
    return bp_store_apply_queue_row (&record->state, row, error)
           && bp_store_write_row (self, row->table, record->state, record->status, error);

  if (!bp_store_read_base (self, row->table, row->record_id, &base, error))
    return FALSE;
  fresh.state = record->state;
  return base != NULL
         || bp_store_write_base (self, row->table, row->record_id, &fresh, error);
}

static GPtrArray *
list_answered (BpStore *self,
               gint64   since,
               GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_queue_row_free);
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row = TRUE;

  statement = bp_store_prepare (self, error,
                                "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue"
                                " WHERE status = 'synced' AND answered_at >= ? ORDER BY seq, id",
                                "i", since);
  if (statement == NULL)
    return NULL;

  while (has_row)
    {
      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (rows, bp_queue_row_from_statement (statement));
    }

  return g_steal_pointer (&rows);
}

static gboolean
choose_answered (BpStore   *self,
                 gint64     since,
                 GPtrArray *op_ids,
                 GError   **error)
{
  g_autoptr (GHashTable) made = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) rows = list_answered (self, since, error);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];
      gboolean waits;

      if (!wait_again (self, row, made, &waits, error))
        return FALSE;
      if (waits)
        g_ptr_array_add (op_ids, g_strdup (row->op_id));
    }

  return rows != NULL;
}

/* They count as sent and not answered: they go first and as they were, and
 * nothing folds into them. A record that they made was theirs, so its making
 * is no collision with what another device has sent of it meanwhile. What
 * waits goes behind, in its order. */
static gboolean
put_before (BpStore   *self,
            GPtrArray *op_ids,
            GError   **error)
{
  gint64 last = 0;

  if (!bp_store_ask (self, &last, error,
                     "SELECT max (coalesce ((SELECT max (id) FROM sync_queue), 0),"
                     " coalesce ((SELECT seq FROM sqlite_sequence WHERE name = 'sync_queue'), 0))",
                     ""))
    return FALSE;

  for (guint i = 0; i < op_ids->len; i++)
    {
      if (!bp_store_execute (self, error,
                             "UPDATE sync_queue SET id = ?, status = 'syncing', seq = NULL,"
                             " answered_at = NULL, retry_count = 0, next_attempt = 0,"
                             " unanswered = 1,"
                             " restore = CASE operation WHEN 'INSERT' THEN 1 ELSE restore END"
                             " WHERE op_id = ?",
                             "is", last + 1 + i, op_ids->pdata[i])
          || !bp_store_execute (self, error, "UPDATE sync_effects SET seq = NULL WHERE op_id = ?",
                                "s", op_ids->pdata[i]))
        return FALSE;
    }

  return bp_store_execute (self, error,
                           "UPDATE sync_queue SET id = id + ?1 WHERE status <> 'synced'"
                           " AND id <= ?2", "ii", last + (gint64)op_ids->len, last);
}

static gboolean
queue_answered (BpStore *self,
                gint64   now,
                GError **error)
{
  g_autoptr (GPtrArray) op_ids = g_ptr_array_new_with_free_func (g_free);

  /* Of older ones the seq is one of another past, which no figure of the new
   * one will reach at the right moment: the figures that come replace what is
   * shown. */
  return choose_answered (self, now - KEPT_DAYS * BP_DAY_MS, op_ids, error)
         && bp_store_execute (self, error,
                              "UPDATE sync_queue SET seq = 0 WHERE status = 'synced'", "")
         && (op_ids->len == 0 || put_before (self, op_ids, error))
         && bp_store_execute (self, error, "DELETE FROM sync_effects WHERE seq IS NOT NULL", "");
}

/* Versions of another past compare with nothing: 0 is below them all. */
static gboolean
forget_versions (BpStore *self,
                 GError **error)
{
  return bp_store_execute (self, error,
                           "UPDATE sync_base SET server = NULL,"
                           " state = json_set (state, '$.version', 0, '$.seq', 0)", "");
}

/* What another past held against a record is gone with it: what waits is for
 * the version that is pulled, and may be in conflict with that. */
static gboolean
close_conflicts (BpStore *self,
                 GError **error)
{
  g_autoptr (GPtrArray) open = bp_store_list_conflicts (self, FALSE, error);

  for (guint i = 0; open != NULL && i < open->len; i++)
    {
      BpConflict *conflict = open->pdata[i];

      if (!bp_store_close_conflict (self, conflict, BP_DECISION_LOCAL, error)
          || !bp_store_refresh_status (self, conflict->table, conflict->record_id, error))
        return FALSE;
    }

  return open != NULL;
}

static gboolean
recover_table (BpStore       *self,
               const BpTable *table,
               Recovery       recovery,
               GError       **error)
{
  g_autofree char *name = recovery_name (table);
  g_autofree char *refresh = NULL;

  refresh = g_strdup_printf ("UPDATE %s_local SET seq = 0, sync_status = CASE"
                             " WHEN sync_status = 'synced' THEN 'pending' ELSE sync_status END"
                             " WHERE id IN (SELECT record_id FROM sync_base WHERE table_name = ?)",
                             table->name);
  bp_store_note_changed (self, table);
  return bp_store_reset_cursor (self, table, error)
         && bp_store_execute (self, error, refresh, "s", table->name)
         && bp_store_set_number (self, name, recovery, error);
}

static gboolean
begin_epoch (BpStore *self,
             gpointer user_data,
             GError **error)
{
  const char *epoch = user_data;
  g_autofree char *known = bp_store_get_value (self, "epoch");
  gint64 now = bp_clock_get_now (bp_store_get_clock (self));
  gint64 pulled = bp_store_get_number (self, "pulled", 0);
  Recovery recovery = now - pulled > RECOVERED_DAYS * BP_DAY_MS ? RECOVERY_DROP : RECOVERY_FILL;

  if (g_strcmp0 (epoch, known) == 0)
    return TRUE;
  if (!bp_store_set_value (self, "epoch", epoch, error))
    return FALSE;
  /* The first one: nothing was ever agreed on. */
  if (known == NULL)
    return TRUE;

  if (!queue_answered (self, now, error) || !forget_versions (self, error)
      || !close_conflicts (self, error)
      || !bp_store_set_number (self, BP_STORE_SETTLED, 0, error)
      || !bp_store_set_value (self, BP_STORE_FIGURES, NULL, error))
    return FALSE;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (!recover_table (self, bp_table_get (i), recovery, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_begin_epoch:
 * @self: a store
 * @epoch: the server's
 * @error: #BpDatabaseError
 *
 * Prepares for a server whose past has changed (the contract's section 4,
 * "Epoch"), in one transaction: what was answered in the last 30 days waits
 * again, in its order and before all else; every table is pulled from 0 (see
 * bp_store_get_recovering()), and what waits is then for the versions pulled.
 * Does nothing where @epoch is known already, and only notes the first one.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_begin_epoch (BpStore    *self,
                      const char *epoch,
                      GError    **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, begin_epoch, (gpointer)epoch, error);
}

/* It goes as one that the server takes for done where the record exists; and,
 * where nothing else here was, under an op_id that every device gives it. A
 * record that got its id in a collision has that of the operation that made it:
 * where a copy of the folder in which that was gives it to the server under its
 * first id, the two are known for one. */
static gboolean
mark_recovered (BpStore       *self,
                const BpState *record,
                GError       **error)
{
  const BpTable *table = record->data->table;

  if (bp_id_is_uuid (record->id)
      && !bp_store_execute (self, error,
                            "UPDATE sync_effects SET op_id = ?2 WHERE op_id ="
                            "  (SELECT op_id FROM sync_queue WHERE table_name = ?1"
                            "   AND record_id = ?2 AND status = 'pending'"
                            "   AND operation = 'INSERT')"
                            " AND NOT EXISTS (SELECT 1 FROM sync_queue WHERE op_id = ?2)",
                            "ss", table->name, record->id))
    return FALSE;

  return bp_store_execute (self, error,
                           "UPDATE sync_queue SET restore = 1, op_id = CASE WHEN ?3"
                           "  AND NOT EXISTS (SELECT 1 FROM sync_queue WHERE op_id = ?2)"
                           "  THEN ?2 ELSE op_id END"
                           " WHERE table_name = ?1 AND record_id = ?2 AND status = 'pending'"
                           " AND operation = 'INSERT'",
                           "ssi", table->name, record->id, (gint64)bp_id_is_uuid (record->id));
}

static gboolean
queue_whole (BpStore *self,
             BpState *record,
             GError **error)
{
  const BpTable *table = record->data->table;
  g_autofree char *action_id = bp_id_new (bp_store_get_clock (self));
  BpBase none = { 0 };

  return bp_store_write_base (self, table, record->id, &none, error)
         && bp_store_forget_figures (self, record, error)
         && bp_store_write_row (self, table, record, BP_RECORD_PENDING, error)
         && bp_store_fold (self, table, record, action_id, record->user, error)
         && mark_recovered (self, record, error)
         && bp_store_count_paid (self, record, error)
         && bp_store_refresh_status (self, table, record->id, error);
}

/**
 * bp_store_recover_absent:
 * @self: a store, in a transaction
 * @table: a table that recovers
 * @id: a clean record of it that the server has neither alive nor deleted
 * @error: #BpDatabaseError
 *
 * Queues the record as it is, to be made anew unless it exists meanwhile; a
 * tombstone goes, and so does a record of a device that was away so long that
 * the server has forgotten what was deleted.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_recover_absent (BpStore       *self,
                         const BpTable *table,
                         const char    *id,
                         GError       **error)
{
  g_autofree char *name = recovery_name (table);
  g_autoptr (BpRow) row = NULL;

  if (!bp_store_read_row (self, table, id, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  if (row->state->is_deleted
      || bp_store_get_number (self, name, RECOVERY_NONE) == RECOVERY_DROP)
    return bp_store_drop_effects_through (self, table, id, error)
           && bp_store_remove_row (self, table, id, error);

  return queue_whole (self, row->state, error);
}

/* The server's figures no longer hold what these operations do. */
static gboolean
count_again (BpStore   *self,
             GPtrArray *rows,
             GError   **error)
{
  g_autoptr (BpState) after = NULL;

  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];
      g_autoptr (BpState) before = bp_state_copy (after);

      if (!bp_store_apply_queue_row (&after, row, error)
          || !bp_store_set_effects (self, row->op_id, row->table, before, after, error))
        return FALSE;
    }

  return TRUE;
}

/* Whether the operations make the record out of nothing. One that was brought
 * back under an id taken meanwhile had no effect: the record is the other's. */
static gboolean
find_makers (GPtrArray     *rows,
             const BpState *record,
             gboolean      *makers,
             GError       **error)
{
  g_autoptr (BpState) made = NULL;

  *makers = rows->len > 0 && ((BpQueueRow *)rows->pdata[0])->kind == BP_OPERATION_INSERT;
  for (guint i = 0; *makers && i < rows->len; i++)
    {
      if (!bp_store_apply_queue_row (&made, rows->pdata[i], error))
        return FALSE;
    }

  *makers = *makers && (record->is_deleted || made->is_deleted
                        || bp_change_equal (made->data, record->data));
  return TRUE;
}

/* What is said by another operation now. A change counts as answered, before
 * all that the new past answers: a server that is put back once more may have
 * the record as it was before the change. */
static gboolean
put_aside (BpStore          *self,
           const BpQueueRow *row,
           GError          **error)
{
  gint64 now = bp_clock_get_now (bp_store_get_clock (self));

  if (row->kind != BP_OPERATION_UPDATE)
    return bp_store_drop_operation (self, row->op_id, error);

  return bp_store_drop_effects (self, row->op_id, error)
         && bp_store_execute (self, error,
                              "UPDATE sync_queue SET status = 'synced', seq = 0, answered_at = ?,"
                              " last_error = NULL, next_attempt = 0, unanswered = 0"
                              " WHERE op_id = ?",
                              "is", now, row->op_id);
}

/* What waits on a record that the server lost: its first row makes it anew,
 * as it is now; the others have no more to say. */
static gboolean
remake (BpStore       *self,
        const BpTable *table,
        const char    *id,
        GError       **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self, table, id, error);
  g_autoptr (BpRow) row = NULL;
  BpBase none = { 0 };
  gboolean makers;

  if (rows == NULL || !bp_store_write_base (self, table, id, &none, error))
    return FALSE;

  if (!bp_store_read_row (self, table, id, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  if (!find_makers (rows, row->state, &makers, error))
    return FALSE;
  if (makers)
    return bp_store_forget_figures (self, row->state, error)
           && bp_store_write_row (self, table, row->state, row->status, error)
           && count_again (self, rows, error);
  if (row->state->is_deleted)
    return TRUE;

  for (guint i = 0; i < rows->len; i++)
    {
      if (!put_aside (self, rows->pdata[i], error))
        return FALSE;
    }
  return queue_whole (self, row->state, error);
}

static GPtrArray *
list_lost (BpStore       *self,
           const BpTable *table,
           GError       **error)
{
  g_autoptr (GPtrArray) lost = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (BpStatement) statement = NULL;
  g_autofree char *sql = NULL;
  gboolean has_row;

  /* A seq above 0 is that of a row which was pulled. */
  sql = g_strdup_printf ("SELECT r.id FROM sync_base AS b JOIN %s_local AS r ON r.id = b.record_id"
                         " WHERE b.table_name = ? AND b.state IS NOT NULL AND r.seq <= 0"
                         " ORDER BY r.id", table->name);
  statement = bp_store_prepare (self, error, sql, "s", table->name);
  if (statement == NULL)
    return NULL;

  do
    {
      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (lost, bp_column_dup_text (statement, 0));
    }
  while (has_row);

  return g_steal_pointer (&lost);
}

/**
 * bp_store_end_recovery:
 * @self: a store, in a transaction
 * @table: a table whose pull from 0 has come to its end
 * @error: #BpDatabaseError
 *
 * What waits for records that the server lost becomes the making of them; the
 * table may be sent again.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_end_recovery (BpStore       *self,
                       const BpTable *table,
                       GError       **error)
{
  g_autofree char *name = recovery_name (table);
  g_autofree char *forget = g_strdup_printf ("UPDATE %s_local SET seq = 0 WHERE seq < 0",
                                             table->name);
  g_autoptr (GPtrArray) lost = list_lost (self, table, error);

  /* What was not pulled again has a seq of another past. */
  if (lost == NULL || !bp_store_execute (self, error, forget, ""))
    return FALSE;
  for (guint i = 0; i < lost->len; i++)
    {
      if (!remake (self, table, lost->pdata[i], error))
        return FALSE;
    }

  return bp_store_set_value (self, name, NULL, error);
}
