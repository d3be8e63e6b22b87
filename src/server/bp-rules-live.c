/* Who may listen to a store, and what there is to tell. */
#include "config.h"

#include "bp-rules-private.h"

/**
 * bp_rules_live:
 * @device: who wants to be told of changes
 * @store: of what
 *
 * Returns: (transfer full): 101, with the store, the device and the seq from
 *   which on it is told
 */
BpReply *
bp_rules_live (const BpDevice *device,
               const BpStore  *store)
{
  BpReply *reply = bp_rules_accept (101, g_strdup (""));

  reply->store_id = g_strdup (store->id);
  reply->device_id = g_strdup (device->id);
  reply->seq = store->seq;
  return reply;
}

/**
 * bp_live_state_free:
 * @state: (nullable) (transfer full): a state
 */
void
bp_live_state_free (BpLiveState *state)
{
  if (state == NULL)
    return;

  g_free (state->store_id);
  g_hash_table_unref (state->device_ids);
  g_free (state);
}

static gboolean
read_store (BpBackend  *backend,
            const char *store_id,
            GPtrArray  *states,
            GError    **error)
{
  g_autoptr (GPtrArray) devices = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_device_free);
  g_autoptr (BpStore) store = NULL;
  BpLiveState *state;

  if (!bp_backend_call (backend, load_store, store_id, &store, error)
      || !bp_backend_call (backend, list_devices, store_id, devices, error))
    return FALSE;

  state = g_new0 (BpLiveState, 1);
  state->store_id = g_strdup (store_id);
  state->seq = store != NULL ? store->seq : 0;
  state->device_ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_ptr_array_add (states, state);
  for (guint i = 0; i < devices->len; i++)
    {
      const BpDevice *device = devices->pdata[i];

      if (store != NULL && device->revoked_at == 0)
        g_hash_table_add (state->device_ids, g_strdup (device->id));
    }
  return TRUE;
}

/* A transaction sees one store. */
static gboolean
look_at_store (BpBackend  *backend,
               const char *store_id,
               GPtrArray  *states,
               GError    **error)
{
  if (!BP_BACKEND_GET_CLASS (backend)->begin_read (backend, error))
    return FALSE;
  if (read_store (backend, store_id, states, error))
    return BP_BACKEND_GET_CLASS (backend)->commit (backend, error);

  bp_backend_rollback (backend);
  return FALSE;
}

/**
 * bp_rules_look_live:
 * @backend: not in a transaction
 * @store_ids: (element-type utf8): of stores
 * @error: of the backend
 *
 * Blocks; on the backend's thread.
 *
 * Returns: (transfer full) (element-type BpLiveState) (nullable): how they are
 */
GPtrArray *
bp_rules_look_live (BpBackend *backend,
                    GPtrArray *store_ids,
                    GError   **error)
{
  g_autoptr (GPtrArray) states
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_live_state_free);

  for (guint i = 0; i < store_ids->len; i++)
    {
      if (!look_at_store (backend, store_ids->pdata[i], states, error))
        return NULL;
    }

  return g_steal_pointer (&states);
}
