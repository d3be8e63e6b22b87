/* A push: section 3 of the contract. Everything it does is one transaction. */
#include "config.h"

#include "bp-decide.h"
#include "bp-error.h"
#include "bp-limits.h"
#include "bp-rules-private.h"

#define MAX_RECONSIDERED 200
#define NO_INDEX G_MAXUINT

/* Operations keep their order; an action that fails after some of its
 * operations is taken out and everything is decided anew without it, since
 * others may have built on what it had done. */
typedef struct
{
  BpLedger *ledger; /* (unowned) */
  BpWork *works;    /* (owned) (array length=n_works) */
  guint n_works;
  guint n_actions;
  guint *failed_at; /* (owned): by action: which operation failed, or NO_INDEX */
  guint *began_at;  /* (owned): by action: its first operation with an effect */
  gboolean *is_final; /* (owned): by action: failed whatever the others do */
  guint n_passes;
} Push;

static void
push_clear (Push *push)
{
  for (guint i = 0; i < push->n_works; i++)
    bp_work_clear (&push->works[i]);
  g_free (push->works);
  g_free (push->failed_at);
  g_free (push->began_at);
  g_free (push->is_final);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Push, push_clear)

static void
group_actions (Push      *push,
               GPtrArray *items)
{
  g_autoptr (GHashTable) actions = g_hash_table_new (g_str_hash, g_str_equal);

  push->n_works = items->len;
  push->works = g_new0 (BpWork, items->len);
  for (guint i = 0; i < items->len; i++)
    {
      BpPushItem *item = items->pdata[i];
      const char *action_id = item->operation->action_id;
      gpointer known = NULL;

      if (action_id == NULL || !g_hash_table_lookup_extended (actions, action_id, NULL, &known))
        {
          known = GUINT_TO_POINTER (push->n_actions++);
          if (action_id != NULL)
            g_hash_table_insert (actions, (gpointer)action_id, known);
        }
      bp_work_init (&push->works[i], item, GPOINTER_TO_UINT (known));
    }
  push->failed_at = g_new (guint, push->n_actions);
  push->began_at = g_new (guint, push->n_actions);
  push->is_final = g_new0 (gboolean, push->n_actions);
  for (guint i = 0; i < push->n_actions; i++)
    push->failed_at[i] = NO_INDEX;
}

static void
fail_for_good (Push     *push,
               guint     index,
               BpResult *result)
{
  BpWork *work = &push->works[index];

  bp_result_free (work->result);
  work->result = result;
  push->failed_at[work->action] = index;
  push->is_final[work->action] = TRUE;
}

/* What is wrong whatever the database holds, and what was answered before. */
static void
decide_beforehand (Push *push)
{
  g_autofree gsize *sizes = g_new0 (gsize, push->n_actions);

  for (guint i = 0; i < push->n_works; i++)
    sizes[push->works[i].action] += push->works[i].item->size;
  for (guint i = 0; i < push->n_works; i++)
    {
      BpWork *work = &push->works[i];
      const GError *fault = work->item->fault;
      BpResult *result;

      if (fault != NULL)
        {
          fail_for_good (push, i, bp_decide_reject (work, bp_data_error_to_code (fault->code),
                                                    fault->message));
          continue;
        }
      result = bp_decide_memory (push->ledger, work);
      if (result == NULL && sizes[work->action] > BP_MAX_ACTION)
        result = bp_decide_reject (work, "too_large", "What belongs together is larger than 1 MiB");
      if (result != NULL && result->status == BP_RESULT_REJECTED)
        fail_for_good (push, i, result);
      else
        work->result = result;
    }
}

/* Those that failed while @action's effects stood may have failed for them. */
static void
reconsider (Push *push,
            guint action)
{
  if (push->n_passes > MAX_RECONSIDERED)
    return;

  for (guint i = 0; i < push->n_actions; i++)
    {
      guint at = push->failed_at[i];

      if (i == action || at == NO_INDEX || push->is_final[i] || at < push->began_at[action])
        continue;
      g_clear_pointer (&push->works[at].result, bp_result_free);
      push->failed_at[i] = NO_INDEX;
    }
}

/* Returns whether all that is not failed could be applied. */
static gboolean
pass (Push *push)
{
  bp_ledger_reset (push->ledger);
  for (guint i = 0; i < push->n_actions; i++)
    push->began_at[i] = NO_INDEX;

  for (guint i = 0; i < push->n_works; i++)
    {
      BpWork *work = &push->works[i];
      gboolean has_begun = push->began_at[work->action] != NO_INDEX;

      if (push->failed_at[work->action] != NO_INDEX
          || bp_ledger_was_remembered (push->ledger, work->item->operation->op_id))
        continue;
      bp_result_free (work->result);
      work->result = bp_decide (push->ledger, work);
      if (!has_begun)
        push->began_at[work->action] = i;
      if (work->result->status == BP_RESULT_APPLIED)
        continue;

      /* An amount out of range has left something behind, too. */
      push->failed_at[work->action] = i;
      if (!has_begun && work->result->status == BP_RESULT_CONFLICT)
        continue;
      reconsider (push, work->action);
      return FALSE;
    }

  return TRUE;
}

