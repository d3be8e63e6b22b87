/* What becomes of a record once an answer, a pulled row or a decision has
 * changed what is known of it. */
#include "config.h"

#include "bp-store-sync-private.h"

static void
keep_figures (BpState       *state,
              const BpState *shown)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        bp_change_set (state->data, i, &shown->data->values[i]);
    }
  state->seq = shown->seq;
}

/**
 * bp_store_show:
 * @self: a store, in a transaction
 * @table: a table
 * @state: a state of the server's, or one made on top of it
 * @status: what the user sees of its way to the server
 * @error: #BpDatabaseError
 *
 * Makes @state the record. Its figures are those of the later of @state and
 * what was shown before.
 *
 * Returns: whether it is written
 */
gboolean
bp_store_show (BpStore       *self,
               const BpTable *table,
               const BpState *state,
               BpRecordStatus status,
               GError       **error)
{
  g_autoptr (BpState) shown = bp_state_copy (state);
  g_autoptr (BpRow) row = NULL;

  if (!bp_store_read_row (self, table, state->id, &row, error))
    return FALSE;

  if (row != NULL && ABS (row->state->seq) >= shown->seq)
    keep_figures (shown, row->state);
  else if (!bp_store_settle_projections (self, table, shown, error))
    return FALSE;

  return bp_store_write_row (self, table, shown, status, error);
}

/**
 * bp_store_is_confirmed:
 * @state: (nullable): a record's base
 *
 * Returns: whether it is certainly what the server has, or had, as that version
 */
gboolean
bp_store_is_confirmed (const BpState *state)
{
  return state == NULL || g_strcmp0 (state->op_id, BP_OP_UNCONFIRMED) != 0;
}

static gboolean
apply_waiting (BpStore   *self,
               GPtrArray *rows,
               BpState   *after,
               GError   **error)
{
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];
      g_autoptr (BpState) before = bp_state_copy (after);

      if ((row->kind != BP_OPERATION_INSERT && !bp_store_apply_queue_row (&after, row, error))
          || !bp_store_set_effects (self, row->op_id, after->data->table, before, after, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_show_waiting:
 * @self: a store, in a transaction
 * @table: a table
 * @state: what the server has of a record, and what waits rests on from now on
 * @error: #BpDatabaseError, #BpDataError
 *
 * Shows what waits on top of @state, and moves figures by what it changes
 * there; does nothing where nothing waits. The making of a record that the
 * server has changes nothing. What was changed here and deleted there stays to
 * be seen.
 *
 * Returns: whether it is written
 */
gboolean
bp_store_show_waiting (BpStore       *self,
                       const BpTable *table,
                       const BpState *state,
                       GError       **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self, table, state->id, error);
  g_autoptr (BpState) after = bp_state_copy (state);
  g_autoptr (BpRow) shown = NULL;

  if (rows == NULL)
    return FALSE;
  if (rows->len == 0)
    return TRUE;
  if (!apply_waiting (self, rows, after, error))
    return FALSE;

  if (!bp_store_read_row (self, table, state->id, &shown, error))
    return FALSE;
  return (shown != NULL && after->is_deleted && !shown->state->is_deleted)
         || bp_store_show (self, table, after, BP_RECORD_PENDING, error);
}

/**
 * bp_store_forget_figures:
 * @self: a store, in a transaction
 * @state: a record that the server does not have
 * @error: #BpDatabaseError
 *
 * Its figures are then made of nothing but what waits here.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_forget_figures (BpStore *self,
                         BpState *state,
                         GError **error)
{
  const BpTable *table = state->data->table;

  state->seq = 0;
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        bp_change_set_integer (state->data, table->fields[i].name, 0);
    }
  return bp_store_settle_projections (self, table, state, error);
}

/**
 * bp_store_drop_operation:
 * @self: a store, in a transaction
 * @op_id: a row of the queue
 * @error: #BpDatabaseError
 *
 * Returns: whether it is gone, and what it did to figures with it
 */
gboolean
bp_store_drop_operation (BpStore    *self,
                         const char *op_id,
                         GError    **error)
{
  return bp_store_drop_effects (self, op_id, error)
         && bp_store_remove_queue_row (self, op_id, error);
}

/**
 * bp_store_has_sent:
 * @rows: (element-type BpQueueRow): operations of one record
 *
 * Returns: whether one of them was sent and is not answered, so that the
 *   server may have it
 */
gboolean
bp_store_has_sent (GPtrArray *rows)
{
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (g_str_equal (row->status, "syncing") || row->unanswered > 0)
        return TRUE;
    }

  return FALSE;
}

