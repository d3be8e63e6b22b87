/* The memory of operations makes a push count once, for good. What was in them
 * and who did it is history, which an operator may want to be short. */
#include "config.h"

#include "bp-rules-private.h"

#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))

/* Short enough that nobody waits for it. */
#define BATCH 500

static gboolean
thin_batch (BpBackend  *backend,
            const char *store_id,
            gint64      before,
            char      **place,
            GError    **error)
{
  BpBackendClass *klass = BP_BACKEND_GET_CLASS (backend);

  if (!klass->begin_write (backend, NULL, error))
    return FALSE;
  if (klass->thin_history (backend, store_id, before, BATCH, place, error)
      && klass->commit (backend, error))
    return TRUE;

  klass->rollback (backend);
  return FALSE;
}

static gboolean
thin_store (BpBackend    *backend,
            const char   *store_id,
            gint64        before,
            GCancellable *cancellable,
            GError      **error)
{
  g_autofree char *place = NULL;

  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !thin_batch (backend, store_id, before, &place, error))
        return FALSE;
    }
  while (place != NULL);

  return TRUE;
}

/**
 * bp_rules_thin_history:
 * @backend: not in a transaction
 * @clock: the time
 * @days: how long what was in an operation, and who did it, is kept, at least 1
 * @cancellable: (nullable): ends it between two batches
 * @error: of the backend; %G_IO_ERROR_CANCELLED
 *
 * Forgets the data and the user of older operations of all stores, in short
 * transactions. That they were applied, when and on which device stays: they
 * are known when they come again.
 *
 * Returns: whether it came to the end
 */
gboolean
bp_rules_thin_history (BpBackend    *backend,
                       BpClock      *clock,
                       int           days,
                       GCancellable *cancellable,
                       GError      **error)
{
  g_autoptr (GPtrArray) stores = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_store_free);
  BpBackendClass *klass = BP_BACKEND_GET_CLASS (backend);
  gint64 before = bp_clock_get_now (clock) - days * DAY_MS;
  gboolean is_listed;

  g_return_val_if_fail (days >= 1, FALSE);

  if (!klass->begin_read (backend, error))
    return FALSE;
  is_listed = klass->list_stores (backend, stores, error);
  klass->rollback (backend);

  for (guint i = 0; is_listed && i < stores->len; i++)
    {
      const BpStore *store = stores->pdata[i];

      if (!thin_store (backend, store->id, before, cancellable, error))
        return FALSE;
    }

  return is_listed;
}
