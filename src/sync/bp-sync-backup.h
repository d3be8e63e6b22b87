/* Copies of the books that are kept at the server: bringing one there, looking
 * what there is, and getting one back. */
#pragma once

#include "bp-backup.h"
#include "bp-store.h"

G_BEGIN_DECLS

/**
 * BpBackupFunc:
 * @done: bytes that were moved
 * @total: bytes there are
 * @user_data: of who asked
 *
 * Called in the thread that waits.
 */
typedef void (*BpBackupFunc) (gint64   done,
                              gint64   total,
                              gpointer user_data);

/**
 * BpBackupCall:
 * @name: what the backup is called
 * @device: (nullable): whose it is, where it is fetched; %NULL for this
 *   device's, or else the newest of that name
 * @moved: (nullable): called while bytes move
 * @user_data: for @moved
 *
 * Which backup; all of it is the caller's.
 */
typedef struct
{
  const char *name;
  const char *device;
  BpBackupFunc moved;
  gpointer user_data;
} BpBackupCall;

BpBackupEntry *bp_sync_put_backup (BpStore            *store,
                                   const BpBackupCall *call,
                                   GCancellable       *cancellable,
                                   GError            **error);
GPtrArray *bp_sync_list_backups (BpStore      *store,
                                 GCancellable *cancellable,
                                 GError      **error);
gboolean bp_sync_get_backup (BpStore            *store,
                             const BpBackupCall *call,
                             const char         *path,
                             GCancellable       *cancellable,
                             GError            **error);
gboolean bp_sync_restore_backup (BpStore            *store,
                                 const BpBackupCall *call,
                                 GCancellable       *cancellable,
                                 GError            **error);

G_END_DECLS
