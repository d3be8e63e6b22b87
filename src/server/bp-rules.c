#include "config.h"

#include "bp-error.h"
#include "bp-id.h"
#include "bp-limits.h"
#include "bp-pair.h"
#include "bp-rules-private.h"
#include "bp-token.h"

#define DAY_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)
#define REMEMBER_DELETIONS_MS (90 * DAY_MS)
#define SEEN_STEP_MS (60 * 1000)

/**
 * bp_reply_new_problem:
 * @problem: (transfer full): why a request is refused
 *
 * Returns: (transfer full): the answer that says so
 */
BpReply *
bp_reply_new_problem (BpProblem *problem)
{
  BpReply *reply = g_new0 (BpReply, 1);

  reply->status = bp_problem_get_status (problem->code);
  reply->body = bp_problem_to_text (problem);
  reply->problem = problem;
  return reply;
}

/**
 * bp_reply_free:
 * @reply: (nullable) (transfer full): an answer
 */
void
bp_reply_free (BpReply *reply)
{
  if (reply == NULL)
    return;

  g_free (reply->body);
  bp_spool_file_unref (reply->file);
  g_free (reply->epoch);
  g_free (reply->caller_id);
  g_free (reply->store_id);
  g_free (reply->device_id);
  bp_problem_free (reply->problem);
  g_free (reply);
}

/**
 * bp_rules_accept:
 * @status: of HTTP
 * @body: (transfer full): JSON
 *
 * Returns: (transfer full): the answer
 */
BpReply *
bp_rules_accept (int   status,
                 char *body)
{
  BpReply *reply = g_new0 (BpReply, 1);

  reply->status = status;
  reply->body = body;
  return reply;
}

/**
 * bp_rules_refuse:
 * @backend: whatever is under way is taken back
 * @code: why
 * @detail: (nullable): for a person
 *
 * Returns: (transfer full): the answer that refuses a whole request
 */
BpReply *
bp_rules_refuse (BpBackend    *backend,
                 BpProblemCode code,
                 const char   *detail)
{
  bp_backend_rollback (backend);
  return bp_reply_new_problem (bp_problem_new (code, detail));
}

/**
 * bp_rules_refuse_epoch:
 * @backend: whatever is under way is taken back
 * @epoch: the one that holds
 *
 * Returns: (transfer full): the answer that tells it
 */
BpReply *
bp_rules_refuse_epoch (BpBackend  *backend,
                       const char *epoch)
{
  BpProblem *problem = bp_problem_new (BP_PROBLEM_EPOCH_CHANGED, NULL);

  problem->epoch = g_strdup (epoch);
  bp_backend_rollback (backend);
  return bp_reply_new_problem (problem);
}

/**
 * bp_rules_refuse_text:
 * @error: of #BpDataError, from reading a request
 *
 * Returns: (transfer full): the answer that says what was wrong with it
 */
BpReply *
bp_rules_refuse_text (const GError *error)
{
  BpProblemCode code = BP_PROBLEM_INVALID;

  if (error->code == BP_DATA_ERROR_MALFORMED)
    code = BP_PROBLEM_MALFORMED;
  else if (error->code == BP_DATA_ERROR_TOO_LARGE)
    code = BP_PROBLEM_TOO_LARGE;
  return bp_reply_new_problem (bp_problem_new (code, error->message));
}

/**
 * bp_rules_fail:
 * @backend: whatever is under way is taken back
 * @error: (transfer full): of the backend
 *
 * Logs what failed; the device is not told.
 *
 * Returns: (transfer full): 503 where trying again can help, else 500
 */
BpReply *
bp_rules_fail (BpBackend *backend,
               GError    *error)
{
  BpProblemCode code = BP_BACKEND_GET_CLASS (backend)->is_temporary (backend, error)
                         ? BP_PROBLEM_UNAVAILABLE
                         : BP_PROBLEM_INTERNAL;
  BpReply *reply;

  bp_backend_rollback (backend);
  g_message ("The database failed: %s", error->message);
  g_error_free (error);
  reply = bp_reply_new_problem (bp_problem_new (code, NULL));
  reply->is_backend_error = TRUE;
  return reply;
}

/**
 * bp_rules_refuse_spool:
 * @backend: whatever is under way is taken back
 * @error: (transfer full): #BpSpoolError, or of the backend
 *
 * Logs what failed; the device is not told.
 *
 * Returns: (transfer full): 503 where trying again can help, 404 where it never
 *   will, else 500
 */
