/* The sending part of a run. */
#include "config.h"

#include "bp-sync-engine-private.h"

#include "bp-history.h"
#include "bp-limits.h"
#include "bp-push.h"

#define MAX_FAULTS 3
#define MAX_LOOKED_UP 4

/* Whether the server itself is there, so that a push that gets no answer is
 * to blame, and not the connection. */
static gboolean
is_server_there (BpSyncEngine *self)
{
  g_autoptr (BpAnswer) answer = bp_sync_engine_send (self, BP_ENDPOINT_INFO, NULL, NULL);

  return answer != NULL && answer->problem == NULL;
}

/* Fewer actions from now on; one that is alone fails, or goes behind the
 * rest. */
static gboolean
take_fewer (BpSyncEngine *self,
            BpClaim      *claim,
            const char   *reason,
            GError      **error)
{
  self->has_unanswered = TRUE;
  if (claim->n_actions > 1)
    {
      self->max_actions = claim->n_actions / 2;
      return (reason == NULL || bp_store_refuse_claim (self->store, claim, error))
             && bp_store_set_number (self->store, BP_VALUE_PUSH_ACTIONS, self->max_actions, error);
    }
  if (reason != NULL)
    return bp_store_fail_claim (self->store, claim, reason, error);

  return bp_store_postpone_claim (self->store, claim, error);
}

/* Notes that a push got no answer. The third in a row makes the next ones
 * smaller. */
static gboolean
note_fault (BpSyncEngine *self,
            BpClaim      *claim,
            gboolean      is_answered,
            GError      **error)
{
  gint64 faults = bp_store_get_number (self->store, BP_VALUE_PUSH_FAULTS, 0) + 1;

  if (faults >= MAX_FAULTS && (is_answered || is_server_there (self)))
    {
      if (!take_fewer (self, claim, NULL, error))
        return FALSE;
      faults = 0;
    }

  return bp_store_set_number (self->store, BP_VALUE_PUSH_FAULTS, MIN (faults, MAX_FAULTS), error);
}

static gboolean
forget_faults (BpSyncEngine *self,
               GError      **error)
{
  if (bp_store_get_number (self->store, BP_VALUE_PUSH_FAULTS, 0) == 0)
    return TRUE;

  return bp_store_set_number (self->store, BP_VALUE_PUSH_FAULTS, 0, error);
}

/* The run ends with @reason, which nobody but a failing disk may replace. */
static BpStep
fail_push (BpSyncEngine *self,
           BpClaim      *claim,
           gboolean      is_answered,
           GError      **error,
           GError       *reason)
{
  g_autoptr (GError) own = reason;

  if (!g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      && !note_fault (self, claim, is_answered, error))
    return BP_STEP_FAILED;

  g_propagate_error (error, g_steal_pointer (&own));
  return BP_STEP_FAILED;
}

/* Another folder goes on as this device: the caller makes this one a new
 * device. */
static BpStep
fail_copy (GError **error)
{
  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_RETRY_LATER,
               "This folder is a copy of another one, or was put back");
  return BP_STEP_FAILED;
}

/* Whether the server's log holds one of them; also where it does not say. */
static gboolean
is_known (BpSyncEngine *self,
          BpClaim      *claim)
{
  for (guint i = 0; i < MIN (claim->operations->len, MAX_LOOKED_UP); i++)
    {
      const BpOperation *operation = claim->operations->pdata[i];
      g_autoptr (BpHistoryQuery) query = bp_history_query_new (operation->table, operation->id, 0);
      g_autoptr (BpAnswer) answer = NULL;
      g_autoptr (GPtrArray) entries = NULL;
      const char *text;
      gboolean more;
      gsize length;

      answer = bp_sync_engine_send (self, BP_ENDPOINT_HISTORY, bp_history_query_to_text (query),
                                    NULL);
      if (answer == NULL || answer->problem != NULL)
        return TRUE;
      text = g_bytes_get_data (answer->body, &length);
      entries = bp_history_parse (text, length, &more, NULL);
      if (entries == NULL || more)
        return TRUE;
      for (guint n = 0; n < entries->len; n++)
        {
          const BpHistoryEntry *entry = entries->pdata[n];

          if (g_str_equal (entry->op_id, operation->op_id))
            return TRUE;
        }
    }

  return FALSE;
}

/* An attempt above any that was made here is another folder's. The one made
 * just now may be so, too, or the network brought this very push twice: then
 * the server has what is in it. */
static BpStep
take_stale (BpSyncEngine *self,
            BpClaim      *claim,
            gint64        seen,
            GError      **error)
{
  self->is_copy = seen > claim->attempt || (seen == claim->attempt && !is_known (self, claim));
  if (self->is_copy)
    return fail_copy (error);

  self->has_unanswered = TRUE;
  return bp_store_raise_attempt (self->store, seen, error) ? BP_STEP_AGAIN : BP_STEP_FAILED;
}

