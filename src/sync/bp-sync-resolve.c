/* The deciding part of a run. */
#include "config.h"

#include "bp-merge.h"
#include "bp-sync-engine-private.h"

static BpPolicy
get_policy (BpSyncEngine *self)
{
  g_autofree char *text = bp_store_get_device_setting (self->store, "sync.policy");
  BpPolicy policy = BP_POLICY_SERVER_WINS;

  bp_policy_from_string (text, &policy);
  return policy;
}

/* Whether the decision needs a state of the server that the answer left out. */
static gboolean
needs_server (const BpConflict *conflict)
{
  if (conflict->server != NULL)
    return FALSE;

  return conflict->type == BP_CONFLICT_UPDATE_UPDATE
         || conflict->type == BP_CONFLICT_UPDATE_DELETE
         || conflict->type == BP_CONFLICT_ID_COLLISION;
}

/* Meanwhile moved, settled or renamed: the next look at the list sees it. */
static gboolean
is_passing (const GError *error)
{
  return g_error_matches (error, BP_STORE_ERROR, BP_STORE_ERROR_STALE)
         || g_error_matches (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND)
         || g_error_matches (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
}

static gboolean
decide (BpSyncEngine     *self,
        const BpConflict *conflict,
        BpPolicy          policy,
        guint            *n_decided,
        GError          **error)
{
  g_autoptr (BpChange) merged = NULL;
  g_autoptr (GError) local_error = NULL;
  gint64 skew = bp_store_get_number (self->store, BP_VALUE_SKEW, 0);
  BpDecision decision = bp_merge (conflict, policy, skew, &merged);

  if (decision == BP_DECISION_ASK)
    return TRUE;

  if (bp_store_decide (self->store, conflict->id,
                       conflict->server != NULL ? conflict->server->version : 0,
                       decision, merged, &local_error))
    {
      *n_decided += 1;
      return TRUE;
    }
  if (is_passing (local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * bp_sync_engine_resolve:
 * @self: an engine with a run under way
 * @n_decided: (out): how many conflicts are decided now
 * @error: #BpDatabaseError
 *
 * Decides every open conflict that no person is needed for. Where the
 * server's side is not known, the table is noted to be pulled first, once in
 * a run.
 *
 * Returns: how it ended
 */
BpStep
bp_sync_engine_resolve (BpSyncEngine *self,
                        guint        *n_decided,
                        GError      **error)
{
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (self->store, FALSE, error);
  BpPolicy policy = get_policy (self);

  *n_decided = 0;
  if (conflicts == NULL)
    return BP_STEP_FAILED;

  for (guint i = 0; i < conflicts->len; i++)
    {
      const BpConflict *conflict = conflicts->pdata[i];
      guint bit = 1u << bp_table_get_index (conflict->table);

      if (conflict->id > self->last_conflict)
        {
          self->last_conflict = conflict->id;
          self->report->conflicts++;
        }
      if (needs_server (conflict) && !(self->fetched_for & bit))
        {
          self->fetched_for |= bit;
          self->wanted |= bit;
        }
      else if (!(self->wanted & bit) || !needs_server (conflict))
        {
          if (!decide (self, conflict, policy, n_decided, error))
            return BP_STEP_FAILED;
        }
    }

  return BP_STEP_DONE;
}
