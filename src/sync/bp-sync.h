/* Syncing a folder, as a command or an application does it: pairing, a run
 * under the folder's lock, and the status of the whole. */
#pragma once

#include "bp-history.h"
#include "bp-store.h"
#include "bp-sync-engine.h"

G_BEGIN_DECLS

/**
 * BpSyncState:
 *
 * The status of the whole; the first that holds, in this order.
 */
typedef enum
{
  BP_SYNC_STATE_FAILED,
  BP_SYNC_STATE_CONFLICTS,
  BP_SYNC_STATE_OFFLINE,
  BP_SYNC_STATE_SYNCING,
  BP_SYNC_STATE_SYNCED,
} BpSyncState;

/**
 * BpSyncStatus:
 * @state: the status of the whole
 * @paired: whether the folder belongs to a store and holds a token
 * @pending: by table index: operations waiting or on their way
 * @n_pending: their sum
 * @n_failed: operations that failed
 * @n_conflicts: open conflicts
 * @last_sync: when a run last ended well, in milliseconds; 0 for never
 * @error: (nullable) (transfer full): why the last request failed, in words
 * @must_pair: whether the server shut this device out: it waits for a person
 *   who pairs it again
 * @skew: as bp_sync_get_skew()
 * @data_used: bytes of bodies sent and received in this calendar month
 * @data_limit: bytes that may be used a calendar month; 0 for no limit
 */
typedef struct
{
  BpSyncState state;
  gboolean paired;
  gint64 pending[BP_N_TABLES];
  gint64 n_pending;
  gint64 n_failed;
  gint64 n_conflicts;
  gint64 last_sync;
  char *error;
  gboolean must_pair;
  gint64 skew;
  gint64 data_used;
  gint64 data_limit;
} BpSyncStatus;

/**
 * BpPairing:
 *
 * Who this folder is to a server; all texts owned and not null.
 */
typedef struct
{
  char *url;
  char *store_id;
  char *store_name;
  char *currency;
  char *time_zone;
  char *device_id;
  char *device_name;
  char *prefix;
} BpPairing;

/**
 * BpPairTerms:
 * @url: (unowned): the server's address
 * @code: (unowned): `ABCD-EFGH`, of the server's operator
 * @device_name: (unowned) (nullable): what this device is called; %NULL for
 *   the computer's name
 * @token_file: whether the token is kept in a file of mode 0600 in the folder
 *   instead of the keyring
 * @ca_file: (unowned) (nullable): a file of certificates in PEM: only what
 *   these have signed is taken for the server from now on; %NULL for whom the
 *   folder trusts already, if it is paired with @url, empty for the system's
 *   authorities
 */
typedef struct
{
  const char *url;
  const char *code;
  const char *device_name;
  gboolean token_file;
  const char *ca_file;
} BpPairTerms;

gboolean bp_sync_pair (BpStore           *store,
                       const BpPairTerms *terms,
                       GCancellable      *cancellable,
                       GError           **error);
gboolean bp_sync_unpair (BpStore *store,
                         gboolean discard,
                         GError **error);
BpPairing *bp_sync_get_pairing (BpStore *store);
void bp_pairing_free (BpPairing *pairing);

gboolean bp_sync_run (BpStore             *store,
                      const BpSyncOptions *options,
                      BpSyncReport        *report,
                      GCancellable        *cancellable,
                      GError             **error);

GPtrArray *bp_sync_get_history (BpStore       *store,
                                const BpTable *table,
                                const char    *id,
                                GCancellable  *cancellable,
                                GError       **error);
GPtrArray *bp_sync_get_own_history (BpStore       *store,
                                    const BpTable *table,
                                    const char    *id,
                                    GError       **error);

gboolean bp_sync_is_running (BpStore *store);
BpSyncStatus *bp_sync_get_status (BpStore *store,
                                  GError **error);
gint64 bp_sync_get_skew (BpStore *store);
void bp_sync_status_free (BpSyncStatus *status);
const char *bp_sync_state_to_string (BpSyncState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPairing, bp_pairing_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpSyncStatus, bp_sync_status_free)

G_END_DECLS
