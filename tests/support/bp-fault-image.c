/* Copies of a disk, and of files of it. */
#include "config.h"

#include "bp-fault-private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  char *name; /* below the disk's folder */
  BpFaultBytes *bytes;
} Entry;

struct _BpFaultImage
{
  GPtrArray *entries; /* (element-type Entry) */
};

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  bp_fault_bytes_free (entry->bytes);
  g_free (entry);
}

static BpFaultImage *
image_new (void)
{
  BpFaultImage *image = g_new0 (BpFaultImage, 1);

  image->entries = g_ptr_array_new_with_free_func (free_entry);
  return image;
}

static void
add_entry (BpFaultImage *image,
           BpFaultDisk  *disk,
           const char   *path,
           BpFaultBytes *bytes)
{
  Entry *entry = g_new0 (Entry, 1);

  g_assert_true (g_str_has_prefix (path, disk->folder));
  entry->name = g_strdup (path + strlen (disk->folder));
  entry->bytes = bytes;
  g_ptr_array_add (image->entries, entry);
}

/**
 * bp_fault_image_free:
 * @image: (nullable) (transfer full): an image
 */
void
bp_fault_image_free (BpFaultImage *image)
{
  if (image == NULL)
    return;

  g_ptr_array_unref (image->entries);
  g_free (image);
}

/**
 * bp_fault_disk_take_image:
 * @self: a disk
 *
 * Returns: (transfer full): what programs would read now; cheap, since nothing
 *   is copied before it changes
 */
BpFaultImage *
bp_fault_disk_take_image (BpFaultDisk *self)
{
  BpFaultImage *image = image_new ();

  g_rec_mutex_lock (&self->vfs->mutex);
  for (guint i = 0; i < self->nodes->len; i++)
    {
      BpFaultNode *node = self->nodes->pdata[i];
      g_autofree char *path = bp_fault_node_dup_path (node);

      if (path != NULL)
        add_entry (image, self, path, bp_fault_bytes_copy (node->now));
    }
  g_rec_mutex_unlock (&self->vfs->mutex);
  return image;
}

static BpFaultBytes *
tear_node (BpFaultNode       *node,
           const BpFaultTear *tear)
{
  return bp_fault_bytes_tear (node->now, node->durable, node->shortest, tear);
}

/**
 * bp_fault_disk_take_cut_image:
 * @self: a disk
 *
 * Returns: (transfer full): what would be left, did the power go now; each
 *   call draws anew
 */
BpFaultImage *
bp_fault_disk_take_cut_image (BpFaultDisk *self)
{
  BpFaultImage *image = image_new ();
  BpFaultTear tear;

  g_rec_mutex_lock (&self->vfs->mutex);
  bp_fault_tear_init (&tear, &self->random);
  for (guint i = 0; i < self->nodes->len; i++)
    {
      BpFaultNode *node = self->nodes->pdata[i];
      g_autofree char *path = bp_fault_node_dup_path (node);

      if (path != NULL && (node->is_entered || bp_fault_random (&self->random) % 2 == 0))
        add_entry (image, self, path, tear_node (node, &tear));
    }
  for (guint i = 0; i < self->deleted->len; i++)
    {
      BpFaultNode *node = self->deleted->pdata[i];

      if (bp_fault_random (&self->random) % 2 == 0)
        add_entry (image, self, node->name,
                   tear_node (node, &tear));
    }
  g_rec_mutex_unlock (&self->vfs->mutex);
  return image;
}

static gboolean
has_name (const BpFaultImage *image,
          const char         *name)
{
  for (guint i = 0; i < image->entries->len; i++)
    {
      if (g_str_equal (((Entry *)image->entries->pdata[i])->name, name))
        return TRUE;
    }

  return FALSE;
}

static void
put_file (BpFaultDisk        *self,
          const char         *path,
          const BpFaultBytes *bytes)
{
  g_autofree char *folder = g_path_get_dirname (path);
  BpFaultNode *node;
  int fd;

  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 && g_mkdir_with_parents (folder, 0700) == 0)
    fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  node = bp_fault_node_new (fd, bp_fault_bytes_copy (bytes));
  node->is_entered = TRUE;
  g_ptr_array_add (self->nodes, node);
}

