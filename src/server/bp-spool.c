#include "config.h"

#include "bp-spool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "bp-spool-folder.h"

#define BLOCK (64 * 1024)
#define ETAG_DIGITS 40
#define MIB G_GINT64_CONSTANT (1048576)

/* What a store may keep the server busy with making files, in a minute. */
#define CHARGED_MS (60 * 1000)
#define MAX_CHARGE_MS (10 * 1000)
#define LEAST_CHARGE_MS 100

G_DEFINE_QUARK (bp_spool_error_quark, bp_spool_error)

typedef struct
{
  char *group;       /* (owned) */
  BpSpoolFile *file; /* (owned) */
  gint64 used_at;
} Kept;

/* What a store holds, and what it made the server do. */
typedef struct
{
  gint64 bytes;
  gint64 charge_ms;
  gint64 charged_since;
} Account;

struct _BpSpool
{
  GMutex lock;
  BpClock *clock; /* (owned) */
  BpSpoolLimits limits;
  BpSpoolFolder *folder; /* (owned) */
  GQueue kept;          /* (owned) (element-type Kept): the one last used at the end */
  GHashTable *accounts; /* (owned): id of a store → Account */
  gint64 bytes;
  guint n_paths;
  int is_closed;
};

typedef struct
{
  BpSpoolFile public;
  BpSpool *spool;      /* (owned) */
  char *store_id;      /* (owned) */
  GChecksum *checksum; /* (owned) */
  int fd;
} File;

static gboolean
fail (GError    **error,
      const char *doing)
{
  int code = errno == ENOSPC || errno == EDQUOT ? BP_SPOOL_ERROR_FULL : BP_SPOOL_ERROR_FAILED;

  g_set_error (error, BP_SPOOL_ERROR, code, "%s: %s", doing, g_strerror (errno));
  return FALSE;
}

/**
 * bp_spool_limits_init:
 * @limits: (out caller-allocates): the defaults
 */
void
bp_spool_limits_init (BpSpoolLimits *limits)
{
  limits->max_bytes = 8192 * MIB;
  limits->max_of_store = 2048 * MIB;
  limits->max_files = 256;
  limits->max_files_of_store = 6;
  limits->max_backups = 8192 * MIB;
  limits->keep_ms = 10 * 60 * 1000;
}

/**
 * bp_spool_new:
 * @clock: (transfer none): the time
 * @limits: copied
 * @error: #BpSpoolError
 *
 * Makes a folder, mode 0700, under `$TMPDIR` or where temporary files of some
 * size belong, and removes those that servers left that were killed.
 *
 * Returns: (transfer full): a spool
 */
