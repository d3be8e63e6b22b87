/* The disk: which files there are, what happens at which call, and what a
 * power cut leaves. */
#include "config.h"

#include "bp-fault-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
clear_node (gpointer data)
{
  BpFaultNode *node = data;

  if (node->fd >= 0)
    close (node->fd);
  bp_fault_bytes_free (node->now);
  bp_fault_bytes_free (node->durable);
  bp_fault_bytes_free (node->failed);
  g_free (node->name);
  g_clear_pointer (&node->shm, bp_fault_shm_unref);
}

/**
 * bp_fault_node_unref:
 * @node: (transfer full): a file
 */
void
bp_fault_node_unref (BpFaultNode *node)
{
  g_atomic_rc_box_release_full (node, clear_node);
}

/**
 * bp_fault_node_new:
 * @fd: (transfer full): its placeholder
 * @bytes: (transfer full): what is in it, durable
 *
 * Returns: (transfer full): a file
 */
BpFaultNode *
bp_fault_node_new (int           fd,
                   BpFaultBytes *bytes)
{
  BpFaultNode *node = g_atomic_rc_box_new0 (BpFaultNode);
  struct stat info;

  g_assert_cmpint (fstat (fd, &info), ==, 0);
  node->fd = fd;
  node->device = info.st_dev;
  node->inode = info.st_ino;
  node->now = bytes;
  node->durable = bp_fault_bytes_copy (bytes);
  node->shortest = bytes->length;
  return node;
}

static void
lock_disk (BpFaultDisk *self)
{
  g_rec_mutex_lock (&self->vfs->mutex);
}

static void
unlock_disk (BpFaultDisk *self)
{
  g_rec_mutex_unlock (&self->vfs->mutex);
}

/**
 * bp_fault_disk_new:
 * @vfs: where it is mounted
 * @folder: at which folder; made when missing
 * @seed: of what a power cut leaves
 *
 * Returns: (transfer full): an empty disk with power; to be freed before @vfs,
 *   and after what is open on it is closed
 */
BpFaultDisk *
bp_fault_disk_new (BpFaultVfs *vfs,
                   const char *folder,
                   guint64     seed)
{
  BpFaultDisk *self = g_new0 (BpFaultDisk, 1);
  char resolved[PATH_MAX];

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_nonnull (realpath (folder, resolved));
  self->vfs = vfs;
  self->folder = g_strconcat (resolved, "/", NULL);
  self->random = seed;
  self->room = -1;
  self->nodes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_fault_node_unref);
  self->deleted = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_fault_node_unref);
  lock_disk (self);
  g_ptr_array_add (vfs->disks, self);
  unlock_disk (self);
  return self;
}

/**
 * bp_fault_disk_free:
 * @self: (nullable) (transfer full): a disk on which nothing is open
 *
 * What was on it is lost; placeholders stay where they are.
 */
void
bp_fault_disk_free (BpFaultDisk *self)
{
  BpFaultVfs *vfs;

  if (self == NULL)
    return;

  vfs = self->vfs;
  g_rec_mutex_lock (&vfs->mutex);
  g_ptr_array_remove (vfs->disks, self);
  g_ptr_array_unref (self->nodes);
  g_ptr_array_unref (self->deleted);
  bp_fault_image_free (self->after);
  g_rec_mutex_unlock (&vfs->mutex);
  g_free (self->folder);
  g_free (self);
}

/**
 * bp_fault_disk_set_seed:
 * @self: a disk
 * @seed: of what power cuts leave from now on
 */
void
bp_fault_disk_set_seed (BpFaultDisk *self,
                        guint64      seed)
{
  self->random = seed;
}

/**
 * bp_fault_vfs_find_disk:
 * @self: the VFS, locked
 * @path: (nullable): resolved
 *
 * Returns: (transfer none) (nullable): the disk that @path is on, the inner one
 *   where one is mounted on another
 */