/* What is open on them is dead from now on. */
static void
drop_files (BpFaultDisk        *self,
            const BpFaultImage *image)
{
  for (guint i = 0; i < self->nodes->len; i++)
    {
      g_autofree char *path = bp_fault_node_dup_path (self->nodes->pdata[i]);

      if (path != NULL && !has_name (image, path + strlen (self->folder)))
        g_unlink (path);
    }
  g_ptr_array_set_size (self->nodes, 0);
  g_ptr_array_set_size (self->deleted, 0);
  self->life++;
}

/**
 * bp_fault_disk_load_image:
 * @self: a disk with power
 * @image: of this disk or another
 *
 * The disk holds the files of @image, all durable, and no other ones that went
 * through the VFS. What was open on it is dead.
 */
void
bp_fault_disk_load_image (BpFaultDisk        *self,
                          const BpFaultImage *image)
{
  g_rec_mutex_lock (&self->vfs->mutex);
  drop_files (self, image);
  for (guint i = 0; i < image->entries->len; i++)
    {
      Entry *entry = image->entries->pdata[i];
      g_autofree char *path = g_strconcat (self->folder, entry->name, NULL);

      put_file (self, path, entry->bytes);
    }
  g_rec_mutex_unlock (&self->vfs->mutex);
}

static const BpFaultBytes *
find_bytes (const BpFaultImage *image,
            const char         *name)
{
  for (guint i = 0; i < image->entries->len; i++)
    {
      const Entry *entry = image->entries->pdata[i];

      if (g_str_equal (entry->name, name))
        return entry->bytes;
    }

  return NULL;
}

/* A WAL index of zeros is built anew from the log. */
static void
rewind_node (BpFaultNode  *node,
             BpFaultBytes *bytes)
{
  bp_fault_bytes_free (node->now);
  bp_fault_bytes_free (node->durable);
  g_clear_pointer (&node->failed, bp_fault_bytes_free);
  node->now = bytes;
  node->durable = bp_fault_bytes_copy (bytes);
  node->is_entered = TRUE;
  for (guint i = 0; node->shm != NULL && i < node->shm->regions->len; i++)
    memset (node->shm->regions->pdata[i], 0, BP_FAULT_SHM_REGION);
}

/**
 * bp_fault_disk_rewind:
 * @self: a disk with power, on which no transaction is under way
 * @image: of this disk, with at least the files that are open
 *
 * The disk holds what it held then, all durable, also for those who have its
 * databases in WAL mode open: they see it as what another connection wrote.
 * Other files that went through the VFS are empty.
 */
void
bp_fault_disk_rewind (BpFaultDisk        *self,
                      const BpFaultImage *image)
{
  g_rec_mutex_lock (&self->vfs->mutex);
  for (guint i = 0; i < self->nodes->len; i++)
    {
      BpFaultNode *node = self->nodes->pdata[i];
      g_autofree char *path = bp_fault_node_dup_path (node);
      const BpFaultBytes *bytes = NULL;

      if (path != NULL)
        bytes = find_bytes (image, path + strlen (self->folder));
      rewind_node (node, bytes != NULL ? bp_fault_bytes_copy (bytes) : bp_fault_bytes_new ());
    }
  g_ptr_array_set_size (self->deleted, 0);
  g_rec_mutex_unlock (&self->vfs->mutex);
}

static char *
resolve (BpFaultDisk *self,
         const char  *path)
{
  BpFaultVfs *vfs = self->vfs;
  char resolved[PATH_MAX];
  int code = vfs->methods.xFullPathname (&vfs->methods, path, sizeof resolved, resolved);

  g_assert_true ((code & 0xff) == SQLITE_OK);
  g_assert_true (bp_fault_vfs_find_disk (vfs, resolved) == self);
  return g_strdup (resolved);
}

