/* An open file of a faulty disk: reading, writing, locking. */
#include "config.h"

#include "bp-fault-private.h"

#include <errno.h>

/* What a file of SQLite's own VFS on Linux says of its disk. */
#define SECTOR 4096

static void
lock_vfs (BpFaultFile *self)
{
  g_rec_mutex_lock (&self->disk->vfs->mutex);
}

static void
unlock_vfs (BpFaultFile *self)
{
  g_rec_mutex_unlock (&self->disk->vfs->mutex);
}

static gboolean
is_dead (BpFaultFile *self)
{
  return self->disk->is_off || self->life != self->disk->life;
}

/* A dead file's calls fail and count for nothing. */
static BpFaultFate
begin_call (BpFaultFile *self,
            BpFaultCall  call)
{
  if (!is_dead (self))
    return bp_fault_disk_step (self->disk, call);

  self->disk->vfs->last_errno = EIO;
  return BP_FAULT_LOST;
}

/* What it did has reached the disk's memory, and then the power went. */
static int
end_call (BpFaultFile *self,
          BpFaultFate  fate,
          int          failure)
{
  if (fate == BP_FAULT_GO)
    return SQLITE_OK;

  bp_fault_disk_cut (self->disk);
  self->disk->vfs->last_errno = EIO;
  return failure;
}

static void
release_locks (BpFaultFile *self)
{
  BpFaultNode *node = self->node;

  if (node->reserved == self)
    node->reserved = NULL;
  if (node->pending == self)
    node->pending = NULL;
  if (node->exclusive == self)
    node->exclusive = NULL;
}

static int
unlock_file (sqlite3_file *file,
             int           level)
{
  BpFaultFile *self = (BpFaultFile *)file;

  lock_vfs (self);
  if (self->lock > level)
    {
      if (self->lock > SQLITE_LOCK_SHARED)
        release_locks (self);
      if (level == SQLITE_LOCK_NONE)
        self->node->n_shared--;
      self->lock = level;
    }
  unlock_vfs (self);
  return SQLITE_OK;
}

static gboolean
is_others (gconstpointer holder,
           BpFaultFile  *self)
{
  return holder != NULL && holder != self;
}

static int
raise_lock (BpFaultFile *self,
            int          level)
{
  BpFaultNode *node = self->node;

  switch (level)
    {
    case SQLITE_LOCK_SHARED:
      if (is_others (node->pending, self) || is_others (node->exclusive, self))
        return SQLITE_BUSY;
      node->n_shared++;
      break;
    case SQLITE_LOCK_RESERVED:
      if (is_others (node->reserved, self) || is_others (node->pending, self))
        return SQLITE_BUSY;
      node->reserved = self;
      break;
    default:
      if (is_others (node->reserved, self) || is_others (node->pending, self))
        return SQLITE_BUSY;
      node->pending = self;
      self->lock = SQLITE_LOCK_PENDING;
      if (node->n_shared > 1)
        return SQLITE_BUSY;
      node->exclusive = self;
      break;
    }

  self->lock = level;
  return SQLITE_OK;
}

static int
lock_file (sqlite3_file *file,
           int           level)
{
  BpFaultFile *self = (BpFaultFile *)file;
  int code = SQLITE_OK;

  lock_vfs (self);
  if (is_dead (self))
    code = SQLITE_IOERR_LOCK;
  else if (self->lock < level)
    code = raise_lock (self, level);
  unlock_vfs (self);
  return code;
}

static int
check_reserved_lock (sqlite3_file *file,
                     int          *is_reserved)
{
  BpFaultFile *self = (BpFaultFile *)file;

  lock_vfs (self);
  *is_reserved = self->node->reserved != NULL || self->node->pending != NULL;
  unlock_vfs (self);
  return SQLITE_OK;
}

static int
close_file (sqlite3_file *file)
{
  BpFaultFile *self = (BpFaultFile *)file;

  bp_fault_shm_unmap (file, 0);
  unlock_file (file, SQLITE_LOCK_NONE);
  lock_vfs (self);
  bp_fault_node_unref (self->node);
  unlock_vfs (self);
  return SQLITE_OK;
}

static int
read_file (sqlite3_file *file,
           void         *to,
           int           length,
           sqlite3_int64 offset)
{
  BpFaultFile *self = (BpFaultFile *)file;
  BpFaultFate fate;
  int code;

  lock_vfs (self);
  fate = begin_call (self, BP_FAULT_READ);
  if (fate == BP_FAULT_LOST)
    code = SQLITE_IOERR_READ;
  else
    {
      code = bp_fault_bytes_read (self->node->now, offset, to, length) < length
             ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
      code = fate == BP_FAULT_GO ? code : end_call (self, fate, SQLITE_IOERR_READ);
    }
  unlock_vfs (self);
  return code;
}

