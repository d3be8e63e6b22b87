/* A decision is an operation on the version it was made on. */
#include "config.h"

#include "bp-id.h"
#include "bp-store-sync-private.h"

typedef struct
{
  gint64 id;
  gint64 server_version;
  BpDecision decision;
  const BpChange *merged; /* (unowned) (nullable) */
} Choice;

static gboolean
refuse (GError    **error,
        const char *reason)
{
  g_set_error_literal (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED, reason);
  return FALSE;
}

/**
 * bp_store_drop_record_queue:
 * @self: a store, in a transaction
 * @table: a table
 * @id: a record
 * @error: #BpDatabaseError
 *
 * Returns: whether nothing waits for the record any more; what its operations
 *   did to figures is taken back
 */
gboolean
bp_store_drop_record_queue (BpStore       *self,
                            const BpTable *table,
                            const char    *id,
                            GError       **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self, table, id, error);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      if (!bp_store_drop_operation (self, ((BpQueueRow *)rows->pdata[i])->op_id, error))
        return FALSE;
    }

  return rows != NULL;
}

/* Where the server has never heard of the record, or has forgotten it, a
 * tombstone stands for that: what is kept is then restored, known there or not. */
static BpState *
get_server_state (const BpConflict *conflict,
                  BpBase           *base)
{
  BpState *state;

  if (base->server != NULL)
    return g_steal_pointer (&base->server);

  if (conflict->server != NULL)
    {
      state = bp_state_copy (conflict->server);
      state->seq = 0;
      return state;
    }

  state = bp_state_copy (base->state != NULL ? base->state : conflict->local);
  state->version = 0;
  state->is_deleted = TRUE;
  return state;
}

/* What the record becomes, on top of the server's state. */
static BpState *
make_record (const BpConflict *conflict,
             const BpState    *server,
             const Choice     *choice)
{
  BpState *record = bp_state_copy (server);

  record->modified_at = conflict->local->modified_at;
  g_free (record->user);
  record->user = g_strdup (conflict->local->user);
  if (choice->decision == BP_DECISION_MERGED)
    {
      record->is_deleted = FALSE;
      bp_change_apply (record->data, choice->merged);
    }
  else if (conflict->local->is_deleted)
    record->is_deleted = TRUE;
  else
    {
      g_autoptr (BpChange) written = bp_change_diff (NULL, conflict->local->data);

      record->is_deleted = FALSE;
      bp_change_apply (record->data, written);
    }

  return record;
}

/* One operation is left of what waits: the oldest, in its action. */
static gboolean
keep_oldest (BpStore    *self,
             BpConflict *conflict,
             char      **action_id,
             GError    **error)
{
  g_autoptr (GPtrArray) rows = NULL;

  rows = bp_store_list_record_queue (self, conflict->table, conflict->record_id, error);
  if (rows == NULL)
    return FALSE;
  if (bp_store_has_sent (rows))
    return refuse (error, "A change of it was sent and is not answered yet: sync first");

  for (guint i = 1; i < rows->len; i++)
    {
      if (!bp_store_drop_operation (self, ((BpQueueRow *)rows->pdata[i])->op_id, error))
        return FALSE;
    }

  *action_id = rows->len > 0 ? g_strdup (((BpQueueRow *)rows->pdata[0])->action_id)
                             : bp_id_new (bp_store_get_clock (self));
  return TRUE;
}

static gboolean
build_on_server (BpStore      *self,
                 BpConflict   *conflict,
                 BpBase       *base,
                 const Choice *choice,
                 GError      **error)
{
  const BpTable *table = conflict->table;
  g_autofree char *action_id = NULL;
  g_autoptr (BpState) record = NULL;
  BpState *server;

  if (!keep_oldest (self, conflict, &action_id, error))
    return FALSE;

  server = get_server_state (conflict, base);
  bp_state_free (base->state);
  base->state = server;
  record = make_record (conflict, server, choice);
  return bp_store_write_base (self, table, conflict->record_id, base, error)
         && bp_store_show (self, table, record, BP_RECORD_PENDING, error)
         && bp_store_fold (self, table, record, action_id, conflict->local->user, error)
         && bp_store_settle (self, table, conflict->record_id, error);
}

static gboolean
take_server (BpStore    *self,
             BpConflict *conflict,
             BpBase     *base,
             GError    **error)
{
  const BpTable *table = conflict->table;
  const char *id = conflict->record_id;
  g_autofree char *action_id = NULL;

  if (!keep_oldest (self, conflict, &action_id, error)
      || !bp_store_drop_record_queue (self, table, id, error))
    return FALSE;

  /* Unknown there: it goes here, too. */
  if (conflict->server == NULL && base->server == NULL)
    g_clear_pointer (&base->state, bp_state_free);
  else if (base->server == NULL && g_strcmp0 (conflict->server->id, id) == 0)
    {
      base->server = bp_state_copy (conflict->server);
      base->server->seq = 0;
    }
  return bp_store_write_base (self, table, id, base, error)
         && bp_store_settle (self, table, id, error);
}

static gboolean
carry_out (BpStore      *self,
           BpConflict   *conflict,
           const Choice *choice,
           GError      **error)
{
  g_autoptr (BpBase) base = NULL;
  gboolean collides = conflict->type == BP_CONFLICT_ID_COLLISION;

  if (!bp_store_read_base (self, conflict->table, conflict->record_id, &base, error))
    return FALSE;
  if (base == NULL)
    base = g_new0 (BpBase, 1);

  switch (choice->decision)
    {
    case BP_DECISION_MERGED:
    case BP_DECISION_LOCAL:
      if (collides)
        return refuse (error, "Two records with one key are renumbered or joined");
      return build_on_server (self, conflict, base, choice, error);
    case BP_DECISION_SERVER:
      return take_server (self, conflict, base, error);
    case BP_DECISION_RENUMBERED:
    case BP_DECISION_JOINED:
      if (!collides)
        return refuse (error, "Only two records with one key are renumbered or joined");
      return choice->decision == BP_DECISION_JOINED ? bp_store_join_other (self, conflict, error)
                                                    : bp_store_renumber (self, conflict, error);
    case BP_DECISION_ASK:
    default:
      return refuse (error, "Nothing was decided");
    }
}

