/* backup, backups, restore. */
#include "config.h"

#include <stdio.h>

#include "bp-command.h"
#include "bp-date.h"
#include "bp-sync-backup.h"
#include "bp-sync.h"

#define TOLD_BYTES (16 * 1024 * 1024)
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"

/* Long files only. */
static void
on_moved (gint64   done,
          gint64   total,
          gpointer user_data)
{
  gint64 *told = user_data;

  if (done - *told < TOLD_BYTES)
    return;

  *told = done;
  fprintf (stderr, "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " bytes\n", done, total);
}

static gboolean
fail_usage (const char *usage,
            GError    **error)
{
  g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE, "Usage: bizpulsectl %s", usage);
  return FALSE;
}

/* Such as `KQX-2026-11-23-1530.db`, by the shop's clock. */
static char *
make_name (BpStore *store)
{
  g_autoptr (BpPairing) pairing = bp_sync_get_pairing (store);
  g_autoptr (GTimeZone) zone = NULL;
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;
  g_autofree char *prefix = NULL;
  g_autofree char *time = NULL;

  if (pairing != NULL)
    zone = bp_date_find_zone (pairing->time_zone, NULL);
  if (zone == NULL)
    zone = g_time_zone_new_utc ();
  utc = g_date_time_new_from_unix_utc (bp_clock_get_now (bp_store_get_clock (store)) / 1000);
  local = g_date_time_to_timezone (utc, zone);
  time = g_date_time_format (local, "%Y-%m-%d-%H%M");
  prefix = g_strcanon (g_strdup (pairing != NULL ? pairing->prefix : "books"), NAME_CHARACTERS,
                       '-');
  return g_strdup_printf ("%s-%s.db", prefix, time);
}

static void
print_entry (const BpBackupEntry *entry)
{
  g_autoptr (GString) json = g_string_new (NULL);

  bp_backup_entry_append (entry, json);
  bp_command_print (json->str);
}

static gboolean
put (BpInvocation *call,
     GError      **error)
{
  BpStore *store = bp_shop_get_store (call->shop);
  g_autofree char *name = call->n_args > 0 ? g_strdup (call->args[0]) : make_name (store);
  gint64 told = 0;
  BpBackupCall backup = { .name = name, .moved = on_moved, .user_data = &told };
  g_autoptr (BpBackupEntry) entry = bp_sync_put_backup (store, &backup, NULL, error);

  if (entry == NULL)
    return FALSE;

  print_entry (entry);
  return TRUE;
}

/**
 * bp_command_backup:
 * @call: `FILE`, or `--server [NAME]`
 * @error: why not
 *
 * Writes a consistent copy and verifies it, or brings one to the server and
 * prints what the server has then.
 *
 * Returns: whether the copy is good
 */
gboolean
bp_command_backup (BpInvocation *call,
                   GError      **error)
{
  if (call->server)
    return put (call, error);
  if (call->n_args == 0)
    return fail_usage ("backup FILE|--server [NAME]", error);

  return bp_store_backup (bp_shop_get_store (call->shop), call->args[0], error);
}

/**
 * bp_command_backups:
 * @call: no arguments
 * @error: why not
 *
 * Prints what the store's devices keep at the server, newest first.
 *
 * Returns: whether the server told
 */
gboolean
bp_command_backups (BpInvocation *call,
                    GError      **error)
{
  g_autoptr (GPtrArray) entries
    = bp_sync_list_backups (bp_shop_get_store (call->shop), NULL, error);

  if (entries == NULL)
    return FALSE;

  for (guint i = 0; i < entries->len; i++)
    print_entry (entries->pdata[i]);
  return TRUE;
}

/**
 * bp_command_restore:
 * @call: `FILE`, or `--server NAME [--device ID]`
 * @error: why not
 *
 * Replaces the data by a backup's; what waited is carried over.
 *
 * Returns: whether it is replaced
 */
gboolean
bp_command_restore (BpInvocation *call,
                    GError      **error)
{
  BpStore *store = bp_shop_get_store (call->shop);
  gint64 told = 0;
  BpBackupCall backup = { call->args[0], call->device, on_moved, &told };

  if (call->server)
    return bp_sync_restore_backup (store, &backup, NULL, error);
  if (call->device != NULL)
    return fail_usage ("restore FILE|--server NAME [--device ID]", error);

  return bp_store_restore (store, call->args[0], error);
}
