/* Backup files that a server keeps for a store's devices. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many of each device are kept. */
#define BP_KEPT_BACKUPS 7

/**
 * BpBackupEntry:
 * @name: (transfer full): what it is called; unique within its device
 * @device_id: (transfer full): who brought it
 * @device_name: (nullable) (transfer full): what that device is called; only in
 *   a list
 * @size: in bytes
 * @created_at: when the server took it, in milliseconds
 * @sha256: (transfer full): of its bytes, in lower-case hexadecimal digits
 *
 * What a server tells of a backup.
 */
typedef struct
{
  char *name;
  char *device_id;
  char *device_name;
  gint64 size;
  gint64 created_at;
  char *sha256;
} BpBackupEntry;

gboolean bp_backup_name_is_valid (const char *name);
BpBackupEntry *bp_backup_entry_parse (const char *text,
                                      gsize       length,
                                      GError    **error);
GPtrArray *bp_backup_list_parse (const char *text,
                                 gsize       length,
                                 GError    **error);
void bp_backup_entry_append (const BpBackupEntry *entry,
                             GString             *json);
void bp_backup_entry_free (BpBackupEntry *entry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpBackupEntry, bp_backup_entry_free)

G_END_DECLS
