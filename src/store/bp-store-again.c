/* A conflict that was decided may be decided again: that is an edit like any
 * other, on top of the record as it is by now. */
#include "config.h"

#include "bp-id.h"
#include "bp-store-sync-private.h"

typedef struct
{
  BpStore *store;        /* (unowned) */
  BpConflict *conflict;  /* (unowned) */
  BpDecision decision;
  const BpChange *merged; /* (unowned) (nullable) */
  BpRow *row;            /* (owned) (nullable): the record as it is by now */
} Again;

static void
again_clear (Again *self)
{
  bp_row_free (self->row);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Again, again_clear)

static gboolean
refuse (GError    **error,
        const char *reason)
{
  g_set_error_literal (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED, reason);
  return FALSE;
}

static gboolean
is_alive (const BpRow *row)
{
  return row != NULL && !row->state->is_deleted;
}

static gboolean
has_value (const BpState *state,
           guint          field,
           const BpValue *value)
{
  return state != NULL && bp_value_equal (&state->data->values[field], value);
}

/* What the conflict was about: fields that the two sides had differently, or
 * that got a value of their own. The rest stays as others have made it since. */
static gboolean
is_decided (const Again    *self,
            const BpChange *wanted,
            guint           field)
{
  const BpConflict *conflict = self->conflict;

  if (!bp_change_has (wanted, field))
    return FALSE;
  if (conflict->local == NULL || conflict->server == NULL)
    return TRUE;

  return !has_value (conflict->local, field, &conflict->server->data->values[field])
         || !has_value (conflict->server, field, &wanted->values[field]);
}

static BpChange *
get_wanted (const Again *self)
{
  const BpConflict *conflict = self->conflict;
  const BpState *side = self->decision == BP_DECISION_SERVER ? conflict->server : conflict->local;
  BpChange *wanted;

  if (self->decision == BP_DECISION_MERGED && is_alive (self->row))
    return bp_change_copy (self->merged);

  wanted = bp_change_diff (NULL, side->data);
  if (self->decision == BP_DECISION_MERGED)
    bp_change_apply (wanted, self->merged);
  return wanted;
}

/* Whether the decision is that the record shall not be. */
static gboolean
is_deletion (const Again *self)
{
  const BpConflict *conflict = self->conflict;

  if (self->decision == BP_DECISION_SERVER)
    return conflict->server == NULL || conflict->server->is_deleted;

  return self->decision == BP_DECISION_LOCAL && conflict->local->is_deleted;
}

static BpWrite *
make_write (const Again *self)
{
  const BpConflict *conflict = self->conflict;
  g_autoptr (BpChange) wanted = NULL;
  g_autoptr (BpChange) change = NULL;

  if (is_deletion (self))
    return is_alive (self->row) ? bp_write_new (conflict->table, conflict->record_id,
                                                BP_OPERATION_DELETE, NULL)
                                : NULL;

  wanted = get_wanted (self);
  if (is_alive (self->row))
    bp_store_keep_final (self->row->state, wanted);
  for (guint i = 0; is_alive (self->row) && i < conflict->table->n_fields; i++)
    {
      if (!is_decided (self, wanted, i))
        bp_change_unset (wanted, i);
    }
  change = bp_change_diff (is_alive (self->row) ? self->row->state->data : NULL, wanted);
  if (bp_change_is_empty (change))
    return NULL;
  return bp_write_new (conflict->table, conflict->record_id,
                       self->row != NULL ? BP_OPERATION_UPDATE : BP_OPERATION_INSERT,
                       g_steal_pointer (&change));
}

/* A deletion that this folder has forgotten: what comes back restores it,
 * known to the server or not. */
static gboolean
remember_deleted (Again   *self,
                  GError **error)
{
  const BpConflict *conflict = self->conflict;
  g_autoptr (BpState) state = bp_state_copy (conflict->local);
  BpBase base = { state, NULL };

  state->version = conflict->server != NULL ? conflict->server->version : 0;
  state->is_deleted = TRUE;
  if (!bp_store_forget_figures (self->store, state, error)
      || !bp_store_write_row (self->store, conflict->table, state, BP_RECORD_SYNCED, error)
      || !bp_store_write_base (self->store, conflict->table, conflict->record_id, &base, error))
    return FALSE;

  return bp_store_read_row (self->store, conflict->table, conflict->record_id, &self->row, error);
}

static gboolean
save (Again   *self,
      BpWrite *write,
      GError **error)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  const BpState *local = self->conflict->local;

  g_ptr_array_add (writes, write);
  return bp_store_save (self->store, writes, local != NULL ? local->user : NULL, error);
}

static gboolean
edit (Again   *self,
      GError **error)
{
  BpWrite *write;

  if (self->row == NULL && !is_deletion (self) && !remember_deleted (self, error))
    return FALSE;

  write = make_write (self);
  return write == NULL || save (self, write, error);
}