/* The state that a conflict decided before is to have now. */
static BpState *
get_wanted (const BpConflict *conflict,
            const Choice     *choice)
{
  BpState *state;

  if (choice->decision == BP_DECISION_SERVER)
    return bp_state_copy (conflict->server);

  state = bp_state_copy (conflict->local);
  if (state != NULL && choice->decision == BP_DECISION_MERGED)
    {
      state->is_deleted = FALSE;
      bp_change_apply (state->data, choice->merged);
    }
  return state;
}

static BpWrite *
make_write (const BpConflict *conflict,
            const BpRow      *row,
            const BpState    *wanted)
{
  gboolean lives = row != NULL && !row->state->is_deleted;
  g_autoptr (BpChange) change = NULL;

  if (wanted == NULL || wanted->is_deleted)
    return lives ? bp_write_new (conflict->table, conflict->record_id, BP_OPERATION_DELETE, NULL)
                 : NULL;

  change = bp_change_diff (lives ? row->state->data : NULL, wanted->data);
  if (bp_change_is_empty (change))
    return NULL;
  return bp_write_new (conflict->table, conflict->record_id,
                       row != NULL ? BP_OPERATION_UPDATE : BP_OPERATION_INSERT,
                       g_steal_pointer (&change));
}

/* A new edit on top of the record as it is now, checked like any other: after
 * two products were joined, say, the one to come back needs another SKU. */
static gboolean
decide_again (BpStore      *self,
              BpConflict   *conflict,
              const Choice *choice,
              GError      **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (BpState) wanted = get_wanted (conflict, choice);
  g_autoptr (BpRow) row = NULL;
  BpWrite *write;

  if (choice->decision != BP_DECISION_MERGED && choice->decision != BP_DECISION_LOCAL
      && choice->decision != BP_DECISION_SERVER)
    return refuse (error, "This conflict is decided already");
  if (choice->decision == BP_DECISION_SERVER && wanted != NULL
      && g_strcmp0 (wanted->id, conflict->record_id) != 0)
    return refuse (error, "The server's is another record");

  row = bp_store_read_row (self, conflict->table, conflict->record_id, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  write = make_write (conflict, row, wanted);
  if (write == NULL)
    return TRUE;
  g_ptr_array_add (writes, write);
  return bp_store_save (self, writes, conflict->local != NULL ? conflict->local->user : NULL,
                        error);
}

static gboolean
check_choice (const BpConflict *conflict,
              const Choice     *choice,
              GError          **error)
{
  gint64 version = conflict->server != NULL ? conflict->server->version : 0;

  if (version != choice->server_version)
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_STALE,
                   "The record has changed on the server meanwhile: look again");
      return FALSE;
    }
  if (choice->decision == BP_DECISION_MERGED && choice->merged == NULL)
    return refuse (error, "A merge needs the merged fields");
  if (conflict->server == NULL && conflict->type != BP_CONFLICT_DELETE_UPDATE
      && choice->decision != BP_DECISION_RENUMBERED)
    return refuse (error, "The server's side is not known yet: sync first");
  if (conflict->local == NULL && conflict->decision == NULL
      && choice->decision != BP_DECISION_SERVER)
    return refuse (error, "There is no local record any more");

  return TRUE;
}

static gboolean
decide (BpStore *self,
        gpointer user_data,
        GError **error)
{
  const Choice *choice = user_data;
  g_autoptr (BpConflict) conflict = bp_store_get_conflict (self, choice->id, error);
  gboolean open;

  if (conflict == NULL || !check_choice (conflict, choice, error))
    return FALSE;

  open = conflict->decision == NULL;
  bp_store_note_changed (self, conflict->table);
  return bp_store_close_conflict (self, conflict, choice->decision, error)
         && (open ? carry_out (self, conflict, choice, error)
                  : decide_again (self, conflict, choice, error));
}

/**
 * bp_store_decide:
 * @self: a store
 * @conflict_id: which conflict
 * @server_version: the version of the server's state that was looked at; 0
 *   where there was none
 * @decision: what to do
 * @merged: (nullable): with %BP_DECISION_MERGED the fields as they shall be
 * @error: %BP_STORE_ERROR_NOT_FOUND; %BP_STORE_ERROR_STALE where the server's
 *   side has moved; %BP_STORE_ERROR_REFUSED where this cannot be decided so;
 *   of a conflict decided before, what bp_store_save() sets; #BpDatabaseError
 *
 * Carries out a decision in one transaction: with MERGED and LOCAL one
 * operation on the server's version waits, or none where there is nothing to
 * say; with SERVER nothing waits and the record is the server's. The conflict
 * is kept with the decision, the time and the local state it was made on. Of a
 * conflict decided before, the decision is a new edit of the record.
 *
 * Returns: whether it is done; nothing has changed where not
 */
gboolean
bp_store_decide (BpStore        *self,
                 gint64          conflict_id,
                 gint64          server_version,
                 BpDecision      decision,
                 const BpChange *merged,
                 GError        **error)
{
  Choice choice = { conflict_id, server_version, decision, merged };

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, decide, &choice, error);
}
