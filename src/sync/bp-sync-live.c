/* Listening for changes, as a folder's device. */
#include "config.h"

#include "bp-live-line.h"
#include "bp-store-sync.h"
#include "bp-sync-private.h"
#include "bp-sync-scheduler-private.h"

#define PING_MS 30000

/* Counted now and then: each time is a write to the disk. */
#define COUNT_BYTES (16 * 1024)

typedef struct
{
  BpStore *store;     /* (unowned) */
  BpSyncHeardFunc heard;
  gpointer user_data;
  gint64 bytes;
  gint64 n_counted;
} Listening;

static void
count (Listening *listening)
{
  if (bp_sync_add_data (listening->store, listening->bytes - listening->n_counted, NULL))
    listening->n_counted = listening->bytes;
}

static void
on_heard (gint64   seq,
          gint64   bytes,
          gpointer user_data)
{
  Listening *listening = user_data;

  listening->bytes = bytes;
  if (bytes - listening->n_counted >= COUNT_BYTES)
    count (listening);
  listening->heard (seq, listening->user_data);
}

/**
 * bp_sync_listen:
 * @store: of a folder
 * @heard: is told, in the calling thread
 * @user_data: for @heard
 * @retry_after: (out): as bp_live_line_listen()
 * @cancellable: (nullable): ends it
 * @error: as bp_live_line_listen(), bp_sync_token_load() and
 *   bp_sync_trust_load()
 *
 * Listens, in the calling thread, for what changes in the shop. What came is
 * counted as data used.
 *
 * Returns: %FALSE: it ends with an error always
 */
gboolean
bp_sync_listen (BpStore        *store,
                BpSyncHeardFunc heard,
                gpointer        user_data,
                gint64         *retry_after,
                GCancellable   *cancellable,
                GError        **error)
{
  Listening listening = { store, heard, user_data, 0, 0 };
  g_autofree char *token = bp_sync_token_load (store, cancellable, error);
  g_autofree char *url = bp_store_get_value (store, BP_VALUE_URL);
  g_autoptr (GTlsDatabase) trusted = NULL;
  BpLiveTerms terms = { .url = url != NULL ? url : "", .token = token, .ping_ms = PING_MS,
                        .heard = on_heard, .user_data = &listening };

  *retry_after = 0;
  if (token == NULL || !bp_sync_trust_load (store, &trusted, error))
    return FALSE;

  terms.trusted = trusted;
  bp_live_line_listen (&terms, retry_after, cancellable, error);
  count (&listening);
  return FALSE;
}
