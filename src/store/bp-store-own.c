/* Operations that meet a record on the server that is this folder's own. */
#include "config.h"

#include "bp-id.h"
#include "bp-store-sync-private.h"

/* How often the server is asked again about a record that no pull has brought. */
#define MAX_ASKED 2

/* The server has other content under this op_id: this one becomes another. */
static gboolean
give_new_id (BpStore          *self,
             const BpQueueRow *row,
             GError          **error)
{
  g_autofree char *op_id = bp_id_new (bp_store_get_clock (self));

  return bp_store_execute (self, error,
                           "UPDATE sync_queue SET op_id = ?, status = 'pending', next_attempt = 0,"
                           " unanswered = 0 WHERE op_id = ?",
                           "ss", op_id, row->op_id)
         && bp_store_execute (self, error,
                              "UPDATE sync_effects SET op_id = ? WHERE op_id = ?",
                              "ss", op_id, row->op_id);
}

/* What a record that this folder once made, and then forgot, is worked out
 * against: of a fact, which hardly changes, the server's state; of others
 * nothing is known, so that where both ends differ the server's value is not
 * simply written over. */
static BpState *
guess_base (const BpQueueRow *row,
            BpBase           *base)
{
  BpState *state;

  if (row->table->fact && base->server != NULL)
    return g_steal_pointer (&base->server);

  state = bp_state_new (row->table, row->record_id);
  state->seq = BP_SEQ_UNSEEN;
  bp_change_complete (state->data);
  return state;
}

/* The row becomes the change that its record is on top of @state, which is
 * taken. */
static gboolean
become_update (BpStore    *self,
               BpQueueRow *row,
               BpBase     *base,
               BpState    *state,
               GError    **error)
{
  g_autoptr (BpState) after = NULL;
  g_autoptr (BpChange) change = NULL;

  if (!bp_store_apply_queue_row (&after, row, error))
    {
      bp_state_free (state);
      return FALSE;
    }

  bp_state_free (base->state);
  base->state = state;
  change = bp_change_diff (base->state->data, after->data);
  if (!bp_store_write_base (self, row->table, row->record_id, base, error))
    return FALSE;
  if (bp_change_is_empty (change))
    return bp_store_drop_operation (self, row->op_id, error);

  row->kind = BP_OPERATION_UPDATE;
  row->retry_count = 0;
  g_free (row->data);
  row->data = bp_change_to_text (change);
  g_free (row->status);
  row->status = g_strdup ("pending");
  return bp_store_write_queue_row (self, row, error)
         && bp_store_set_effects (self, row->op_id, row->table, base->state, after, error)
         && give_new_id (self, row, error);
}

/* The record that the operation made under another id, in a copy of this
 * folder or before this one was put back: what was pulled tells. */
static gboolean
find_twin (BpStore          *self,
           const BpQueueRow *row,
           BpState         **twin,
           GError          **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT id FROM %s_local WHERE op_id = ? AND id <> ?"
                                          " AND version > 0 AND is_deleted = 0"
                                          " ORDER BY id LIMIT 1", row->table->name);
  g_autoptr (BpStatement) statement = bp_store_prepare (self, error, sql, "ss", row->op_id,
                                                        row->record_id);
  g_autoptr (BpRow) found = NULL;
  g_autofree char *id = NULL;
  gboolean has_row;

  *twin = NULL;
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (self), statement, &has_row, error))
    return FALSE;
  if (!has_row)
    return TRUE;

  id = bp_column_dup_text (statement, 0);
  if (!bp_store_read_row (self, row->table, id, &found, error))
    return FALSE;
  if (found != NULL)
    *twin = g_steal_pointer (&found->state);
  return TRUE;
}

/* The record is @twin: two of it would count twice. What was here is kept with
 * a decided conflict; under its id the server may have a third one. */
static gboolean
join_twin (BpStore          *self,
           const BpQueueRow *row,
           const BpBase     *base,
           const BpState    *twin,
           GError          **error)
{
  const BpTable *table = row->table;
  g_autoptr (BpConflict) conflict = g_new0 (BpConflict, 1);
  g_autoptr (BpRow) record = NULL;
  gboolean absent;

  if (!bp_store_find_absent (self, table, row->record_id, &absent, error)
      || !bp_store_read_row (self, table, row->record_id, &record, error))
    return FALSE;

  conflict->table = table;
  conflict->record_id = g_strdup (row->record_id);
  conflict->type = BP_CONFLICT_ID_COLLISION;
  conflict->op_id = g_strdup (row->op_id);
  conflict->local = record != NULL ? bp_state_copy (record->state) : NULL;
  conflict->server = bp_state_copy (twin);
  return bp_store_open_conflict (self, conflict, error)
         && bp_store_close_conflict (self, conflict, BP_DECISION_JOINED, error)
         && bp_store_drop_record_queue (self, table, row->record_id, error)
         && bp_store_follow (self, table, row->record_id, twin->id, error)
         && bp_store_remove_base (self, table, row->record_id, error)
         && bp_store_remove_row (self, table, row->record_id, error)
         && (base->server == NULL || absent
             || bp_store_show (self, table, base->server, BP_RECORD_SYNCED, error))
         && bp_store_refresh_status (self, table, twin->id, error);
}