static BpStep
take_problem (BpSyncEngine   *self,
              BpClaim        *claim,
              const BpAnswer *answer,
              GError        **error)
{
  GError *reason = NULL;
  const char *detail = answer->problem->detail;

  switch (answer->problem->code)
    {
    case BP_PROBLEM_EPOCH_CHANGED:
      self->has_unanswered = TRUE;
      return bp_store_begin_epoch (self->store, answer->problem->epoch, error)
             ? BP_STEP_AGAIN
             : BP_STEP_FAILED;
    case BP_PROBLEM_STALE:
      return take_stale (self, claim, answer->problem->attempt, error);
    case BP_PROBLEM_MALFORMED:
    case BP_PROBLEM_TOO_LARGE:
    case BP_PROBLEM_INVALID:
    case BP_PROBLEM_UNSUPPORTED_TYPE:
      if (!forget_faults (self, error)
          || !take_fewer (self, claim, detail != NULL ? detail : "The server refuses it", error))
        return BP_STEP_FAILED;
      return BP_STEP_DONE;
    default:
      bp_sync_engine_refuse (self, answer, &reason);
      if (answer->status < 500)
        {
          g_propagate_error (error, reason);
          return BP_STEP_FAILED;
        }
      return fail_push (self, claim, TRUE, error, reason);
    }
}

static BpStep
push_claim (BpSyncEngine *self,
            BpClaim      *claim,
            gboolean     *has_moved,
            GError      **error)
{
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (BpPushAnswer) parsed = NULL;
  BpAnswerSummary summary = { 0 };
  GError *reason = NULL;
  gsize length;
  const char *text;

  answer = bp_sync_engine_send (self, BP_ENDPOINT_PUSH,
                                bp_push_request_to_text (claim->epoch, claim->attempt,
                                                         claim->operations),
                                &reason);
  if (answer == NULL)
    return fail_push (self, claim, FALSE, error, reason);
  if (answer->problem != NULL)
    return take_problem (self, claim, answer, error);

  text = g_bytes_get_data (answer->body, &length);
  parsed = bp_push_answer_parse (text, length, claim->operations, &reason);
  if (parsed != NULL && parsed->attempt != claim->attempt)
    g_set_error (&reason, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
                 "an answer to another request");
  if (reason != NULL)
    {
      GError *unusable = NULL;

      bp_sync_engine_fail_unusable (&unusable, reason);
      return fail_push (self, claim, TRUE, error, unusable);
    }

  if (!bp_store_apply_answer (self->store, claim, parsed->results, &summary, error)
      || !forget_faults (self, error))
    return BP_STEP_FAILED;
  self->report->pushed += summary.applied;
  self->known_seq = MAX (self->known_seq, parsed->seq);
  *has_moved = summary.applied + summary.conflicts + summary.rejected > 0;
  if (summary.wanted != 0)
    {
      /* It goes again when that is here. */
      self->wanted |= summary.wanted;
      self->has_unanswered = FALSE;
      *has_moved = FALSE;
    }
  return BP_STEP_DONE;
}

/* As much of @scope as may go now; FALSE where nothing. */
static gboolean
narrow (BpSyncEngine *self,
        BpClaimScope *scope)
{
  BpSyncWork work = bp_sync_engine_get_work (self);

  if (*scope == BP_CLAIM_ALL && !(work & BP_SYNC_WORK_MEDIUM))
    *scope = BP_CLAIM_TO_HIGH;
  else if (*scope == BP_CLAIM_ALL && !(work & BP_SYNC_WORK_LOW))
    *scope = BP_CLAIM_TO_MEDIUM;

  return (work & BP_SYNC_WORK_HIGH) != 0;
}

/* What was sent and not answered goes before anything else. */
static gboolean
claim_next (BpSyncEngine *self,
            BpClaimScope  scope,
            BpClaim     **claim,
            GError      **error)
{
  g_autoptr (GError) local_error = NULL;

  *claim = NULL;
  if (self->has_unanswered || scope == BP_CLAIM_UNANSWERED)
    {
      *claim = bp_store_claim (self->store, BP_CLAIM_UNANSWERED, self->max_operations,
                               self->max_actions, &local_error);
      if (*claim != NULL && (*claim)->operations->len == 0)
        g_clear_pointer (claim, bp_claim_free);
      self->has_unanswered = *claim != NULL;
    }
  if (*claim == NULL && local_error == NULL && scope != BP_CLAIM_UNANSWERED)
    {
      *claim = bp_store_claim (self->store, scope, self->max_operations, self->max_actions,
                               &local_error);
      if (*claim != NULL && (*claim)->operations->len == 0)
        g_clear_pointer (claim, bp_claim_free);
    }

  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
has_ready (BpSyncEngine *self)
{
  BpQueueCounts counts = { 0 };

  return self->has_unanswered || !bp_store_count_queue (self->store, &counts, NULL)
         || counts.n_ready > 0;
}

/**
 * bp_sync_engine_push:
 * @self: an engine with a run under way
 * @scope: what is sent
 * @error: as bp_sync_engine_run()
 *
 * Sends until nothing of @scope is left that may go, also by the terms of the
 * run. Each answer is in the store before the next request goes.
 *
 * Returns: how it ended
 */
BpStep
bp_sync_engine_push (BpSyncEngine *self,
                     BpClaimScope  scope,
                     GError      **error)
{
  BpStep step = BP_STEP_DONE;
  gboolean has_moved = TRUE;

  while (step == BP_STEP_DONE && has_moved)
    {
      g_autoptr (BpClaim) claim = NULL;
      BpClaimScope allowed = scope;

      if (bp_sync_engine_is_time_up (self))
        return has_ready (self) ? BP_STEP_TIME_UP : BP_STEP_DONE;
      if (!narrow (self, &allowed))
        return BP_STEP_DONE;
      if (!claim_next (self, allowed, &claim, error))
        return BP_STEP_FAILED;
      if (claim == NULL)
        return BP_STEP_DONE;

      step = push_claim (self, claim, &has_moved, error);
    }

  return step;
}