BpFaultDisk *
bp_fault_vfs_find_disk (BpFaultVfs *self,
                        const char *path)
{
  BpFaultDisk *found = NULL;

  for (guint i = 0; path != NULL && i < self->disks->len; i++)
    {
      BpFaultDisk *disk = self->disks->pdata[i];

      if (g_str_has_prefix (path, disk->folder)
          && (found == NULL || strlen (disk->folder) > strlen (found->folder)))
        found = disk;
    }

  return found;
}

/**
 * bp_fault_node_dup_path:
 * @node: a file
 *
 * Returns: (transfer full) (nullable): where its placeholder is now, whatever
 *   the product did to it; %NULL where it is removed
 */
char *
bp_fault_node_dup_path (BpFaultNode *node)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", node->fd);
  char path[PATH_MAX];
  struct stat info;
  ssize_t length;

  if (fstat (node->fd, &info) != 0 || info.st_nlink == 0)
    return NULL;

  length = readlink (link, path, sizeof path);
  g_assert_cmpint (length, >, 0);
  return g_strndup (path, (gsize)length);
}

static BpFaultNode *
find_inode (BpFaultDisk       *self,
            const struct stat *info)
{
  for (guint i = 0; i < self->nodes->len; i++)
    {
      BpFaultNode *node = self->nodes->pdata[i];

      if (node->inode == info->st_ino && node->device == info->st_dev)
        return node;
    }

  return NULL;
}

/* The product may have removed files by itself. */
static void
forget_removed (BpFaultDisk *self)
{
  for (guint i = self->nodes->len; i-- > 0;)
    {
      BpFaultNode *node = self->nodes->pdata[i];
      struct stat info;

      if (fstat (node->fd, &info) == 0 && info.st_nlink == 0)
        g_ptr_array_remove_index_fast (self->nodes, i);
    }
}

static BpFaultNode *
adopt (BpFaultDisk *self,
       const char  *path)
{
  BpFaultBytes *bytes = bp_fault_bytes_new ();
  g_autofree char *text = NULL;
  gsize length = 0;
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  BpFaultNode *node;

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  bp_fault_bytes_write (bytes, 0, (const guint8 *)text, (gint64)length);
  node = bp_fault_node_new (fd, bytes);
  node->is_entered = length > 0;
  forget_removed (self);
  g_ptr_array_add (self->nodes, node);
  return node;
}

/**
 * bp_fault_disk_find:
 * @self: a disk, locked
 * @path: resolved
 *
 * Returns: (transfer none) (nullable): the file, where there is one
 */
BpFaultNode *
bp_fault_disk_find (BpFaultDisk *self,
                    const char  *path)
{
  struct stat info;
  BpFaultNode *node;

  if (stat (path, &info) != 0)
    return NULL;

  node = find_inode (self, &info);
  return node != NULL ? node : adopt (self, path);
}

/**
 * bp_fault_disk_make:
 * @self: a disk, locked
 * @path: resolved, of no file
 *
 * Returns: (transfer none): an empty file there, whose name is not durable
 */
BpFaultNode *
bp_fault_disk_make (BpFaultDisk *self,
                    const char  *path)
{
  return adopt (self, path);
}

/**
 * bp_fault_disk_remove:
 * @self: a disk, locked
 * @path: resolved, of a file
 *
 * Deletes it; a power cut may bring it back until the folder is synced.
 */
void
bp_fault_disk_remove (BpFaultDisk *self,
                      const char  *path)
{
  BpFaultNode *node = bp_fault_disk_find (self, path);

  g_assert_nonnull (node);
  g_unlink (path);
  if (node->is_entered)
    {
      node->name = g_strdup (path);
      g_ptr_array_add (self->deleted, g_atomic_rc_box_acquire (node));
    }
  g_ptr_array_remove_fast (self->nodes, node);
}

/**
 * bp_fault_disk_enter_names:
 * @self: a disk, locked
 *
 * The folder is synced: what was made is there for good, what was deleted is
 * gone for good.
 */
void
bp_fault_disk_enter_names (BpFaultDisk *self)
{
  for (guint i = 0; i < self->nodes->len; i++)
    ((BpFaultNode *)self->nodes->pdata[i])->is_entered = TRUE;
  g_ptr_array_set_size (self->deleted, 0);
}