/* The server may have the record under another id, or has it and no pull has
 * brought it yet. */
static gboolean
take_unseen (BpStore          *self,
             const BpQueueRow *row,
             const BpBase     *base,
             BpAnswerSummary  *summary,
             gboolean         *taken,
             GError          **error)
{
  g_autoptr (BpState) twin = NULL;

  if (!find_twin (self, row, &twin, error))
    return FALSE;
  *taken = twin != NULL || (base->server == NULL && row->retry_count < MAX_ASKED);
  if (!*taken)
    return TRUE;
  if (twin != NULL)
    {
      summary->rejected++;
      return join_twin (self, row, base, twin, error);
    }

  summary->wanted |= 1u << bp_table_get_index (row->table);
  return bp_store_execute (self, error,
                           "UPDATE sync_queue SET retry_count = retry_count + 1 WHERE op_id = ?",
                           "s", row->op_id);
}

/**
 * bp_store_take_reused:
 * @self: a store, in a transaction
 * @row: an operation whose id the server knows with other content
 * @summary: where it is counted, and what is to be pulled is told
 * @error: #BpDatabaseError, #BpDataError
 *
 * The operation becomes another. An INSERT is of a record that this folder
 * made, before it was put back or in a copy, and other content was folded into
 * its making here: it becomes a change of that record; where it got another id
 * there, it becomes that record. What that is now comes with a pull, which @row
 * waits for.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_take_reused (BpStore         *self,
                      BpQueueRow      *row,
                      BpAnswerSummary *summary,
                      GError         **error)
{
  g_autoptr (BpBase) base = NULL;
  gboolean is_making, taken;

  if (!bp_store_read_base (self, row->table, row->record_id, &base, error))
    return FALSE;

  is_making = row->kind == BP_OPERATION_INSERT && base != NULL && base->state == NULL;
  if (is_making && !take_unseen (self, row, base, summary, &taken, error))
    return FALSE;
  if (is_making && taken)
    return TRUE;

  summary->rejected++;
  if (!is_making || row->restore)
    return give_new_id (self, row, error);

  return (base->server == NULL
          || bp_store_recall_effects (self, row->op_id, base->server->seq, error))
         && become_update (self, row, base, guess_base (row, base), error);
}

static gboolean
was_made_here (BpStore          *self,
               const BpQueueRow *row,
               const BpState    *server,
               gboolean         *is_own,
               GError          **error)
{
  gint64 found = 0;

  if (!bp_store_ask (self, &found, error,
                     "SELECT EXISTS (SELECT 1 FROM sync_queue WHERE op_id = ? AND table_name = ?"
                     " AND record_id = ? AND status = 'synced')",
                     "sss", server->op_id, row->table->name, row->record_id))
    return FALSE;

  *is_own = found != 0;
  return TRUE;
}

/**
 * bp_store_take_own:
 * @self: a store, in a transaction
 * @row: an operation
 * @result: the conflict it is in
 * @is_own: (out): whether it is in conflict with what an operation of this
 *   folder made of the record: then it is no other record
 * @error: #BpDatabaseError, #BpDataError
 *
 * A record that was given up for lost is made anew; where what it had been sent
 * before gets through after all, the rest becomes a change of that.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_take_own (BpStore        *self,
                   BpQueueRow     *row,
                   const BpResult *result,
                   gboolean       *is_own,
                   GError        **error)
{
  g_autoptr (BpBase) base = NULL;
  BpState *state;

  *is_own = FALSE;
  if (row->kind != BP_OPERATION_INSERT || row->table->fact || result->key != NULL
      || result->conflict_type != BP_CONFLICT_ID_COLLISION || result->server == NULL)
    return TRUE;
  if (!was_made_here (self, row, result->server, is_own, error))
    return FALSE;
  if (!*is_own)
    return TRUE;
  if (!bp_store_read_base (self, row->table, row->record_id, &base, error))
    return FALSE;
  if (base == NULL)
    base = g_new0 (BpBase, 1);

  if (base->state != NULL && base->state->version >= result->server->version)
    state = g_steal_pointer (&base->state);
  else
    {
      state = bp_state_copy (result->server);
      state->seq = 0;
    }
  return become_update (self, row, base, state, error)
         && bp_store_show_waiting (self, row->table, base->state, error);
}
