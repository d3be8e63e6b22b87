/* What the files about syncing a folder share, and tests use. */
#pragma once

#include "bp-sync.h"

G_BEGIN_DECLS

/* Names in the store's sync_state. */
#define BP_VALUE_URL "server.url"
#define BP_VALUE_AUTHORITY "server.ca"
#define BP_VALUE_STORE_ID "store.id"
#define BP_VALUE_STORE_NAME "store.name"
#define BP_VALUE_CURRENCY "store.currency"
#define BP_VALUE_TIME_ZONE "store.time_zone"
#define BP_VALUE_DEVICE_ID "device.id"
#define BP_VALUE_DEVICE_NAME "device.name"
#define BP_VALUE_PREFIX "device.prefix"
#define BP_VALUE_EPOCH "epoch"
#define BP_VALUE_DEMO "demo"
#define BP_VALUE_FOLDER_ID "folder.id"
#define BP_VALUE_TOKEN_PLACE "token.place"
#define BP_VALUE_PAIR_REQUEST "pair.request"
#define BP_VALUE_PAIR_CODE "pair.code"
#define BP_VALUE_BACKOFF_STEP "backoff.step"
#define BP_VALUE_LAST_SYNC "last_sync"
#define BP_VALUE_LAST_ERROR "last_error"
#define BP_VALUE_CLEANED_AT "cleaned_at"
#define BP_VALUE_COMPLETED_AT "completed_at"
#define BP_VALUE_MUST_PAIR "must_pair"
#define BP_VALUE_DATA "data."

/* bp-sync-data.c */
gint64 bp_sync_get_data_used (BpStore *store);
gint64 bp_sync_get_data_limit (BpStore *store);
gboolean bp_sync_add_data (BpStore *store,
                           gint64   bytes,
                           GError **error);

/* bp-sync-lock.c */
int bp_sync_lock (BpStore      *store,
                  gboolean      wait,
                  GCancellable *cancellable,
                  GError      **error);
void bp_sync_unlock (int lock);

/* bp-sync-keyring.c */

/**
 * BpSyncItem:
 * @token: (nullable): the device's
 * @home: (nullable): where its folder is
 */
typedef struct
{
  char *token;
  char *home;
} BpSyncItem;

void bp_sync_item_clear (BpSyncItem *item);
gboolean bp_sync_keyring_load (const char   *folder_id,
                               BpSyncItem   *item,
                               GCancellable *cancellable,
                               GError      **error);
gboolean bp_sync_keyring_save (const char       *folder_id,
                               const BpSyncItem *item,
                               GCancellable     *cancellable,
                               GError          **error);
void bp_sync_keyring_forget (const char *folder_id);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BpSyncItem, bp_sync_item_clear)

/* bp-sync-identity.c */

/**
 * BpIdentity:
 * @BP_IDENTITY_OWN: the folder is what its token is for
 * @BP_IDENTITY_MOVED: it is, in another place than before, or one not known yet
 * @BP_IDENTITY_COPY: another folder is
 */
typedef enum
{
  BP_IDENTITY_OWN,
  BP_IDENTITY_MOVED,
  BP_IDENTITY_COPY,
} BpIdentity;

char *bp_sync_make_home (const char *folder);
BpIdentity bp_sync_compare_identity (BpStore    *store,
                                     const char *folder_id,
                                     const char *home);

/* bp-sync-token.c */
gboolean bp_sync_token_check_place (BpStore      *store,
                                    gboolean      token_file,
                                    GCancellable *cancellable,
                                    GError      **error);
gboolean bp_sync_token_save (BpStore      *store,
                             const char   *token,
                             gboolean      token_file,
                             GCancellable *cancellable,
                             GError      **error);
gboolean bp_sync_token_is_there (BpStore *store);
char *bp_sync_token_load (BpStore      *store,
                          GCancellable *cancellable,
                          GError      **error);
char *bp_sync_token_load_for_run (BpStore      *store,
                                  BpIdentity   *identity,
                                  GCancellable *cancellable,
                                  GError      **error);
gboolean bp_sync_token_forget (BpStore *store,
                               GError **error);

/* bp-sync-trust.c */
gboolean bp_sync_trust_choose (BpStore           *store,
                               const BpPairTerms *terms,
                               char             **authority,
                               GError           **error);
gboolean bp_sync_trust_open (BpStore       *store,
                             const char    *authority,
                             GTlsDatabase **trusted,
                             GError       **error);
gboolean bp_sync_trust_load (BpStore       *store,
                             GTlsDatabase **trusted,
                             GError       **error);
BpTransport *bp_sync_open_transport (BpStore *store,
                                     GError **error);

/* bp-sync-pair.c */
gboolean bp_sync_pair_over (BpStore           *store,
                            BpTransport       *transport,
                            const BpPairTerms *terms,
                            const char        *authority,
                            GCancellable      *cancellable,
                            GError           **error);

gboolean bp_sync_is_becoming_new (BpStore *store);
char *bp_sync_become_new_device (BpStore      *store,
                                 BpTransport  *transport,
                                 const char   *token,
                                 GCancellable *cancellable,
                                 GError      **error);

/* bp-sync.c */
gboolean bp_sync_run_over (BpStore             *store,
                           BpSyncEngine        *engine,
                           const BpSyncOptions *options,
                           BpSyncReport        *report,
                           GCancellable        *cancellable,
                           GError             **error);

G_END_DECLS