/**
 * bp_store_stop_later:
 * @self: a store, in a transaction
 * @table: a table
 * @id: a record whose oldest operation will not be applied for now
 * @error: #BpDatabaseError
 *
 * After a new epoch several operations of a record count as sent, of which
 * only the oldest was: where that one is stopped, the others wait. A server
 * that certainly has not the oldest one has none of them.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_stop_later (BpStore       *self,
                     const BpTable *table,
                     const char    *id,
                     GError       **error)
{
  return bp_store_execute (self, error,
                           "UPDATE sync_queue SET status = 'pending',"
                           " unanswered = min (sync_queue.unanswered, oldest.unanswered)"
                           " FROM (SELECT id, unanswered FROM sync_queue WHERE table_name = ?1"
                           "  AND record_id = ?2 AND status <> 'synced' ORDER BY id LIMIT 1)"
                           "  AS oldest"
                           " WHERE table_name = ?1 AND record_id = ?2 AND status = 'syncing'"
                           " AND sync_queue.id > oldest.id",
                           "ss", table->name, id);
}

/* A row that one of the waiting operations made: its answer is yet to come. */
static gboolean
is_own (const BpState *server,
        GPtrArray     *rows)
{
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (g_strcmp0 (row->op_id, server->op_id) == 0)
        return TRUE;
    }

  return FALSE;
}

static BpConflictType
get_type (const BpTable *table,
          const BpBase  *base,
          const BpState *local)
{
  if (base->server->is_deleted)
    return BP_CONFLICT_DELETE_UPDATE;
  if (base->state == NULL && !table->keyed
      && (table->fact || !bp_state_is_own_making (base->server)))
    return BP_CONFLICT_ID_COLLISION;

  return local->is_deleted ? BP_CONFLICT_UPDATE_DELETE : BP_CONFLICT_UPDATE_UPDATE;
}

/**
 * bp_store_find_absent:
 * @self: a store, in a transaction
 * @table: a table
 * @id: a record that waits, or is in conflict
 * @absent: (out): whether the server has it no more
 * @error: #BpDatabaseError
 *
 * What a whole pull did not bring, and no answer has told of since, was
 * deleted, which a pull from 0 leaves out. While it waited, or a conflict was
 * open on it, it stayed.
 *
 * Returns: whether it could be found out
 */
gboolean
bp_store_find_absent (BpStore       *self,
                      const BpTable *table,
                      const char    *id,
                      gboolean      *absent,
                      GError       **error)
{
  g_autofree char *marked = g_strdup_printf ("SELECT seq < 0 FROM %s_local WHERE id = ?",
                                             table->name);
  gint64 cursor = bp_store_get_cursor (self, table);
  gint64 is_marked = 0, is_younger = 0;

  *absent = FALSE;
  if (table->fact || cursor == 0 || bp_store_is_from_zero (self, table)
      || ((bp_store_get_recovering (self) >> bp_table_get_index (table)) & 1) != 0)
    return TRUE;
  if (!bp_store_ask (self, &is_marked, error, marked, "s", id)
      || (is_marked
          && !bp_store_ask (self, &is_younger, error,
                            "SELECT EXISTS (SELECT 1 FROM sync_queue WHERE table_name = ?"
                            " AND record_id = ? AND status = 'synced' AND seq > ?)",
                            "ssi", table->name, id, cursor)))
    return FALSE;

  *absent = is_marked && !is_younger;
  return TRUE;
}

/* What both sides have, and nothing waits. The server may have an unseen state
 * under another id, or in a table that is not pulled. */
static gboolean
settle_clean (BpStore       *self,
              const BpTable *table,
              const char    *id,
              const BpBase  *base,
              GError       **error)
{
  const BpState *state = base->server != NULL ? base->server : base->state;
  gboolean absent;

  if (!bp_store_remove_base (self, table, id, error)
      || !bp_store_find_absent (self, table, id, &absent, error))
    return FALSE;
  if (state == NULL || state->seq == BP_SEQ_UNSEEN || absent)
    return bp_store_drop_effects_through (self, table, id, error)
           && bp_store_remove_row (self, table, id, error);

  return bp_store_show (self, table, state, BP_RECORD_SYNCED, error);
}

/* As which change it became is told by the answer alone. */
static gboolean
is_known (const BpConflict *conflict,
          const BpState    *server)
{
  return conflict->server != NULL && conflict->server->version == server->version
         && server->seq == 0;
}