BpReply *
bp_rules_refuse_spool (BpBackend *backend,
                       GError    *error)
{
  BpProblemCode code = BP_PROBLEM_INTERNAL;

  if (error->domain != BP_SPOOL_ERROR)
    return bp_rules_fail (backend, error);

  g_message ("A file could not be made: %s", error->message);
  if (error->code == BP_SPOOL_ERROR_TOO_LARGE)
    code = BP_PROBLEM_NOT_FOUND;
  else if (error->code == BP_SPOOL_ERROR_FULL || error->code == BP_SPOOL_ERROR_CLOSED)
    code = BP_PROBLEM_UNAVAILABLE;
  g_error_free (error);
  return bp_rules_refuse (backend, code, NULL);
}

static gboolean
find_device (BpBackend  *backend,
             const char *token,
             BpDevice  **device,
             BpStore   **store,
             GError    **error)
{
  g_autofree char *store_id = bp_token_get_store (token);
  g_autofree char *hash = bp_token_hash (token);

  if (store_id == NULL)
    return TRUE;
  if (!BP_BACKEND_GET_CLASS (backend)->begin_read (backend, error))
    return FALSE;
  if (!bp_backend_call (backend, find_device, store_id, hash, device, error)
      || (*device != NULL && !bp_backend_call (backend, load_store, store_id, store, error)))
    {
      bp_backend_rollback (backend);
      return FALSE;
    }
  if (*device != NULL && *store == NULL)
    g_clear_pointer (device, bp_device_free);

  return BP_BACKEND_GET_CLASS (backend)->commit (backend, error);
}

/* Written at most once a minute: reading should not write. The store is not
 * locked: who reads does not wait for who pushes. */
static gboolean
note_seen (BpBackend *backend,
           BpDevice  *device,
           gint64     now,
           GError   **error)
{
  g_autoptr (BpDevice) fresh = NULL;

  if (now - device->last_seen < SEEN_STEP_MS && now >= device->last_seen)
    return TRUE;
  if (!bp_backend_call (backend, begin_write, NULL, error))
    return FALSE;
  if (bp_backend_call (backend, find_device_by_id, device->store_id, device->id, &fresh, error)
      && fresh != NULL)
    {
      fresh->last_seen = now;
      if (bp_backend_call (backend, write_device, fresh, error))
        return BP_BACKEND_GET_CLASS (backend)->commit (backend, error);
    }

  bp_backend_rollback (backend);
  return fresh == NULL && (error == NULL || *error == NULL);
}

static BpReply *
answer_info (BpClock *clock)
{
  const BpInfo info = { BP_SCHEMA_VERSION, bp_clock_get_now (clock) };

  return bp_rules_accept (200, bp_info_to_text (&info));
}

static BpReply *
answer_device (BpBackend     *backend,
               BpClock       *clock,
               BpDevice      *device,
               const BpStore *store,
               const BpCall  *call)
{
  GError *error = NULL;

  if (call->refusal == NULL && call->endpoint == BP_ENDPOINT_PUSH)
    return bp_rules_push (backend, clock, device, call);
  if (!note_seen (backend, device, bp_clock_get_now (clock), &error))
    return bp_rules_fail (backend, error);
  if (call->refusal != NULL)
    {
      BpProblem *problem = bp_problem_new (call->refusal->code, call->refusal->detail);

      return bp_reply_new_problem (problem);
    }

  switch (call->endpoint)
    {
    case BP_ENDPOINT_INFO:
      return answer_info (clock);
    case BP_ENDPOINT_PAIR:
      return bp_rules_pair (backend, clock, device, call);
    case BP_ENDPOINT_PULL:
      return bp_rules_pull (backend, clock, device, call);
    case BP_ENDPOINT_HISTORY:
      return bp_rules_history (backend, device, call);
    case BP_ENDPOINT_LIVE:
      return bp_rules_live (device, store);
    case BP_ENDPOINT_SNAPSHOT:
      return bp_rules_snapshot (backend, clock, store, call);
    case BP_ENDPOINT_BACKUPS:
      return bp_rules_list_backups (backend, device);
    case BP_ENDPOINT_GET_BACKUP:
      return bp_rules_get_backup (backend, device, call);
    case BP_ENDPOINT_PUT_BACKUP:
      return bp_rules_put_backup (backend, clock, device, call);
    case BP_ENDPOINT_PUSH:
    default:
      g_assert_not_reached ();
    }
}

