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
  g_free (record->device_name);
  record->device_name = g_strdup (conflict->local->device_name);
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

  bp_store_keep_final (server, record->data);
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
has_same_key (const BpConflict *conflict)
{
  const char *key = bp_change_get_text (conflict->local->data, conflict->key);

  return g_strcmp0 (key, bp_change_get_text (conflict->server->data, conflict->key)) == 0;
}

/* The local one of two records stays, under a key of its own. */
static gboolean
keep_both (BpStore      *self,
           BpConflict   *conflict,
           const Choice *choice,
           GError      **error)
{
  const BpTable *table = conflict->table;
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);

  if (choice->decision == BP_DECISION_MERGED)
    {
      bp_change_apply (conflict->local->data, choice->merged);
      g_ptr_array_add (writes, bp_write_new (table, conflict->record_id, BP_OPERATION_UPDATE,
                                             bp_change_copy (choice->merged)));
    }
  if (has_same_key (conflict))
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
                   "The %s is that of another record on the server: give it another one"
                   " (resolve %" G_GINT64_FORMAT " merge %s=:…)",
                   conflict->key, conflict->id, conflict->key);
      return FALSE;
    }

  return (writes->len == 0 || bp_store_save (self, writes, conflict->local->user, error))
         && bp_store_settle (self, table, conflict->record_id, error);
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
      if (bp_conflict_is_joinable (conflict))
        return keep_both (self, conflict, choice, error);
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

/* A person chooses a side; of two records with one key both are kept, or they
 * become one. */
static BpDecision
get_decision (const BpConflict *conflict,
              BpDecision        wanted)
{
  gboolean open = conflict->decision == NULL;

  if (!bp_conflict_is_of_two (conflict)
      || (wanted != BP_DECISION_LOCAL && wanted != BP_DECISION_SERVER))
    return wanted;
  if (bp_conflict_is_joinable (conflict))
    return wanted == BP_DECISION_SERVER ? BP_DECISION_JOINED : wanted;
  if (wanted == BP_DECISION_LOCAL
      || (open && (conflict->key != NULL || conflict->table->fact)))
    return BP_DECISION_RENUMBERED;

  return wanted;
}

static gboolean
decide (BpStore *self,
        gpointer user_data,
        GError **error)
{
  Choice choice = *(const Choice *)user_data;
  g_autoptr (BpConflict) conflict = bp_store_get_conflict (self, choice.id, error);

  if (conflict == NULL || !check_choice (conflict, &choice, error))
    return FALSE;

  choice.decision = get_decision (conflict, choice.decision);
  bp_store_note_changed (self, conflict->table);
  if (conflict->decision != NULL)
    return bp_store_decide_again (self, conflict, choice.decision, choice.merged, error);

  return bp_store_close_conflict (self, conflict, choice.decision, error)
         && carry_out (self, conflict, &choice, error);
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
 * conflict decided before, the decision is a new edit of the record; see
 * bp_store_decide_again(). Of two records with one key, LOCAL and SERVER mean
 * RENUMBERED or JOINED where only that can be; with MERGED or LOCAL the local
 * one stays under a key of its own.
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