static int
write_file (sqlite3_file *file,
            const void   *from,
            int           length,
            sqlite3_int64 offset)
{
  BpFaultFile *self = (BpFaultFile *)file;
  BpFaultFate fate;
  int code;

  lock_vfs (self);
  fate = begin_call (self, BP_FAULT_WRITE);
  if (fate == BP_FAULT_LOST)
    code = SQLITE_IOERR_WRITE;
  else if (fate == BP_FAULT_GO
           && !bp_fault_disk_has_room (self->disk,
                                       bp_fault_bytes_count_new (self->node->now, offset, length)))
    code = SQLITE_FULL;
  else
    {
      bp_fault_bytes_write (self->node->now, offset, from, length);
      code = end_call (self, fate, SQLITE_IOERR_WRITE);
    }
  unlock_vfs (self);
  return code;
}

static int
truncate_file (sqlite3_file *file,
               sqlite3_int64 length)
{
  BpFaultFile *self = (BpFaultFile *)file;
  BpFaultFate fate;
  int code = SQLITE_IOERR_TRUNCATE;

  lock_vfs (self);
  fate = begin_call (self, BP_FAULT_TRUNCATE);
  if (fate != BP_FAULT_LOST)
    {
      bp_fault_bytes_truncate (self->node->now, length);
      self->node->shortest = MIN (self->node->shortest, length);
      code = end_call (self, fate, SQLITE_IOERR_TRUNCATE);
    }
  unlock_vfs (self);
  return code;
}

static void
sync_node (BpFaultNode *node)
{
  BpFaultBytes *synced = bp_fault_bytes_sync (node->now, node->durable, node->failed);

  bp_fault_bytes_free (node->durable);
  node->durable = synced;
  node->shortest = synced->length;
}

/* As SQLite's own VFS does, with a log or journal the folder is synced. */
static int
sync_file (sqlite3_file *file,
           int           flags)
{
  BpFaultFile *self = (BpFaultFile *)file;
  BpFaultFate fate;
  int code = SQLITE_IOERR_FSYNC;

  lock_vfs (self);
  fate = begin_call (self, BP_FAULT_SYNC);
  if (fate == BP_FAULT_LOST)
    {
      if (self->node->failed == NULL)
        self->node->failed = bp_fault_bytes_copy (self->node->now);
    }
  else
    {
      sync_node (self->node);
      if (self->is_log)
        bp_fault_disk_enter_names (self->disk);
      code = end_call (self, fate, SQLITE_IOERR_FSYNC);
    }
  unlock_vfs (self);
  return code;
}

static int
get_file_size (sqlite3_file  *file,
               sqlite3_int64 *size)
{
  BpFaultFile *self = (BpFaultFile *)file;
  int code = SQLITE_OK;

  lock_vfs (self);
  if (is_dead (self))
    code = SQLITE_IOERR_FSTAT;
  else
    *size = self->node->now->length;
  unlock_vfs (self);
  return code;
}

static int
control_file (sqlite3_file *file,
              int           operation,
              void         *argument)
{
  return SQLITE_NOTFOUND;
}

static int
get_sector_size (sqlite3_file *file)
{
  return SECTOR;
}

static int
get_device_characteristics (sqlite3_file *file)
{
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
  2,
  close_file,
  read_file,
  write_file,
  truncate_file,
  sync_file,
  get_file_size,
  lock_file,
  unlock_file,
  check_reserved_lock,
  control_file,
  get_sector_size,
  get_device_characteristics,
  bp_fault_shm_map,
  bp_fault_shm_lock,
  bp_fault_shm_barrier,
  bp_fault_shm_unmap,
};

/**
 * bp_fault_file_open:
 * @disk: with power
 * @node: a file of it
 * @flags: SQLite's, of opening it
 * @file: (out caller-allocates): of bp_fault_file_get_size() bytes; a #BpFaultFile
 */
void
bp_fault_file_open (BpFaultDisk  *disk,
                    BpFaultNode  *node,
                    int           flags,
                    sqlite3_file *file)
{
  BpFaultFile *self = (BpFaultFile *)file;

  *self = (BpFaultFile) { .disk = disk, .life = disk->life };
  self->node = g_atomic_rc_box_acquire (node);
  self->is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL))
                 != 0;
  self->parent.pMethods = &methods;
}

/**
 * bp_fault_file_get_size:
 *
 * Returns: of a #BpFaultFile, in bytes
 */
int
bp_fault_file_get_size (void)
{
  return (int)sizeof (BpFaultFile);
}
