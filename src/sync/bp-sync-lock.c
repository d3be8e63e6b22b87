/* One run at a time a folder. */
#include "config.h"

#include "bp-sync-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_NAME "bizpulse_local.db.sync"
#define LOOK_AGAIN_MS 50

static int
open_lock (BpStore *store,
           GError **error)
{
  g_autofree char *path = g_build_filename (bp_store_get_folder (store), LOCK_NAME, NULL);
  int lock = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  int code = errno;

  if (lock < 0)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                 "The lock for syncing cannot be opened: %s", g_strerror (code));
  return lock;
}

static gboolean
try_lock (int lock)
{
  int result;

  do
    result = flock (lock, LOCK_EX | LOCK_NB);
  while (result != 0 && errno == EINTR);

  return result == 0;
}

static void
wait_a_moment (GCancellable *cancellable)
{
  GPollFD fd;
  gboolean has_fd = g_cancellable_make_pollfd (cancellable, &fd);

  g_poll (&fd, has_fd ? 1 : 0, LOOK_AGAIN_MS);
  if (has_fd)
    g_cancellable_release_fd (cancellable);
}

/**
 * bp_sync_lock:
 * @store: of a folder
 * @wait: whether to wait for another program's run
 * @cancellable: (nullable): ends the wait
 * @error: %BP_SYNC_ERROR_BUSY where a run is under way and @wait is %FALSE;
 *   #GIOErrorEnum
 *
 * Returns: the lock, to be given back by bp_sync_unlock(); −1 on failure
 */
int
bp_sync_lock (BpStore      *store,
              gboolean      wait,
              GCancellable *cancellable,
              GError      **error)
{
  int lock = open_lock (store, error);

  if (lock < 0)
    return -1;

  while (!try_lock (lock))
    {
      if (!wait)
        g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_BUSY,
                     "Another program syncs this folder");
      if (!wait || g_cancellable_set_error_if_cancelled (cancellable, error))
        {
          close (lock);
          return -1;
        }
      wait_a_moment (cancellable);
    }

  return lock;
}

/**
 * bp_sync_unlock:
 * @lock: of bp_sync_lock()
 */
void
bp_sync_unlock (int lock)
{
  if (lock >= 0)
    close (lock);
}

/**
 * bp_sync_is_running:
 * @store: of a folder
 *
 * Returns: whether a run is under way in this folder, by whatever program
 */
gboolean
bp_sync_is_running (BpStore *store)
{
  int lock;
  gboolean is_free;

  g_return_val_if_fail (BP_IS_STORE (store), FALSE);

  lock = open_lock (store, NULL);
  if (lock < 0)
    return FALSE;
  is_free = flock (lock, LOCK_SH | LOCK_NB) == 0;
  close (lock);

  return !is_free;
}