BpSpool *
bp_spool_new (BpClock             *clock,
              const BpSpoolLimits *limits,
              GError             **error)
{
  BpSpoolFolder *folder = bp_spool_folder_make (bp_clock_get_now (clock) / 1000, error);
  BpSpool *self;

  if (folder == NULL)
    return NULL;

  self = g_atomic_rc_box_new0 (BpSpool);
  g_mutex_init (&self->lock);
  g_queue_init (&self->kept);
  self->clock = g_object_ref (clock);
  self->limits = *limits;
  self->folder = folder;
  self->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

static void
kept_free (gpointer data)
{
  Kept *kept = data;

  bp_spool_file_unref (kept->file);
  g_free (kept->group);
  g_free (kept);
}

static void
spool_clear (gpointer data)
{
  BpSpool *self = data;

  g_assert (self->kept.length == 0);
  bp_spool_folder_remove (self->folder);
  g_hash_table_unref (self->accounts);
  g_object_unref (self->clock);
  g_mutex_clear (&self->lock);
}

/**
 * bp_spool_ref:
 * @self: a spool
 *
 * Returns: (transfer full): it
 */
BpSpool *
bp_spool_ref (BpSpool *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * bp_spool_unref:
 * @self: (nullable) (transfer full): a spool
 *
 * Its folder goes with the last who holds it or a file of it; it must have
 * been closed.
 */
void
bp_spool_unref (BpSpool *self)
{
  if (self != NULL)
    g_atomic_rc_box_release_full (self, spool_clear);
}

/**
 * bp_spool_get_limits:
 * @self: a spool
 *
 * Returns: (transfer none): its limits
 */
const BpSpoolLimits *
bp_spool_get_limits (BpSpool *self)
{
  return &self->limits;
}

/**
 * bp_spool_close:
 * @self: a spool
 *
 * Forgets what it keeps; who makes a file is told to stop.
 */
void
bp_spool_close (BpSpool *self)
{
  GQueue dropped = G_QUEUE_INIT;

  g_atomic_int_set (&self->is_closed, TRUE);
  g_mutex_lock (&self->lock);
  dropped = self->kept;
  g_queue_init (&self->kept);
  g_mutex_unlock (&self->lock);
  g_queue_clear_full (&dropped, kept_free);
}

/**
 * bp_spool_is_closed:
 * @self: a spool
 *
 * Returns: whether it has been closed
 */
gboolean
bp_spool_is_closed (BpSpool *self)
{
  return g_atomic_int_get (&self->is_closed);
}

static Account *
get_account (BpSpool    *self,
             const char *store_id)
{
  Account *account = g_hash_table_lookup (self->accounts, store_id);

  if (account == NULL)
    {
      account = g_new0 (Account, 1);
      g_hash_table_insert (self->accounts, g_strdup (store_id), account);
    }
  return account;
}

/* Nobody who holds nothing and has waited long enough is remembered. */
static void
forget_account (BpSpool    *self,
                const char *store_id)
{
  Account *account = get_account (self, store_id);

  if (account->bytes == 0
      && (account->charge_ms == 0
          || bp_clock_get_monotonic (self->clock) - account->charged_since >= CHARGED_MS))
    g_hash_table_remove (self->accounts, store_id);
}

static File *
file_new (BpSpool    *self,
          const char *store_id,
          int         fd)
{
  File *file = g_atomic_rc_box_new0 (File);

  file->spool = bp_spool_ref (self);
  file->store_id = g_strdup (store_id);
  file->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  file->fd = fd;
  return file;
}

static void
file_clear (gpointer data)
{
  File *file = data;
  BpSpool *self = file->spool;

  g_mutex_lock (&self->lock);
  self->bytes -= file->public.size;
  get_account (self, file->store_id)->bytes -= file->public.size;
  forget_account (self, file->store_id);
  g_mutex_unlock (&self->lock);

  close (file->fd);
  g_checksum_free (file->checksum);
  g_free (file->public.etag);
  g_free (file->store_id);
  bp_spool_unref (self);
}

/**
 * bp_spool_file_ref:
 * @file: a file
 *
 * Returns: (transfer full): it
 */
BpSpoolFile *
bp_spool_file_ref (BpSpoolFile *file)
{
  return g_atomic_rc_box_acquire (file);
}

/**
 * bp_spool_file_unref:
 * @file: (nullable) (transfer full): a file
 *
 * Its bytes go with the last who holds it.
 */
void
bp_spool_file_unref (BpSpoolFile *file)
{
  if (file != NULL)
    g_atomic_rc_box_release_full (file, file_clear);
}

/* Takes out what is not to be kept any longer, so that @store_id holds at most
 * @of_store and all hold at most @of_all, as far as that is in our hands. */
static void
take_out (BpSpool    *self,
          const char *store_id,
          gint64      of_store,
          gint64      of_all,
          GQueue     *dropped)
{
  gint64 too_many = get_account (self, store_id)->bytes - of_store;
  gint64 too_many_of_all = self->bytes - of_all;

  for (GList *l = self->kept.head, *next; l != NULL; l = next)
    {
      Kept *kept = l->data;
      gboolean is_its = g_str_equal (((File *)kept->file)->store_id, store_id);

      next = l->next;
      if (too_many_of_all <= 0 && !(is_its && too_many > 0))
        continue;
      too_many_of_all -= kept->file->size;
      too_many -= is_its ? kept->file->size : 0;
      g_queue_push_tail (dropped, kept);
      g_queue_delete_link (&self->kept, l);
    }
}

/**
 * bp_spool_get_room:
 * @self: a spool
 * @store_id: of a store
 * @is_all: (out): whether that is all that one file may ever have
 *
 * Drops what was kept longest where little is left. A file may have half of
 * what its store may hold, so that there is room for it packed, too.
 *
 * Returns: how many bytes it may have, as things stand now
 */
gint64
bp_spool_get_room (BpSpool    *self,
                   const char *store_id,
                   gboolean   *is_all)
{
  const gint64 all = self->limits.max_of_store / 2;
  GQueue dropped = G_QUEUE_INIT;
  struct statvfs disk;
  gint64 room;

  g_mutex_lock (&self->lock);
  take_out (self, store_id, all, self->limits.max_bytes / 4 * 3, &dropped);
  g_mutex_unlock (&self->lock);
  g_queue_clear_full (&dropped, kept_free);

  g_mutex_lock (&self->lock);
  room = MIN (self->limits.max_of_store - get_account (self, store_id)->bytes,
              self->limits.max_bytes - self->bytes);
  forget_account (self, store_id);
  g_mutex_unlock (&self->lock);
  if (statvfs (bp_spool_folder_get_path (self->folder), &disk) == 0)
    room = MIN (room, (gint64)(disk.f_bavail * disk.f_frsize / 2));
  *is_all = room >= all;
  return CLAMP (room, 0, all);
}

static gboolean
add_bytes (File    *file,
           gsize    length,
           GError **error)
{
  BpSpool *self = file->spool;
  Account *account;
  gboolean fits;

  g_mutex_lock (&self->lock);
  account = get_account (self, file->store_id);
  fits = account->bytes + (gint64)length <= self->limits.max_of_store
         && self->bytes + (gint64)length <= self->limits.max_bytes;
  if (fits)
    {
      account->bytes += (gint64)length;
      self->bytes += (gint64)length;
      file->public.size += (gint64)length;
    }
  g_mutex_unlock (&self->lock);

  if (!fits)
    g_set_error_literal (error, BP_SPOOL_ERROR, BP_SPOOL_ERROR_FULL,
                         "There is no room for more temporary files");
  return fits;
}

/**
 * bp_spool_make_path:
 * @self: a spool
 *
 * Returns: (transfer full): where a program can make a file for bp_spool_take()
 */
char *
bp_spool_make_path (BpSpool *self)
{
  g_autofree char *name = NULL;

  g_mutex_lock (&self->lock);
  name = g_strdup_printf ("%u", self->n_paths++);
  g_mutex_unlock (&self->lock);
  return g_build_filename (bp_spool_folder_get_path (self->folder), name, NULL);
}

/**
 * bp_spool_make:
 * @self: a spool
 * @store_id: whose file it is
 * @error: #BpSpoolError
 *
 * Returns: (transfer full): a new one, empty
 */
BpSpoolFile *
bp_spool_make (BpSpool    *self,
               const char *store_id,
               GError    **error)
{
  g_autofree char *path = bp_spool_make_path (self);
  int fd = g_open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd < 0)
    {
      fail (error, "A temporary file could not be made");
      return NULL;
    }
  g_unlink (path);
  return (BpSpoolFile *)file_new (self, store_id, fd);
}

static gboolean
read_through (File    *file,
              GError **error)
{
  g_autofree guint8 *block = g_malloc (BLOCK);
  gint64 offset = 0;
  gssize length;

  while ((length = bp_spool_file_read (&file->public, offset, block, BLOCK, error)) > 0)
    {
      g_checksum_update (file->checksum, block, length);
      offset += length;
    }
  return length == 0;
}

/**
 * bp_spool_take:
 * @self: a spool
 * @store_id: whose file it is
 * @path: of bp_spool_make_path(), made by somebody who is done with it; gone
 *   afterwards
 * @error: #BpSpoolError
 *
 * Returns: (transfer full): it, finished
 */
BpSpoolFile *
bp_spool_take (BpSpool    *self,
               const char *store_id,
               const char *path,
               GError    **error)
{
  g_autoptr (BpSpoolFile) file = NULL;
  struct stat status;
  int fd = g_open (path, O_RDWR | O_CLOEXEC, 0);

  g_unlink (path);
  if (fd < 0)
    {
      fail (error, "A temporary file could not be opened");
      return NULL;
    }
  file = (BpSpoolFile *)file_new (self, store_id, fd);
  if (fstat (fd, &status) < 0)
    {
      fail (error, "A temporary file could not be opened");
      return NULL;
    }
  if (!add_bytes ((File *)file, (gsize)status.st_size, error)
      || !read_through ((File *)file, error) || !bp_spool_file_finish (file, error))
    return NULL;

  return g_steal_pointer (&file);
}

/**
 * bp_spool_file_append:
 * @file: one that is not finished, held by nobody else
 * @data: (array length=length): what comes next
 * @length: in bytes
 * @error: #BpSpoolError
 *
 * Returns: whether it was written
 */
gboolean
bp_spool_file_append (BpSpoolFile *file,
                      const void  *data,
                      gsize        length,
                      GError     **error)
{
  File *self = (File *)file;
  const guint8 *place = data;
  gint64 offset = file->size;
  gsize left = length;

  g_return_val_if_fail (file->etag == NULL, FALSE);

  if (!add_bytes (self, length, error))
    return FALSE;
  g_checksum_update (self->checksum, data, (gssize)length);
  while (left > 0)
    {
      gssize written = pwrite (self->fd, place, left, offset);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return fail (error, "A temporary file could not be written");
      place += written;
      offset += written;
      left -= (gsize)written;
    }
  return TRUE;
}

/**
 * bp_spool_file_finish:
 * @file: one that holds all it will
 * @error: unused, for callers that chain
 *
 * Gives it its tag.
 *
 * Returns: %TRUE
 */
gboolean
bp_spool_file_finish (BpSpoolFile *file,
                      GError     **error)
{
  const char *hash = g_checksum_get_string (((File *)file)->checksum);

  file->etag = g_strdup_printf ("\"%.*s\"", ETAG_DIGITS, hash);
  return TRUE;
}

/**
 * bp_spool_file_get_hash:
 * @file: a finished one
 *
 * Returns: (transfer full): SHA-256 of its bytes in hexadecimal
 */
char *
bp_spool_file_get_hash (BpSpoolFile *file)
{
  return g_strdup (g_checksum_get_string (((File *)file)->checksum));
}

/**
 * bp_spool_file_read:
 * @file: a file
 * @offset: from where, in bytes
 * @buffer: (array length=length): gets the bytes
 * @length: how many at most
 * @error: #BpSpoolError
 *
 * Returns: how many it got; 0 at the end; −1 on failure
 */
gssize
bp_spool_file_read (BpSpoolFile *file,
                    gint64       offset,
                    void        *buffer,
                    gsize        length,
                    GError     **error)
{
  gssize got;

  do
    got = pread (((File *)file)->fd, buffer, length, offset);
  while (got < 0 && errno == EINTR);

  if (got < 0)
    fail (error, "A temporary file could not be read");
  return got;
}

/* The oldest ones of whoever has too many, or of all. */
static void
take_out_many (BpSpool    *self,
               const char *store_id,
               GQueue     *dropped)
{
  guint n_of_store = 0;

  for (GList *l = self->kept.tail, *next; l != NULL; l = next)
    {
      Kept *kept = l->data;

      next = l->prev;
      if (!g_str_equal (((File *)kept->file)->store_id, store_id)
          || ++n_of_store <= self->limits.max_files_of_store)
        continue;
      g_queue_push_tail (dropped, kept);
      g_queue_delete_link (&self->kept, l);
    }
  while (self->kept.length > self->limits.max_files)
    g_queue_push_tail (dropped, g_queue_pop_head (&self->kept));
}

/**
 * bp_spool_keep:
 * @self: a spool
 * @group: what it is the newest of
 * @file: (transfer none): a finished one
 *
 * It can be found until it has not been asked for during a while, or there is
 * no room. Nothing is kept once the spool is closed.
 */
void
bp_spool_keep (BpSpool     *self,
               const char  *group,
               BpSpoolFile *file)
{
  GQueue dropped = G_QUEUE_INIT;
  Kept *kept = g_new0 (Kept, 1);

  kept->group = g_strdup (group);
  kept->file = bp_spool_file_ref (file);
  kept->used_at = bp_clock_get_monotonic (self->clock);
  g_mutex_lock (&self->lock);
  if (bp_spool_is_closed (self))
    g_queue_push_tail (&dropped, kept);
  else
    g_queue_push_tail (&self->kept, kept);
  take_out_many (self, ((File *)file)->store_id, &dropped);
  g_mutex_unlock (&self->lock);
  g_queue_clear_full (&dropped, kept_free);
}

/**
 * bp_spool_find:
 * @self: a spool
 * @store_id: whose file it is
 * @group: as it was kept
 * @etag: (nullable): of which; %NULL for the newest
 *
 * Returns: (transfer full) (nullable): it, and it is kept for longer
 */
BpSpoolFile *
bp_spool_find (BpSpool    *self,
               const char *store_id,
               const char *group,
               const char *etag)
{
  BpSpoolFile *file = NULL;
  GList *found = NULL;

  g_mutex_lock (&self->lock);
  for (GList *l = self->kept.head; l != NULL; l = l->next)
    {
      const Kept *kept = l->data;

      if (g_str_equal (kept->group, group)
          && g_str_equal (((File *)kept->file)->store_id, store_id)
          && (etag == NULL ? file == NULL || kept->file->number >= file->number
                           : g_str_equal (kept->file->etag, etag)))
        {
          found = l;
          file = kept->file;
        }
    }
  if (found != NULL)
    {
      ((Kept *)found->data)->used_at = bp_clock_get_monotonic (self->clock);
      g_queue_unlink (&self->kept, found);
      g_queue_push_tail_link (&self->kept, found);
      bp_spool_file_ref (file);
    }
  g_mutex_unlock (&self->lock);

  return file;
}

/**
 * bp_spool_drop_old:
 * @self: a spool
 *
 * Forgets what has not been asked for during a while.
 */
void
bp_spool_drop_old (BpSpool *self)
{
  gint64 before = bp_clock_get_monotonic (self->clock) - self->limits.keep_ms;
  GQueue dropped = G_QUEUE_INIT;

  g_mutex_lock (&self->lock);
  while (self->kept.length > 0 && ((Kept *)self->kept.head->data)->used_at <= before)
    g_queue_push_tail (&dropped, g_queue_pop_head (&self->kept));
  g_mutex_unlock (&self->lock);
  g_queue_clear_full (&dropped, kept_free);
}

/**
 * bp_spool_get_wait:
 * @self: a spool
 * @store_id: who wants a file made
 *
 * Returns: how long it has to wait, in milliseconds; 0 where not at all
 */
gint64
bp_spool_get_wait (BpSpool    *self,
                   const char *store_id)
{
  gint64 now = bp_clock_get_monotonic (self->clock);
  const Account *account;
  gint64 wait = 0;

  g_mutex_lock (&self->lock);
  account = g_hash_table_lookup (self->accounts, store_id);
  if (account != NULL && account->charge_ms >= MAX_CHARGE_MS)
    wait = MAX (account->charged_since + CHARGED_MS - now, 0);
  g_mutex_unlock (&self->lock);

  return wait;
}

/**
 * bp_spool_charge:
 * @self: a spool
 * @store_id: for whom a file was made
 * @milliseconds: how long that took
 *
 * Who made the server work for long waits before the next one.
 */
void
bp_spool_charge (BpSpool    *self,
                 const char *store_id,
                 gint64      milliseconds)
{
  gint64 now = bp_clock_get_monotonic (self->clock);
  Account *account;

  g_mutex_lock (&self->lock);
  account = get_account (self, store_id);
  if (account->charge_ms == 0 || now - account->charged_since >= CHARGED_MS)
    {
      account->charge_ms = 0;
      account->charged_since = now;
    }
  account->charge_ms += LEAST_CHARGE_MS + MAX (milliseconds, 0);
  g_mutex_unlock (&self->lock);
}