static gboolean
settle_newer (BpStore       *self,
              const BpTable *table,
              const char    *id,
              const BpBase  *base,
              GPtrArray     *rows,
              GError       **error)
{
  g_autoptr (BpRow) row = NULL;
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (BpConflict) opened = NULL;

  if (!bp_store_read_row (self, table, id, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  if (!bp_store_find_open_conflict (self, table, id, &conflict, error))
    return FALSE;
  if (conflict != NULL && conflict->type == BP_CONFLICT_ID_COLLISION)
    return conflict->key != NULL || is_known (conflict, base->server)
           || bp_store_move_conflict (self, conflict, base->server, error);
  if (conflict != NULL)
    {
      conflict->type = get_type (table, base, row->state);
      return bp_store_move_conflict (self, conflict, base->server, error);
    }
  /* Whether a record that is made here collides only the server knows: it may
   * be this folder's own, sent before it was put back. */
  if ((base->state == NULL && !table->keyed) || is_own (base->server, rows)
      || (base->server->is_deleted && row->state->is_deleted))
    return TRUE;

  opened = g_new0 (BpConflict, 1);
  opened->table = table;
  opened->record_id = g_strdup (id);
  opened->type = get_type (table, base, row->state);
  opened->op_id = g_strdup (((BpQueueRow *)rows->pdata[0])->op_id);
  opened->base = bp_state_copy (base->state);
  opened->local = bp_state_copy (row->state);
  opened->server = bp_state_copy (base->server);
  return bp_store_open_conflict (self, opened, error);
}

/* Made and deleted here, and never on the server: nothing to tell it. */
static gboolean
forget_unsent (BpStore       *self,
               const BpTable *table,
               const char    *id,
               const BpBase  *base,
               GPtrArray     *rows,
               GError       **error)
{
  g_autoptr (BpRow) row = NULL;

  if (base->state != NULL || rows->len == 0 || bp_store_has_sent (rows))
    return TRUE;

  if (!bp_store_read_row (self, table, id, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  for (guint i = 0; row->state->is_deleted && i < rows->len; i++)
    {
      if (!bp_store_drop_operation (self, ((BpQueueRow *)rows->pdata[i])->op_id, error))
        return FALSE;
    }
  if (row->state->is_deleted)
    g_ptr_array_set_size (rows, 0);

  return TRUE;
}

static gboolean
settle_rows (BpStore       *self,
             const BpTable *table,
             const char    *id,
             BpBase        *base,
             GError       **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self, table, id, error);
  g_autoptr (BpConflict) conflict = NULL;

  if (rows == NULL
      || !forget_unsent (self, table, id, base, rows, error)
      || !bp_store_find_open_conflict (self, table, id, &conflict, error))
    return FALSE;
  if (rows->len == 0)
    return (conflict == NULL
            || bp_store_close_conflict (self, conflict, BP_DECISION_SERVER, error))
           && settle_clean (self, table, id, base, error);

  if (base->server != NULL && !bp_store_has_sent (rows)
      && !settle_newer (self, table, id, base, rows, error))
    return FALSE;

  return bp_store_refresh_status (self, table, id, error);
}

/**
 * bp_store_settle:
 * @self: a store, in a transaction
 * @table: a table
 * @id: a record that waits, or waited
 * @error: #BpDatabaseError
 *
 * To be called whenever an answer, a pulled row or a decision has changed the
 * record's base or queue. Afterwards: where nothing waits and no conflict is
 * open, the record is the server's latest known state and clean; where
 * something was sent and not answered, nothing is decided; where a newer state
 * of the server stands against what waits, one conflict is open on it. The
 * record's status is right in each case.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_settle (BpStore       *self,
                 const BpTable *table,
                 const char    *id,
                 GError       **error)
{
  g_autoptr (BpBase) base = NULL;
  g_autoptr (GError) local_error = NULL;

  bp_store_note_changed (self, table);
  if (!bp_store_read_base (self, table, id, &base, error))
    return FALSE;
  if (base == NULL)
    return bp_store_refresh_status (self, table, id, error);

  if (base->server != NULL && base->state != NULL
      && base->server->version <= base->state->version)
    {
      g_clear_pointer (&base->server, bp_state_free);
      if (!bp_store_write_base (self, table, id, base, error))
        return FALSE;
    }

  if (settle_rows (self, table, id, base, &local_error))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}