static gboolean
forget_alias (const Again *self,
              GError     **error)
{
  return bp_store_execute (self->store, error,
                           "DELETE FROM sync_aliases WHERE table_name = ? AND alias = ?", "ss",
                           self->conflict->table->name, self->conflict->record_id);
}

/* The record that became another one is made again, without what has referred
 * to it: that stays where it went. */
static gboolean
part (Again   *self,
      GError **error)
{
  g_autoptr (GError) local_error = NULL;
  const BpConflict *conflict = self->conflict;
  BpWrite *write;

  if (g_strcmp0 (conflict->decision, "joined") == 0 && is_alive (self->row))
    return refuse (error, "Another record has its id by now: add it anew");
  if (self->decision == BP_DECISION_LOCAL && is_alive (self->row))
    return TRUE;
  write = make_write (self);
  if (write == NULL
      || (forget_alias (self, &local_error) && save (self, write, &local_error)))
    return TRUE;

  if (g_error_matches (local_error, BP_STORE_ERROR, BP_STORE_ERROR_DUPLICATE))
    g_prefix_error (&local_error,
                    "It needs another %s (resolve %" G_GINT64_FORMAT " merge %s=:…): ",
                    conflict->key, conflict->id, conflict->key);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* Once more the two are one: what waits and refers to it follows, and it goes. */
static gboolean
rejoin (Again   *self,
        GError **error)
{
  g_autoptr (BpRow) other = NULL;
  const BpConflict *conflict = self->conflict;

  if (g_strcmp0 (conflict->decision, "joined") == 0 || !is_alive (self->row))
    return TRUE;

  if (!bp_store_read_row (self->store, conflict->table, conflict->server->id, &other, error))
    return FALSE;
  if (!is_alive (other))
    return refuse (error, "The server's record is not there any more");

  return bp_store_follow (self->store, conflict->table, conflict->record_id, other->state->id,
                          error)
         && save (self, bp_write_new (conflict->table, conflict->record_id, BP_OPERATION_DELETE,
                                      NULL), error);
}

/* The local state that was given up for the server's record of the same id. */
static gboolean
renumber (Again   *self,
          GError **error)
{
  const BpConflict *conflict = self->conflict;
  g_autofree char *id = bp_id_new (bp_store_get_clock (self->store));

  if (g_strcmp0 (conflict->decision, "server") != 0)
    return TRUE;

  return save (self, bp_write_new (conflict->table, id, BP_OPERATION_INSERT, get_wanted (self)),
               error);
}

static gboolean
settle_collision (Again   *self,
                  GError **error)
{
  const BpConflict *conflict = self->conflict;

  switch (self->decision)
    {
    case BP_DECISION_JOINED:
      return rejoin (self, error);
    case BP_DECISION_LOCAL:
    case BP_DECISION_MERGED:
      return part (self, error);
    case BP_DECISION_RENUMBERED:
      return renumber (self, error);
    case BP_DECISION_SERVER:
      return g_strcmp0 (conflict->decision, "server") == 0
             || refuse (error, "Both records are kept since: void or delete the one that shall"
                        " not be");
    case BP_DECISION_ASK:
    default:
      return refuse (error, "Nothing was decided");
    }
}

/**
 * bp_store_decide_again:
 * @self: a store, in a transaction
 * @conflict: one that is decided
 * @decision: LOCAL, SERVER or MERGED; of two records with one key, RENUMBERED
 *   or JOINED, too
 * @merged: (nullable): with MERGED the fields as they shall be
 * @error: %BP_STORE_ERROR_REFUSED, what bp_store_save() sets, #BpDatabaseError
 *
 * Saves an edit that brings the decision about: what the two sides had
 * differently becomes as is decided now, what others have changed since stays.
 * A record that is deleted or gone comes back. One that was joined with
 * another is made again under a key of its own; its movements and sale lines
 * stay with the other.
 *
 * Returns: whether it is saved, decision and all
 */
gboolean
bp_store_decide_again (BpStore        *self,
                       BpConflict     *conflict,
                       BpDecision      decision,
                       const BpChange *merged,
                       GError        **error)
{
  g_auto (Again) again = { self, conflict, decision, merged, NULL };
  gboolean another = bp_conflict_is_of_two (conflict);

  if (!another && (decision == BP_DECISION_JOINED || decision == BP_DECISION_RENUMBERED))
    return refuse (error, "Only two records with one key are renumbered or joined");
  if (conflict->local == NULL && decision != BP_DECISION_SERVER)
    return refuse (error, "There is no local record any more");

  if (!bp_store_read_row (self, conflict->table, conflict->record_id, &again.row, error))
    return FALSE;

  return (another ? settle_collision : edit)(&again, error)
         && bp_store_close_conflict (self, conflict, decision, error);
}