static GPtrArray *
collect_results (Push *push)
{
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);

  for (guint i = 0; i < push->n_works; i++)
    {
      BpWork *work = &push->works[i];
      const char *op_id = work->item->operation->op_id;
      gboolean is_held = push->failed_at[work->action] != NO_INDEX
                         && !bp_ledger_was_remembered (push->ledger, op_id)
                         && (work->result == NULL
                             || work->result->status == BP_RESULT_APPLIED);

      if (is_held)
        {
          bp_result_free (work->result);
          work->result = bp_result_new (op_id);
          work->result->status = BP_RESULT_HELD;
        }
      g_ptr_array_add (results, g_steal_pointer (&work->result));
    }

  return results;
}

static GPtrArray *
decide_all (BpLedger  *ledger,
            GPtrArray *items)
{
  g_auto (Push) push = { .ledger = ledger };
  g_autoptr (GPtrArray) operations = g_ptr_array_new ();

  for (guint i = 0; i < items->len; i++)
    {
      BpPushItem *item = items->pdata[i];

      if (item->fault == NULL)
        g_ptr_array_add (operations, item->operation);
    }
  bp_ledger_load (ledger, operations);
  group_actions (&push, items);
  decide_beforehand (&push);
  do
    push.n_passes++;
  while (!pass (&push));

  return collect_results (&push);
}

static BpReply *
check_device (BpBackend           *backend,
              const BpPushRequest *request,
              const BpStore       *store,
              const BpDevice      *device)
{
  if (store == NULL || device == NULL)
    return bp_rules_refuse (backend, BP_PROBLEM_UNAUTHORIZED, NULL);
  if (device->revoked_at != 0)
    return bp_rules_refuse (backend, BP_PROBLEM_REVOKED, NULL);
  if (g_strcmp0 (request->epoch, store->epoch) != 0)
    return bp_rules_refuse_epoch (backend, store->epoch);
  if (request->attempt <= device->attempt)
    {
      BpProblem *problem = bp_problem_new (BP_PROBLEM_STALE, NULL);

      problem->attempt = device->attempt;
      bp_backend_rollback (backend);
      return bp_reply_new_problem (problem);
    }

  return NULL;
}

static BpReply *
make_answer (const BpPushRequest *request,
             gint64               seq,
             GPtrArray           *results)
{
  BpReply *reply
    = bp_rules_accept (200, bp_push_answer_to_text (request->attempt, seq, results));

  for (guint i = 0; i < results->len; i++)
    reply->n_results[((BpResult *)results->pdata[i])->status]++;
  return reply;
}

static BpReply *
apply_request (BpBackend           *backend,
               const BpPushRequest *request,
               BpStore             *store,
               BpDevice            *device,
               gint64               now,
               GError             **error)
{
  g_autoptr (BpLedger) ledger = bp_ledger_new (backend, store, device);
  g_autoptr (GPtrArray) results = decide_all (ledger, request->items);
  gint64 seq;

  if (!bp_ledger_take_error (ledger, error))
    return NULL;

  seq = bp_ledger_write (ledger, now);
  if (!bp_ledger_take_error (ledger, error))
    return NULL;
  if (seq != store->seq)
    {
      store->seq = seq;
      if (!bp_backend_call (backend, write_store, store, error))
        return NULL;
    }
  device->attempt = request->attempt;
  device->last_seen = now;
  if (!bp_backend_call (backend, write_device, device, error)
      || !BP_BACKEND_GET_CLASS (backend)->commit (backend, error))
    return NULL;

  return make_answer (request, seq, results);
}

/**
 * bp_rules_push:
 * @backend: not in a transaction
 * @clock: the time
 * @device: who pushes
 * @call: what it pushes
 *
 * Memory, attempt, effects and seq are written in one transaction, or nothing
 * is. Who pushes is looked up again within it: it may have been shut out, or
 * may have pushed, meanwhile.
 *
 * Returns: (transfer full): the answer
 */
BpReply *
bp_rules_push (BpBackend      *backend,
               BpClock        *clock,
               const BpDevice *device,
               const BpCall   *call)
{
  GError *error = NULL;
  g_autoptr (BpPushRequest) request = bp_push_request_parse (call->body, call->length, &error);
  g_autoptr (BpStore) store = NULL;
  g_autoptr (BpDevice) fresh = NULL;
  BpReply *refusal, *answer;

  if (request == NULL)
    {
      refusal = bp_rules_refuse_text (error);
      g_error_free (error);
      return refusal;
    }

  if (!bp_backend_call (backend, begin_write, device->store_id, &error)
      || !bp_backend_call (backend, load_store, device->store_id, &store, &error)
      || !bp_backend_call (backend, find_device_by_id, device->store_id, device->id,
                           &fresh, &error))
    return bp_rules_fail (backend, error);
  refusal = check_device (backend, request, store, fresh);
  if (refusal != NULL)
    return refusal;

  answer = apply_request (backend, request, store, fresh, bp_clock_get_now (clock), &error);
  if (answer == NULL)
    return bp_rules_fail (backend, error);

  answer->store_id = g_steal_pointer (&store->id);
  answer->seq = store->seq;
  return answer;
}