static BpReply *
answer_stranger (BpBackend    *backend,
                 BpClock      *clock,
                 gboolean      is_revoked,
                 const BpCall *call)
{
  BpReply *reply;

  if (bp_endpoint_get (call->endpoint)->needs_token)
    return bp_rules_refuse (backend,
                            is_revoked ? BP_PROBLEM_REVOKED : BP_PROBLEM_UNAUTHORIZED, NULL);
  if (call->refusal != NULL)
    return bp_reply_new_problem (bp_problem_new (call->refusal->code, call->refusal->detail));
  if (call->endpoint != BP_ENDPOINT_PAIR)
    return answer_info (clock);

  reply = bp_rules_pair (backend, clock, NULL, call);
  if (!is_revoked || reply->problem == NULL || reply->problem->code != BP_PROBLEM_UNAUTHORIZED)
    return reply;
  bp_reply_free (reply);
  return bp_rules_refuse (backend, BP_PROBLEM_REVOKED, NULL);
}

/**
 * bp_rules_answer:
 * @backend: not in a transaction; nor is it afterwards
 * @clock: time and randomness
 * @call: the request
 *
 * What the contract says, whole: a call that is refused has had no effect.
 * Blocks; on the backend's thread.
 *
 * Returns: (transfer full): the answer
 */
BpReply *
bp_rules_answer (BpBackend    *backend,
                 BpClock      *clock,
                 const BpCall *call)
{
  g_autoptr (BpDevice) device = NULL;
  g_autoptr (BpStore) store = NULL;
  GError *error = NULL;
  BpReply *reply;

  if (call->token != NULL && !find_device (backend, call->token, &device, &store, &error))
    return bp_rules_fail (backend, error);
  if (device == NULL || device->revoked_at != 0)
    return answer_stranger (backend, clock, device != NULL, call);

  reply = answer_device (backend, clock, device, store, call);
  reply->caller_id = g_strdup (device->id);
  if (reply->epoch == NULL && reply->problem != NULL
      && reply->problem->code == BP_PROBLEM_EPOCH_CHANGED)
    reply->epoch = g_strdup (reply->problem->epoch);
  if (reply->epoch == NULL)
    reply->epoch = g_steal_pointer (&store->epoch);
  return reply;
}

/**
 * bp_rules_begin_epoch:
 * @backend: writing
 * @clock: time and randomness
 * @store: a store whose past is no longer what devices know; gets a new epoch
 * @error: of the backend
 *
 * Returns: whether it was written
 */
gboolean
bp_rules_begin_epoch (BpBackend *backend,
                      BpClock   *clock,
                      BpStore   *store,
                      GError   **error)
{
  g_free (store->epoch);
  store->epoch = bp_id_new (clock);
  return bp_backend_call (backend, write_store, store, error);
}

static gboolean
forget_deletions_of (BpBackend  *backend,
                     const char *store_id,
                     gint64      now,
                     GError    **error)
{
  g_autoptr (BpStore) store = NULL;
  gint64 horizon;

  if (!bp_backend_call (backend, load_store, store_id, &store, error))
    return FALSE;
  if (store == NULL)
    return TRUE;

  horizon = store->horizon;
  if (!bp_backend_call (backend, purge, store_id, now - REMEMBER_DELETIONS_MS, &horizon, error))
    return FALSE;
  if (horizon == store->horizon)
    return TRUE;
  store->horizon = horizon;
  store->purged_at = now;
  return bp_backend_call (backend, write_store, store, error);
}

/**
 * bp_rules_forget_deletions:
 * @backend: not in a transaction
 * @clock: the time
 * @error: of the backend
 *
 * Forgets, in every store, tombstones older than 90 days, and raises the
 * horizon to the last one forgotten. To be done once a day.
 *
 * Returns: whether it succeeded in all of them
 */
gboolean
bp_rules_forget_deletions (BpBackend *backend,
                           BpClock   *clock,
                           GError   **error)
{
  g_autoptr (GPtrArray) stores = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_store_free);
  BpBackendClass *klass = BP_BACKEND_GET_CLASS (backend);

  if (!klass->begin_read (backend, error))
    return FALSE;
  if (!klass->list_stores (backend, stores, error))
    {
      klass->rollback (backend);
      return FALSE;
    }
  if (!klass->commit (backend, error))
    return FALSE;

  for (guint i = 0; i < stores->len; i++)
    {
      const BpStore *store = stores->pdata[i];

      if (!klass->begin_write (backend, store->id, error))
        return FALSE;
      if (!forget_deletions_of (backend, store->id, bp_clock_get_now (clock), error))
        {
          klass->rollback (backend);
          return FALSE;
        }
      if (!klass->commit (backend, error))
        return FALSE;
    }

  return TRUE;
}
