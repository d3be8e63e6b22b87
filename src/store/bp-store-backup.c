/* Copies of the books, and the way back. */
#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "bp-store-sync-private.h"

/**
 * bp_store_backup:
 * @self: a store not in a transaction
 * @path: where to; another file there is replaced
 * @error: #BpDatabaseError
 *
 * Copies one state of the books while they are in use, and checks the copy.
 *
 * Returns: whether the copy is there, whole
 */
gboolean
bp_store_backup (BpStore    *self,
                 const char *path,
                 GError    **error)
{
  gboolean copied;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  bp_store_lock (self);
  copied = bp_database_backup (bp_store_get_database (self), path, error);
  bp_store_unlock (self);
  return copied;
}

/**
 * bp_store_remove_folder:
 * @folder: of a store that is being made of what is in others
 *
 * Removes it with the files in it.
 */
void
bp_store_remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

static gboolean
copy_file (const char *from,
           const char *folder,
           GError    **error)
{
  g_autofree char *to = g_build_filename (folder, BP_STORE_FILE, NULL);
  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) target = g_file_new_for_path (to);

  if (g_mkdir (folder, 0700) != 0)
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED,
                   "The folder %s could not be made", folder);
      return FALSE;
    }

  return g_file_copy (source, target, G_FILE_COPY_NONE, NULL, NULL, NULL, error)
         && g_chmod (to, 0600) == 0;
}

/* An empty file would be made into empty books by opening them. Whatever else
 * may be wrong, opening them says better. */
static gboolean
check_is_ours (const char *path,
               const char *folder,
               GError    **error)
{
  g_autofree char *copy = g_build_filename (folder, BP_STORE_FILE, NULL);
  g_autoptr (GError) local_error = NULL;
  BpDatabase *reader = bp_store_open_database (copy, BP_DATABASE_READER, &local_error);

  if (reader != NULL)
    bp_database_close (reader);
  if (!g_error_matches (local_error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT))
    return TRUE;

  g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT, "%s is no backup", path);
  return FALSE;
}

static gboolean
check_file (BpStore    *restored,
            const char *path,
            GError    **error)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);

  if (!bp_database_check (bp_store_get_database (restored), faults, error))
    return FALSE;
  if (faults->len == 0)
    return TRUE;

  g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT, "%s is damaged: %s", path,
               (char *)faults->pdata[0]);
  return FALSE;
}

/* A backup made before pairing belongs to no store yet. */
static gboolean
check_owner (BpStore    *self,
             BpStore    *restored,
             const char *path,
             GError    **error)
{
  g_autofree char *ours = bp_store_get_value (self, "store.id");
  g_autofree char *theirs = bp_store_get_value (restored, "store.id");
  g_autofree char *our_demo = bp_store_get_value (self, "demo");
  g_autofree char *their_demo = bp_store_get_value (restored, "demo");

  if (ours == NULL || g_strcmp0 (ours, theirs) == 0
      || (theirs == NULL && (our_demo != NULL || their_demo == NULL)))
    return TRUE;

  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED, "%s holds another store's books",
               path);
  return FALSE;
}

static gboolean
swap (BpStore *self,
      BpStore *restored,
      GError **error)
{
  g_autofree char *aside = NULL;

  aside = g_strdup_printf ("%s%c%s.before-restore-%" G_GINT64_FORMAT,
                           bp_store_get_folder (self), G_DIR_SEPARATOR, BP_STORE_FILE,
                           bp_clock_get_now (bp_store_get_clock (self)));
  return bp_database_backup (bp_store_get_database (self), aside, error)
         && bp_database_replace (bp_store_get_database (self), bp_store_get_database (restored),
                                 error);
}

static gboolean
restore_from (BpStore    *self,
              const char *path,
              const char *folder,
              GError    **error)
{
  g_autoptr (BpStore) restored = NULL;

  if (!copy_file (path, folder, error) || !check_is_ours (path, folder, error))
    return FALSE;

  restored = bp_store_open (folder, bp_store_get_clock (self), error);
  if (restored == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }

  return check_file (restored, path, error)
         && check_owner (self, restored, path, error)
         && bp_store_carry_over (self, restored, error)
         && swap (self, restored, error);
}

static gboolean
note_all_changed (BpStore *self,
                  gpointer user_data,
                  GError **error)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    bp_store_note_changed (self, bp_table_get (i));

  return TRUE;
}

/**
 * bp_store_restore:
 * @self: a store not in a transaction
 * @path: a file of bp_store_backup()
 * @error: %BP_STORE_ERROR_REFUSED where it holds another store's books;
 *   #BpDatabaseError, such as CORRUPT or TOO_NEW
 *
 * Replaces the books by those in @path, once that is found whole. What waits,
 * failed or is in conflict here is carried over; the replaced books are kept
 * beside the new ones in `bizpulse_local.db.before-restore-TIME`. The store
 * goes on being usable; on failure it is as before.
 *
 * Returns: whether the books are the restored ones
 */
gboolean
bp_store_restore (BpStore    *self,
                  const char *path,
                  GError    **error)
{
  g_autofree char *folder = NULL;
  gboolean done;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  folder = g_build_filename (bp_store_get_folder (self), "restore.part", NULL);
  bp_store_lock (self);
  done = bp_database_hold (bp_store_get_database (self), error);
  if (done)
    {
      bp_store_remove_folder (folder);
      done = restore_from (self, path, folder, error);
      bp_store_remove_folder (folder);
      bp_database_let_go (bp_store_get_database (self));
    }
  done = done && bp_store_transact (self, note_all_changed, NULL, error);
  bp_store_unlock (self);
  return done;
}
