/* Disks in memory under SQLite, that lose their power, fail and run full when
 * they are told to.
 *
 * A BpFaultVfs is the process's default VFS for as long as it lives, so that
 * bp_store_open() and the server's backend run on it as they are. It keeps
 * what is under the folder of one of its disks in memory; other paths go to
 * the VFS that was the default before. For each file a placeholder stands at
 * its path, a real file, mostly empty: the product's own open (), rename () and
 * unlink () work on it, and what is in memory goes with it. A real file that
 * is not empty is read when it is first opened. Locks hold between the
 * connections of this process only.
 *
 * Everything follows from the seeds; all functions may be called from any
 * thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpFaultCall:
 * @BP_FAULT_READ: reading from a file
 * @BP_FAULT_WRITE: writing to a file
 * @BP_FAULT_SYNC: fsync of a file
 * @BP_FAULT_TRUNCATE: shortening a file
 * @BP_FAULT_CREATE: making a file
 * @BP_FAULT_DELETE: deleting a file
 * @BP_FAULT_CHANGE: any of those that change what is on the disk
 * @BP_FAULT_ANY: any of them
 *
 * Kinds of calls, to be combined.
 */
typedef enum
{
  BP_FAULT_READ = 1 << 0,
  BP_FAULT_WRITE = 1 << 1,
  BP_FAULT_SYNC = 1 << 2,
  BP_FAULT_TRUNCATE = 1 << 3,
  BP_FAULT_CREATE = 1 << 4,
  BP_FAULT_DELETE = 1 << 5,
  BP_FAULT_CHANGE = BP_FAULT_WRITE | BP_FAULT_SYNC | BP_FAULT_TRUNCATE | BP_FAULT_CREATE
                    | BP_FAULT_DELETE,
  BP_FAULT_ANY = BP_FAULT_READ | BP_FAULT_CHANGE,
} BpFaultCall;

typedef struct _BpFaultVfs BpFaultVfs;
typedef struct _BpFaultDisk BpFaultDisk;
typedef struct _BpFaultImage BpFaultImage;

/**
 * BpFaultFunc:
 * @disk: whose file is about to change
 * @call: one of %BP_FAULT_CHANGE, which has not had its effect yet
 * @user_data: as given
 *
 * May take images of @disk and use other disks.
 */
typedef void (*BpFaultFunc) (BpFaultDisk *disk,
                             BpFaultCall  call,
                             gpointer     user_data);

/* The VFS. */
BpFaultVfs *bp_fault_vfs_new (guint64 seed);
void bp_fault_vfs_free (BpFaultVfs *self);
void bp_fault_vfs_set_seed (BpFaultVfs *self,
                            guint64     seed);

/* Disks: one for each device and server, each with a power of its own. */
BpFaultDisk *bp_fault_disk_new (BpFaultVfs *vfs,
                                const char *folder,
                                guint64     seed);
void bp_fault_disk_free (BpFaultDisk *self);
void bp_fault_disk_set_seed (BpFaultDisk *self,
                             guint64      seed);

/* Power. */
void bp_fault_disk_cut (BpFaultDisk *self);
void bp_fault_disk_cut_at (BpFaultDisk *self,
                           BpFaultCall  calls,
                           guint64      n);
gboolean bp_fault_disk_is_off (BpFaultDisk *self);
void bp_fault_disk_power_on (BpFaultDisk *self);

/* Errors and space. */
void bp_fault_disk_fail_at (BpFaultDisk *self,
                            BpFaultCall  calls,
                            guint64      n,
                            gboolean     for_ever);
void bp_fault_disk_set_room (BpFaultDisk *self,
                             gint64       bytes);
gint64 bp_fault_disk_get_used (BpFaultDisk *self);
guint64 bp_fault_disk_count (BpFaultDisk *self,
                             BpFaultCall  calls);
void bp_fault_disk_watch (BpFaultDisk *self,
                          BpFaultFunc  func,
                          gpointer     user_data);

/* What is on it. */
BpFaultImage *bp_fault_disk_take_image (BpFaultDisk *self);
BpFaultImage *bp_fault_disk_take_cut_image (BpFaultDisk *self);
void bp_fault_disk_load_image (BpFaultDisk        *self,
                               const BpFaultImage *image);
void bp_fault_disk_rewind (BpFaultDisk        *self,
                           const BpFaultImage *image);
void bp_fault_image_free (BpFaultImage *image);
void bp_fault_disk_copy_database (BpFaultDisk *self,
                                  const char  *path,
                                  BpFaultDisk *from,
                                  const char  *from_path);
GBytes *bp_fault_disk_read (BpFaultDisk *self,
                            const char  *path);
void bp_fault_disk_write (BpFaultDisk *self,
                          const char  *path,
                          GBytes      *bytes);
void bp_fault_disk_export (BpFaultDisk *self,
                           const char  *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpFaultVfs, bp_fault_vfs_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpFaultDisk, bp_fault_disk_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpFaultImage, bp_fault_image_free)

G_END_DECLS
