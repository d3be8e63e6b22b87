/* The VFS itself: which disk a path is on, and what SQLite asks of it. */
#include "config.h"

#include "bp-fault-private.h"

#include <errno.h>
#include <string.h>

static BpFaultVfs *
get_self (sqlite3_vfs *methods)
{
  return methods->pAppData;
}

static int
open_on_disk (BpFaultDisk  *disk,
              const char   *path,
              int           flags,
              sqlite3_file *file)
{
  BpFaultVfs *self = disk->vfs;
  BpFaultNode *node;
  BpFaultFate fate;

  self->last_errno = EIO;
  if (disk->is_off)
    return SQLITE_CANTOPEN;

  node = bp_fault_disk_find (disk, path);
  if (node == NULL && (flags & SQLITE_OPEN_CREATE) == 0)
    {
      self->last_errno = ENOENT;
      return SQLITE_CANTOPEN;
    }
  if (node == NULL)
    {
      fate = bp_fault_disk_step (disk, BP_FAULT_CREATE);
      if (fate != BP_FAULT_LOST)
        node = bp_fault_disk_make (disk, path);
      if (fate == BP_FAULT_DIES)
        bp_fault_disk_cut (disk);
      if (fate != BP_FAULT_GO)
        return SQLITE_CANTOPEN;
    }

  bp_fault_file_open (disk, node, flags, file);
  return SQLITE_OK;
}

static int
open_path (sqlite3_vfs  *methods,
           const char   *path,
           sqlite3_file *file,
           int           flags,
           int          *out_flags)
{
  BpFaultVfs *self = get_self (methods);
  BpFaultDisk *disk;
  int code;

  file->pMethods = NULL;
  g_rec_mutex_lock (&self->mutex);
  disk = bp_fault_vfs_find_disk (self, path);
  if (disk == NULL)
    code = self->base->xOpen (self->base, path, file, flags, out_flags);
  else
    {
      code = open_on_disk (disk, path, flags, file);
      if (out_flags != NULL)
        *out_flags = flags;
    }
  g_rec_mutex_unlock (&self->mutex);
  return code;
}

static int
delete_on_disk (BpFaultDisk *disk,
                const char  *path,
                gboolean     sync_folder)
{
  BpFaultFate fate;

  disk->vfs->last_errno = EIO;
  if (disk->is_off)
    return SQLITE_IOERR_DELETE;
  if (bp_fault_disk_find (disk, path) == NULL)
    return SQLITE_IOERR_DELETE_NOENT;

  fate = bp_fault_disk_step (disk, BP_FAULT_DELETE);
  if (fate == BP_FAULT_LOST)
    return SQLITE_IOERR_DELETE;
  bp_fault_disk_remove (disk, path);
  if (fate == BP_FAULT_DIES)
    {
      bp_fault_disk_cut (disk);
      return SQLITE_IOERR_DELETE;
    }
  if (sync_folder)
    bp_fault_disk_enter_names (disk);
  return SQLITE_OK;
}

static int
delete_path (sqlite3_vfs *methods,
             const char  *path,
             int          sync_folder)
{
  BpFaultVfs *self = get_self (methods);
  BpFaultDisk *disk;
  int code;

  g_rec_mutex_lock (&self->mutex);
  disk = bp_fault_vfs_find_disk (self, path);
  code = disk != NULL ? delete_on_disk (disk, path, sync_folder != 0)
                      : self->base->xDelete (self->base, path, sync_folder);
  g_rec_mutex_unlock (&self->mutex);
  return code;
}

/* SQLite's own VFS, too, takes an empty file for none where it is asked. */
static int
access_on_disk (BpFaultDisk *disk,
                const char  *path,
                int          flags,
                int         *result)
{
  BpFaultNode *node;

  if (disk->is_off)
    {
      disk->vfs->last_errno = EIO;
      return SQLITE_IOERR_ACCESS;
    }

  node = bp_fault_disk_find (disk, path);
  *result = node != NULL && (flags != SQLITE_ACCESS_EXISTS || node->now->length > 0);
  return SQLITE_OK;
}

