/* What the scheduler reads of a folder. */
#include "config.h"

#include "bp-sync-scheduler-private.h"

#include <string.h>

#include "bp-setting.h"
#include "bp-store-sync.h"
#include "bp-sync-private.h"

#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))

static char *
get_setting (BpStore    *store,
             const char *key)
{
  char *value = bp_store_get_device_setting (store, key);

  return value != NULL ? value : g_strdup (bp_setting_get_default (key, NULL));
}

static gboolean
get_flag (BpStore    *store,
          const char *key)
{
  g_autofree char *value = bp_store_get_device_setting (store, key);

  return bp_setting_get_integer (key, value) != 0;
}

/* Either way: a clock that was put back must not put it off. */
static gboolean
is_late (BpStore *store)
{
  gint64 now = bp_clock_get_now (bp_store_get_clock (store));

  return ABS (now - bp_store_get_number (store, BP_VALUE_COMPLETED_AT, 0)) >= DAY_MS;
}

static gint64
get_seq (BpStore *store)
{
  gint64 seq = 0;

  for (guint i = 0; i < BP_N_TABLES; i++)
    seq = MAX (seq, bp_store_get_cursor (store, bp_table_get (i)));
  return seq;
}

/**
 * bp_sync_look:
 * @store: of a folder
 *
 * May wait for the disk.
 *
 * Returns: (transfer full) (nullable): how the folder is now; %NULL where it
 *   cannot be read
 */
BpSyncLook *
bp_sync_look (BpStore *store)
{
  g_autoptr (BpSyncStatus) status = bp_sync_get_status (store, NULL);
  g_autofree char *metered = NULL;
  BpQueueCounts counts = { 0 };
  BpSyncLook *look;

  if (status == NULL || !bp_store_count_queue (store, &counts, NULL))
    return NULL;

  look = g_new0 (BpSyncLook, 1);
  look->status = g_steal_pointer (&status);
  look->device_id = bp_store_get_value (store, BP_VALUE_DEVICE_ID);
  look->n_ready = counts.n_ready;
  memcpy (look->n_ready_by, counts.n_ready_by, sizeof counts.n_ready_by);
  look->step = (guint)bp_store_get_number (store, BP_VALUE_BACKOFF_STEP, 0);
  look->schedule = get_setting (store, "sync.schedule");
  look->on_start = get_flag (store, "sync.on_start");
  look->on_connection = get_flag (store, "sync.on_connection");
  look->after_save = get_flag (store, "sync.after_save");
  look->live = get_flag (store, "sync.live");
  look->seq = get_seq (store);
  metered = get_setting (store, "sync.metered");
  look->metered = bp_sync_metered_from_string (metered);
  look->pause_when_busy = get_flag (store, "sync.pause_when_busy");
  look->is_late = is_late (store);
  return look;
}

/**
 * bp_sync_look_new_blank:
 *
 * Returns: (transfer full): what holds before anything was read
 */
BpSyncLook *
bp_sync_look_new_blank (void)
{
  BpSyncLook *look = g_new0 (BpSyncLook, 1);

  look->status = g_new0 (BpSyncStatus, 1);
  look->status->state = BP_SYNC_STATE_OFFLINE;
  look->schedule = g_strdup ("0");
  return look;
}

/**
 * bp_sync_look_free:
 * @look: (nullable) (transfer full): a look
 */
void
bp_sync_look_free (BpSyncLook *look)
{
  if (look == NULL)
    return;

  bp_sync_status_free (look->status);
  g_free (look->device_id);
  g_free (look->schedule);
  g_free (look);
}

/**
 * bp_sync_status_equal:
 * @a: a status
 * @b: a status
 *
 * Returns: whether they tell the same
 */
gboolean
bp_sync_status_equal (const BpSyncStatus *a,
                      const BpSyncStatus *b)
{
  return a->state == b->state && a->paired == b->paired && a->n_pending == b->n_pending
         && a->n_failed == b->n_failed && a->n_conflicts == b->n_conflicts
         && a->last_sync == b->last_sync && a->must_pair == b->must_pair && a->skew == b->skew
         && a->data_used == b->data_used && a->data_limit == b->data_limit
         && g_strcmp0 (a->error, b->error) == 0
         && memcmp (a->pending, b->pending, sizeof a->pending) == 0;
}

/**
 * bp_sync_status_copy:
 * @status: a status
 *
 * Returns: (transfer full): a copy
 */
BpSyncStatus *
bp_sync_status_copy (const BpSyncStatus *status)
{
  BpSyncStatus *copy = g_memdup2 (status, sizeof *status);

  copy->error = g_strdup (status->error);
  return copy;
}
