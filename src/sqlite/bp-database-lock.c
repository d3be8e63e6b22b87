/* The lock file. SQLite before 3.51.3 can damage a WAL that one connection
 * resets while another writes; its own locks do not prevent that, this does. */
#define _GNU_SOURCE /* for locks of an open file description */
#include "config.h"

#include "bp-database-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define WAIT_LONGEST (10 * G_USEC_PER_SEC)
#define POLL_LONGEST 2000

static gboolean
is_read_only (int code)
{
  return code == EACCES || code == EROFS || code == EPERM;
}

/**
 * bp_database_open_lock:
 * @self: a database that is being opened
 * @error: %BP_DATABASE_ERROR_READ_ONLY, %BP_DATABASE_ERROR_FAILED
 *
 * Opens `PATH.lock`, mode 0600, without taking the lock. The file stays for
 * good: removing it would let two programs lock two different files. A reader
 * that may not write takes what lock there is, or none.
 *
 * Returns: whether the database may be opened
 */
gboolean
bp_database_open_lock (BpDatabase *self,
                       GError    **error)
{
  g_autofree char *path = g_strconcat (self->path, ".lock", NULL);
  int saved;

  self->lock_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  saved = errno;
  if (self->lock_fd >= 0)
    return TRUE;
  if (self->mode == BP_DATABASE_READER && is_read_only (saved))
    {
      self->lock_fd = open (path, O_RDONLY | O_CLOEXEC);
      return TRUE;
    }

  g_set_error (error, BP_DATABASE_ERROR,
               is_read_only (saved) ? BP_DATABASE_ERROR_READ_ONLY : BP_DATABASE_ERROR_FAILED,
               "Could not open %s: %s", path, g_strerror (saved));
  return FALSE;
}

/* Who waits says so by a read lock on the file's first byte, which flock()
 * does not touch. It is only a hint: where it cannot be had, one waits without. */
static void
show_wish (BpDatabase *self,
           gboolean    waits)
{
  struct flock wish = { .l_type = waits ? F_RDLCK : F_UNLCK, .l_whence = SEEK_SET, .l_len = 1 };

  fcntl (self->lock_fd, F_OFD_SETLK, &wish);
}

/**
 * bp_database_is_wanted:
 * @self: a database
 *
 * Returns: whether another process waits for the lock
 */
gboolean
bp_database_is_wanted (BpDatabase *self)
{
  struct flock wish = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

  return self->lock_fd >= 0 && fcntl (self->lock_fd, F_OFD_GETLK, &wish) == 0
         && wish.l_type != F_UNLCK;
}

static gboolean
wait_for_lock (BpDatabase *self,
               GError    **error)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_LONGEST;
  gulong pause = 50;

  while (flock (self->lock_fd, LOCK_EX | LOCK_NB) != 0)
    {
      int saved = errno;

      if (saved == EINTR)
        continue;
      if (saved != EWOULDBLOCK || g_get_monotonic_time () >= deadline)
        {
          g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_BUSY,
                       "Another program keeps %s locked: %s", self->path, g_strerror (saved));
          return FALSE;
        }
      g_usleep (pause);
      pause = MIN (pause * 2, POLL_LONGEST);
    }

  return TRUE;
}

/**
 * bp_database_take_lock:
 * @self: a database
 * @error: %BP_DATABASE_ERROR_BUSY where another connection kept it for 10 s
 *
 * Each call that succeeds needs one bp_database_drop_lock().
 *
 * Returns: whether this connection now holds the lock
 */
gboolean
bp_database_take_lock (BpDatabase *self,
                       GError    **error)
{
  gboolean is_taken;

  if (self->lock_depth > 0)
    {
      self->lock_depth++;
      return TRUE;
    }

  is_taken = self->lock_fd < 0 || flock (self->lock_fd, LOCK_EX | LOCK_NB) == 0;
  if (!is_taken)
    {
      show_wish (self, TRUE);
      is_taken = wait_for_lock (self, error);
      show_wish (self, FALSE);
    }
  if (!is_taken)
    return FALSE;

  self->lock_depth = 1;
  return TRUE;
}

/**
 * bp_database_drop_lock:
 * @self: a database that holds the lock
 */
void
bp_database_drop_lock (BpDatabase *self)
{
  g_assert (self->lock_depth > 0);

  if (--self->lock_depth == 0 && self->lock_fd >= 0)
    flock (self->lock_fd, LOCK_UN);
}