static int
access_path (sqlite3_vfs *methods,
             const char  *path,
             int          flags,
             int         *result)
{
  BpFaultVfs *self = get_self (methods);
  BpFaultDisk *disk;
  int code;

  g_rec_mutex_lock (&self->mutex);
  disk = bp_fault_vfs_find_disk (self, path);
  code = disk != NULL ? access_on_disk (disk, path, flags, result)
                      : self->base->xAccess (self->base, path, flags, result);
  g_rec_mutex_unlock (&self->mutex);
  return code;
}

static int
resolve_path (sqlite3_vfs *methods,
              const char  *path,
              int          length,
              char        *resolved)
{
  sqlite3_vfs *base = get_self (methods)->base;

  return base->xFullPathname (base, path, length, resolved);
}

static int
draw_randomness (sqlite3_vfs *methods,
                 int          length,
                 char        *to)
{
  BpFaultVfs *self = get_self (methods);

  g_rec_mutex_lock (&self->mutex);
  for (int i = 0; i < length; i++)
    to[i] = (char)(bp_fault_random (&self->random) & 0xff);
  g_rec_mutex_unlock (&self->mutex);
  return length;
}

static int
sleep_for (sqlite3_vfs *methods,
           int          microseconds)
{
  sqlite3_vfs *base = get_self (methods)->base;

  return base->xSleep (base, microseconds);
}

static int
get_time (sqlite3_vfs *methods,
          double      *days)
{
  sqlite3_vfs *base = get_self (methods)->base;

  return base->xCurrentTime (base, days);
}

static int
get_time_int64 (sqlite3_vfs   *methods,
                sqlite3_int64 *milliseconds)
{
  sqlite3_vfs *base = get_self (methods)->base;

  return base->xCurrentTimeInt64 (base, milliseconds);
}

static int
get_last_error (sqlite3_vfs *methods,
                int          length,
                char        *message)
{
  return get_self (methods)->last_errno;
}

/**
 * bp_fault_vfs_new:
 * @seed: of SQLite's own randomness
 *
 * Returns: (transfer full): the process's default VFS from now on; one at a
 *   time
 */
BpFaultVfs *
bp_fault_vfs_new (guint64 seed)
{
  BpFaultVfs *self = g_new0 (BpFaultVfs, 1);

  sqlite3_initialize ();
  g_rec_mutex_init (&self->mutex);
  self->disks = g_ptr_array_new ();
  self->base = sqlite3_vfs_find (NULL);
  self->methods = (sqlite3_vfs) {
    .iVersion = 2,
    .szOsFile = MAX (bp_fault_file_get_size (), self->base->szOsFile),
    .mxPathname = self->base->mxPathname,
    .zName = "bp-fault",
    .pAppData = self,
    .xOpen = open_path,
    .xDelete = delete_path,
    .xAccess = access_path,
    .xFullPathname = resolve_path,
    .xDlOpen = self->base->xDlOpen,
    .xDlError = self->base->xDlError,
    .xDlSym = self->base->xDlSym,
    .xDlClose = self->base->xDlClose,
    .xRandomness = draw_randomness,
    .xSleep = sleep_for,
    .xCurrentTime = get_time,
    .xGetLastError = get_last_error,
    .xCurrentTimeInt64 = get_time_int64,
  };
  g_assert_cmpint (sqlite3_vfs_register (&self->methods, TRUE), ==, SQLITE_OK);
  bp_fault_vfs_set_seed (self, seed);
  return self;
}

/**
 * bp_fault_vfs_free:
 * @self: (nullable) (transfer full): the VFS, without disks
 *
 * The default VFS is again what it was.
 */
void
bp_fault_vfs_free (BpFaultVfs *self)
{
  if (self == NULL)
    return;

  g_assert_cmpuint (self->disks->len, ==, 0);
  sqlite3_vfs_unregister (&self->methods);
  sqlite3_vfs_register (self->base, TRUE);
  sqlite3_randomness (0, NULL);
  g_ptr_array_unref (self->disks);
  g_rec_mutex_clear (&self->mutex);
  g_free (self);
}

/**
 * bp_fault_vfs_set_seed:
 * @self: the VFS
 * @seed: of SQLite's own randomness from now on
 *
 * What SQLite draws, such as the salt of a log, repeats from here.
 */
void
bp_fault_vfs_set_seed (BpFaultVfs *self,
                       guint64     seed)
{
  g_rec_mutex_lock (&self->mutex);
  self->random = seed;
  g_rec_mutex_unlock (&self->mutex);
  sqlite3_randomness (0, NULL);
}
