/* What is behind an operation, and what a person does about it. */
#include "config.h"

#include "bp-activity-list.h"

#define MAX_ACTION 100
#define MAX_RUNS 50

typedef struct
{
  char *action_id;  /* (owned) */
  gint64 timestamp;
} Asked;

typedef struct
{
  BpActivityRemedy remedy;
  char *op_id; /* (owned) (nullable) */
} Cure;

static void
asked_free (gpointer data)
{
  Asked *asked = data;

  g_free (asked->action_id);
  g_free (asked);
}

static void
cure_free (gpointer data)
{
  Cure *cure = data;

  g_free (cure->op_id);
  g_free (cure);
}

/**
 * bp_activity_details_free:
 * @details: (nullable) (transfer full): details
 */
void
bp_activity_details_free (BpActivityDetails *details)
{
  if (details == NULL)
    return;

  g_clear_pointer (&details->action, g_ptr_array_unref);
  g_clear_pointer (&details->runs, g_ptr_array_unref);
  g_free (details);
}

static GPtrArray *
read_action (BpStore    *store,
             const char *action_id,
             GError    **error)
{
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (bp_store_get_folder (store), error);
  g_autoptr (GArray) keys = NULL;

  if (reader == NULL)
    return NULL;
  keys = bp_store_reader_list_action (reader, action_id, error);
  if (keys == NULL)
    return NULL;

  return bp_store_reader_read_activity (reader, (const gint64 *)(gpointer)keys->data,
                                        MIN (keys->len, MAX_ACTION), error);
}

static GPtrArray *
read_runs (BpStore *store,
           gint64   since,
           GError **error)
{
  g_autoptr (GPtrArray) entries = bp_store_list_log (store, MAX_RUNS, error);
  GPtrArray *runs;

  if (entries == NULL)
    return NULL;

  runs = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_log_entry_free);
  for (guint i = entries->len; i > 0; i--)
    {
      BpLogEntry *entry = entries->pdata[i - 1];

      if (entry->time < since)
        continue;
      g_ptr_array_add (runs, entry);
      entries->pdata[i - 1] = NULL;
    }
  return runs;
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpStore *store = bp_shop_get_store (source_object);
  const Asked *asked = task_data;
  g_autoptr (BpActivityDetails) details = g_new0 (BpActivityDetails, 1);
  GError *error = NULL;

  details->action = read_action (store, asked->action_id, &error);
  if (details->action != NULL)
    details->runs = read_runs (store, asked->timestamp, &error);
  if (details->runs != NULL)
    g_task_return_pointer (task, g_steal_pointer (&details),
                           (GDestroyNotify)bp_activity_details_free);
  else
    g_task_return_error (task, error);
}

/**
 * bp_activity_read_details_async:
 * @shop: a shop
 * @row: an operation
 * @cancellable: (nullable): makes the result be dropped
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_activity_read_details_async (BpShop             *shop,
                                const BpQueueRow   *row,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);
  Asked *asked = g_new (Asked, 1);

  asked->action_id = g_strdup (row->action_id);
  asked->timestamp = row->timestamp;
  g_task_set_source_tag (task, bp_activity_read_details_async);
  g_task_set_task_data (task, asked, asked_free);
  g_task_run_in_thread (task, read_in_thread);
}

/**
 * bp_activity_read_details_finish:
 * @shop: a shop
 * @result: of bp_activity_read_details_async()
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full): what is behind the operation
 */
BpActivityDetails *
bp_activity_read_details_finish (BpShop       *shop,
                                 GAsyncResult *result,
                                 GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
mend_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpStore *store = bp_shop_get_store (source_object);
  const Cure *cure = task_data;
  GError *error = NULL;
  gboolean done = FALSE;

  switch (cure->remedy)
    {
    case BP_ACTIVITY_RETRY:
      done = bp_store_retry (store, cure->op_id, &error);
      break;
    case BP_ACTIVITY_RETRY_ALL:
      done = bp_store_retry (store, NULL, &error);
      break;
    case BP_ACTIVITY_DISCARD:
      done = bp_store_discard (store, cure->op_id, &error);
      break;
    default:
      g_assert_not_reached ();
    }

  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * bp_activity_mend_async:
 * @shop: a shop
 * @remedy: what to do
 * @op_id: (nullable): to which operation; %NULL with %BP_ACTIVITY_RETRY_ALL
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_activity_mend_async (BpShop             *shop,
                        BpActivityRemedy    remedy,
                        const char         *op_id,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, NULL, callback, user_data);
  Cure *cure = g_new (Cure, 1);

  cure->remedy = remedy;
  cure->op_id = g_strdup (op_id);
  g_task_set_source_tag (task, bp_activity_mend_async);
  g_task_set_task_data (task, cure, cure_free);
  g_task_run_in_thread (task, mend_in_thread);
}

/**
 * bp_activity_mend_finish:
 * @shop: a shop
 * @result: of bp_activity_mend_async()
 * @error: #BpStoreError, #BpDatabaseError
 *
 * Returns: whether it is done
 */
gboolean
bp_activity_mend_finish (BpShop       *shop,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