static void
replace_file (BpFaultDisk        *self,
              const char         *path,
              const BpFaultBytes *bytes)
{
  BpFaultNode *node = bp_fault_disk_find (self, path);

  if (node != NULL)
    {
      g_assert_true (node->n_shared == 0 && node->shm == NULL);
      g_ptr_array_remove_fast (self->nodes, node);
    }
  put_file (self, path, bytes);
}

/**
 * bp_fault_disk_copy_database:
 * @self: a disk with power
 * @path: where to, nothing there being open: replaced, and durable
 * @from: the same disk or another
 * @from_path: a database; what a program may have open and unfinished there is
 *   copied as it is
 *
 * Copies a database with its log and journal: with `cp`, so to speak, at once.
 */
void
bp_fault_disk_copy_database (BpFaultDisk *self,
                             const char  *path,
                             BpFaultDisk *from,
                             const char  *from_path)
{
  static const char *const ends[] = { "", "-wal", "-journal" };
  g_autofree char *source = NULL;
  g_autofree char *target = NULL;

  g_rec_mutex_lock (&self->vfs->mutex);
  source = resolve (from, from_path);
  target = resolve (self, path);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *one = g_strconcat (source, ends[i], NULL);
      g_autofree char *other = g_strconcat (target, ends[i], NULL);
      BpFaultNode *node = bp_fault_disk_find (from, one);

      if (node != NULL)
        replace_file (self, other, node->now);
      else if (bp_fault_disk_find (self, other) != NULL)
        bp_fault_disk_remove (self, other);
    }
  g_ptr_array_set_size (self->deleted, 0);
  g_rec_mutex_unlock (&self->vfs->mutex);
}

/**
 * bp_fault_disk_read:
 * @self: a disk
 * @path: a file of it
 *
 * Returns: (transfer full) (nullable): what a program would read; %NULL where
 *   there is no file
 */
GBytes *
bp_fault_disk_read (BpFaultDisk *self,
                    const char  *path)
{
  g_autofree char *resolved = NULL;
  guint8 *bytes = NULL;
  gint64 length = 0;
  BpFaultNode *node;

  g_rec_mutex_lock (&self->vfs->mutex);
  resolved = resolve (self, path);
  node = bp_fault_disk_find (self, resolved);
  if (node != NULL)
    {
      length = node->now->length;
      bytes = g_malloc ((gsize)MAX (length, 1));
      bp_fault_bytes_read (node->now, 0, bytes, length);
    }
  g_rec_mutex_unlock (&self->vfs->mutex);
  return node != NULL ? g_bytes_new_take (bytes, (gsize)length) : NULL;
}

/**
 * bp_fault_disk_write:
 * @self: a disk with power
 * @path: a file of it, not open, or none yet
 * @bytes: what is in it from now on, durable
 */
void
bp_fault_disk_write (BpFaultDisk *self,
                     const char  *path,
                     GBytes      *bytes)
{
  BpFaultBytes *contents = bp_fault_bytes_new ();
  g_autofree char *resolved = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  g_rec_mutex_lock (&self->vfs->mutex);
  bp_fault_bytes_write (contents, 0, data, (gint64)length);
  resolved = resolve (self, path);
  replace_file (self, resolved, contents);
  bp_fault_bytes_free (contents);
  g_rec_mutex_unlock (&self->vfs->mutex);
}

/**
 * bp_fault_disk_export:
 * @self: a disk
 * @path: a file of it
 *
 * Writes what is in it to its placeholder, for programs that know nothing of
 * SQLite.
 */
void
bp_fault_disk_export (BpFaultDisk *self,
                      const char  *path)
{
  g_autoptr (GBytes) bytes = bp_fault_disk_read (self, path);
  gsize length;
  const guint8 *data;
  int fd = open (path, O_WRONLY | O_TRUNC | O_CLOEXEC);

  g_assert_nonnull (bytes);
  g_assert_cmpint (fd, >=, 0);
  data = g_bytes_get_data (bytes, &length);
  while (length > 0)
    {
      gssize written = write (fd, data, length);

      g_assert_cmpint (written, >, 0);
      data += written;
      length -= (gsize)written;
    }
  close (fd);
}
