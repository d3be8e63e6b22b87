/* The WAL index, in memory that the connections of this process share. */
#include "config.h"

#include "bp-fault-private.h"

#include <errno.h>

static void
clear_shm (gpointer data)
{
  BpFaultShm *shm = data;

  g_ptr_array_unref (shm->regions);
}

/**
 * bp_fault_shm_unref:
 * @shm: (transfer full): a WAL index
 */
void
bp_fault_shm_unref (BpFaultShm *shm)
{
  g_atomic_rc_box_release_full (shm, clear_shm);
}

static BpFaultShm *
attach (BpFaultFile *self)
{
  BpFaultNode *node = self->node;

  if (node->shm == NULL)
    {
      node->shm = g_atomic_rc_box_new0 (BpFaultShm);
      node->shm->regions = g_ptr_array_new_with_free_func (g_free);
    }
  node->shm->n_users++;
  return g_atomic_rc_box_acquire (node->shm);
}

static gboolean
is_dead (BpFaultFile *self)
{
  return self->disk->is_off || self->life != self->disk->life;
}

static int
map_region (BpFaultFile    *self,
            guint           region,
            gsize           size,
            gboolean        extend,
            void volatile **mapped)
{
  if (self->shm == NULL)
    self->shm = attach (self);
  while (region >= self->shm->regions->len && extend)
    {
      if (!bp_fault_disk_has_room (self->disk, (gint64)size))
        {
          self->disk->vfs->last_errno = ENOSPC;
          return SQLITE_IOERR_SHMSIZE;
        }
      g_ptr_array_add (self->shm->regions, g_malloc0 (size));
    }

  *mapped = region < self->shm->regions->len ? self->shm->regions->pdata[region] : NULL;
  return SQLITE_OK;
}

/**
 * bp_fault_shm_map:
 * @file: a #BpFaultFile
 * @region: which part of the index, from 0
 * @size: of each, in bytes
 * @extend: whether missing parts are added
 * @mapped: (out) (nullable): the part
 *
 * As `xShmMap`.
 *
 * Returns: SQLite's code
 */
int
bp_fault_shm_map (sqlite3_file   *file,
                  int             region,
                  int             size,
                  int             extend,
                  void volatile **mapped)
{
  BpFaultFile *self = (BpFaultFile *)file;
  BpFaultVfs *vfs = self->disk->vfs;
  int code = SQLITE_IOERR_SHMMAP;

  *mapped = NULL;
  g_rec_mutex_lock (&vfs->mutex);
  if (!is_dead (self))
    code = map_region (self, (guint)region, (gsize)size, extend != 0, mapped);
  g_rec_mutex_unlock (&vfs->mutex);
  return code;
}

static gboolean
is_free (BpFaultFile *self,
         guint        i,
         gboolean     exclusive)
{
  guint mine = (self->shared >> i) & 1;

  if (self->shm->exclusive[i] != NULL && self->shm->exclusive[i] != self)
    return FALSE;
  return !exclusive || self->shm->n_shared[i] == mine;
}

static void
unlock_one (BpFaultFile *self,
            guint        i)
{
  if ((self->shared >> i) & 1)
    self->shm->n_shared[i]--;
  if ((self->exclusive >> i) & 1)
    self->shm->exclusive[i] = NULL;
  self->shared &= ~(1u << i);
  self->exclusive &= ~(1u << i);
}

static void
lock_one (BpFaultFile *self,
          guint        i,
          gboolean     exclusive)
{
  if (exclusive)
    {
      self->shm->exclusive[i] = self;
      self->exclusive |= 1u << i;
    }
  else if (((self->shared >> i) & 1) == 0)
    {
      self->shm->n_shared[i]++;
      self->shared |= 1u << i;
    }
}

/**
 * bp_fault_shm_lock:
 * @file: a #BpFaultFile that mapped its index
 * @offset: the first lock
 * @n: how many locks
 * @flags: `SQLITE_SHM_LOCK` or `_UNLOCK`, and `SHARED` or `EXCLUSIVE`
 *
 * As `xShmLock`: all or none.
 *
 * Returns: SQLite's code
 */
int
bp_fault_shm_lock (sqlite3_file *file,
                   int           offset,
                   int           n,
                   int           flags)
{
  BpFaultFile *self = (BpFaultFile *)file;
  BpFaultVfs *vfs = self->disk->vfs;
  gboolean exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  int code = SQLITE_OK;

  g_rec_mutex_lock (&vfs->mutex);
  for (int i = offset; i < offset + n; i++)
    {
      if (flags & SQLITE_SHM_UNLOCK)
        unlock_one (self, (guint)i);
      else if (is_dead (self))
        code = SQLITE_IOERR_SHMLOCK;
      else if (!is_free (self, (guint)i, exclusive))
        code = SQLITE_BUSY;
    }
  for (int i = offset; i < offset + n && code == SQLITE_OK && (flags & SQLITE_SHM_LOCK); i++)
    lock_one (self, (guint)i, exclusive);
  g_rec_mutex_unlock (&vfs->mutex);
  return code;
}

/**
 * bp_fault_shm_barrier:
 * @file: a #BpFaultFile
 *
 * As `xShmBarrier`.
 */
void
bp_fault_shm_barrier (sqlite3_file *file)
{
  __sync_synchronize ();
}

/**
 * bp_fault_shm_unmap:
 * @file: a #BpFaultFile
 * @delete_flag: not used: an index that nobody has open is forgotten
 *
 * As `xShmUnmap`.
 *
 * Returns: `SQLITE_OK`
 */
int
bp_fault_shm_unmap (sqlite3_file *file,
                    int           delete_flag)
{
  BpFaultFile *self = (BpFaultFile *)file;
  BpFaultVfs *vfs = self->disk->vfs;

  g_rec_mutex_lock (&vfs->mutex);
  if (self->shm != NULL)
    {
      for (guint i = 0; i < BP_FAULT_SHM_LOCKS; i++)
        unlock_one (self, i);
      self->shm->n_users--;
      if (self->shm->n_users == 0 && self->node->shm == self->shm)
        g_clear_pointer (&self->node->shm, bp_fault_shm_unref);
      g_clear_pointer (&self->shm, bp_fault_shm_unref);
    }
  g_rec_mutex_unlock (&vfs->mutex);
  return SQLITE_OK;
}
