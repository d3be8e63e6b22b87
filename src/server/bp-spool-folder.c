#include "config.h"

#include "bp-spool-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bp-spool.h"

#define FOLDER_PREFIX "bizpulse-server-"
#define LOCK_NAME "lock"
#define LEFT_OVER_S 60

struct _BpSpoolFolder
{
  char *path; /* (owned) */
  int lock_fd;
};

static const char *
find_parent (void)
{
  const char *chosen = g_getenv ("TMPDIR");

  if (chosen != NULL)
    return chosen;

  /* Unlike /tmp it is no part of the memory anywhere. */
  return g_access ("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : g_get_tmp_dir ();
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      g_unlink (child);
    }
  g_rmdir (path);
}

static int
lock_folder (const char *path)
{
  g_autofree char *name = g_build_filename (path, LOCK_NAME, NULL);
  int fd = g_open (name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) < 0)
    {
      close (fd);
      fd = -1;
    }
  return fd;
}

/* A server that was killed leaves its folder behind. One that has just been
 * made may not be locked yet. */
static void
remove_left_over (const char *path,
                  gint64      now_s)
{
  GStatBuf status;
  int fd;

  if (g_lstat (path, &status) < 0 || !S_ISDIR (status.st_mode) || status.st_uid != geteuid ()
      || now_s - status.st_mtime < LEFT_OVER_S)
    return;

  fd = lock_folder (path);
  if (fd < 0)
    return;
  remove_folder (path);
  close (fd);
}

static void
remove_left_overs (const char *parent,
                   gint64      now_s)
{
  g_autoptr (GDir) folder = g_dir_open (parent, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (parent, name, NULL);

      if (g_str_has_prefix (name, FOLDER_PREFIX))
        remove_left_over (path, now_s);
    }
}

/**
 * bp_spool_folder_make:
 * @now_s: in seconds since 1970 UTC
 * @error: #BpSpoolError
 *
 * Makes a folder, mode 0700, under `$TMPDIR` or where temporary files of some
 * size belong, and removes those that servers left that were killed.
 *
 * Returns: (transfer full): the folder
 */
BpSpoolFolder *
bp_spool_folder_make (gint64   now_s,
                      GError **error)
{
  g_autofree char *path = g_build_filename (find_parent (), FOLDER_PREFIX "XXXXXX", NULL);
  BpSpoolFolder *self;

  remove_left_overs (find_parent (), now_s);
  if (g_mkdtemp_full (path, 0700) == NULL)
    {
      g_set_error (error, BP_SPOOL_ERROR, BP_SPOOL_ERROR_FAILED,
                   "No folder for temporary files could be made: %s", g_strerror (errno));
      return NULL;
    }

  self = g_new0 (BpSpoolFolder, 1);
  self->lock_fd = lock_folder (path);
  self->path = g_steal_pointer (&path);
  return self;
}

/**
 * bp_spool_folder_get_path:
 * @self: a folder
 *
 * Returns: (transfer none): its path
 */
const char *
bp_spool_folder_get_path (BpSpoolFolder *self)
{
  return self->path;
}

/**
 * bp_spool_folder_remove:
 * @self: (transfer full): a folder
 *
 * It is gone, with what is in it.
 */
void
bp_spool_folder_remove (BpSpoolFolder *self)
{
  remove_folder (self->path);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->path);
  g_free (self);
}
