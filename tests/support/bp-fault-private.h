/* What the files of the faulty VFS share. */
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include "bp-fault-vfs.h"

G_BEGIN_DECLS

#define BP_FAULT_BLOCK 4096
#define BP_FAULT_N_CALLS 6
#define BP_FAULT_SHM_LOCKS 8
#define BP_FAULT_SHM_REGION 32768

/**
 * BpFaultBytes:
 * @blocks: (element-type guint8): blocks of %BP_FAULT_BLOCK bytes, shared with
 *   copies until they are written to; %NULL where never written
 *
 * The contents of a file, cheap to copy.
 */
typedef struct
{
  GPtrArray *blocks;
  gint64 length;
} BpFaultBytes;

/**
 * BpFaultTear:
 * @random: the state of the stream
 * @sector: 512 or 4096: what is kept or lost as one
 * @keep: of 16 sectors so many are kept
 * @is_dirty: whether what was appended and lost leaves rubbish, not zeros
 *
 * How one power cut treats what was not synced.
 */
typedef struct
{
  guint64 *random;
  guint sector;
  guint keep;
  gboolean is_dirty;
} BpFaultTear;

/**
 * BpFaultShm:
 * @regions: (element-type guint8): the WAL index, reference-counted with
 *   g_atomic_rc_box_acquire()
 * @n_users: open files that mapped it
 */
typedef struct
{
  GPtrArray *regions;
  guint n_users;
  guint n_shared[BP_FAULT_SHM_LOCKS];
  gconstpointer exclusive[BP_FAULT_SHM_LOCKS];
} BpFaultShm;

/**
 * BpFaultNode:
 * @fd: the placeholder, open, so that its number stands for this file only
 * @now: what a program reads
 * @durable: what was synced
 * @failed: (nullable): what an fsync that failed should have written: the
 *   kernel does not try it again, and what is not written anew stays lost
 * @shortest: its least length since it was synced
 * @is_entered: whether its name is durable
 * @name: (nullable): where it was before it was deleted
 * @shm: (nullable): its WAL index
 *
 * A file, reference-counted with g_atomic_rc_box_acquire().
 */
typedef struct
{
  int fd;
  dev_t device;
  ino_t inode;
  BpFaultBytes *now;
  BpFaultBytes *durable;
  BpFaultBytes *failed;
  gint64 shortest;
  gboolean is_entered;
  char *name;
  guint n_shared;
  gconstpointer reserved;
  gconstpointer pending;
  gconstpointer exclusive;
  BpFaultShm *shm;
} BpFaultNode;

/**
 * BpFaultPlan:
 *
 * What happens at the @n-th call of @calls from now, and, where @for_ever, at
 * each one after it; @n 0 where nothing does.
 */
typedef struct
{
  BpFaultCall calls;
  guint64 n;
  gboolean for_ever;
} BpFaultPlan;

struct _BpFaultVfs
{
  sqlite3_vfs methods;
  sqlite3_vfs *base; /* (unowned) */
  GRecMutex mutex;
  GPtrArray *disks;  /* (element-type BpFaultDisk) (unowned) */
  guint64 random;
  int last_errno;
};

/**
 * BpFaultDisk:
 * @life: counts how often the power came back: files opened before are dead
 * @nodes: (element-type BpFaultNode)
 * @deleted: (element-type BpFaultNode): whose deletion is not durable yet
 * @after: (nullable): what the power cut left
 */
struct _BpFaultDisk
{
  BpFaultVfs *vfs; /* (unowned) */
  char *folder;
  guint64 random;
  guint life;
  GPtrArray *nodes;
  GPtrArray *deleted;
  BpFaultImage *after;
  BpFaultPlan cut;
  BpFaultPlan fail;
  gint64 room;
  gboolean is_off;
  guint64 counts[BP_FAULT_N_CALLS];
  BpFaultFunc watch;
  gpointer watch_data;
};

/**
 * BpFaultFile:
 * @life: of the disk when it was opened: it is dead after a power cut
 * @is_log: whether it is a WAL or a journal
 * @shm: (nullable): mapped
 * @shared: which locks of the WAL index it shares, as bits
 * @exclusive: which it has alone, as bits
 *
 * An open file.
 */
typedef struct
{
  sqlite3_file parent;
  BpFaultDisk *disk; /* (unowned) */
  BpFaultNode *node; /* (owned) */
  guint life;
  gboolean is_log;
  int lock;
  BpFaultShm *shm;   /* (owned) */
  guint shared;
  guint exclusive;
} BpFaultFile;

/**
 * BpFaultFate:
 * @BP_FAULT_GO: the call does what it should
 * @BP_FAULT_LOST: it fails and has no effect
 * @BP_FAULT_DIES: it has its effect, and then the power is gone
 */
typedef enum
{
  BP_FAULT_GO,
  BP_FAULT_LOST,
  BP_FAULT_DIES,
} BpFaultFate;

/* bp-fault-bytes.c */
guint64 bp_fault_random (guint64 *state);
BpFaultBytes *bp_fault_bytes_new (void);
BpFaultBytes *bp_fault_bytes_copy (const BpFaultBytes *self);
void bp_fault_bytes_free (BpFaultBytes *self);
gint64 bp_fault_bytes_read (const BpFaultBytes *self,
                            gint64              offset,
                            guint8             *to,
                            gint64              length);
void bp_fault_bytes_write (BpFaultBytes *self,
                           gint64        offset,
                           const guint8 *from,
                           gint64        length);
void bp_fault_bytes_truncate (BpFaultBytes *self,
                              gint64        length);
gint64 bp_fault_bytes_count_new (const BpFaultBytes *self,
                                 gint64              offset,
                                 gint64              length);
gint64 bp_fault_bytes_get_room (const BpFaultBytes *self);
BpFaultBytes *bp_fault_bytes_sync (const BpFaultBytes *now,
                                   const BpFaultBytes *durable,
                                   const BpFaultBytes *failed);
void bp_fault_tear_init (BpFaultTear *tear,
                         guint64     *random);
BpFaultBytes *bp_fault_bytes_tear (const BpFaultBytes *now,
                                   const BpFaultBytes *durable,
                                   gint64              shortest,
                                   const BpFaultTear  *tear);

/* bp-fault-disk.c */
BpFaultDisk *bp_fault_vfs_find_disk (BpFaultVfs *self,
                                     const char *path);
BpFaultNode *bp_fault_disk_find (BpFaultDisk *self,
                                 const char  *path);
BpFaultNode *bp_fault_disk_make (BpFaultDisk *self,
                                 const char  *path);
void bp_fault_disk_remove (BpFaultDisk *self,
                           const char  *path);
void bp_fault_disk_enter_names (BpFaultDisk *self);
void bp_fault_node_unref (BpFaultNode *node);
char *bp_fault_node_dup_path (BpFaultNode *node);
BpFaultNode *bp_fault_node_new (int           fd,
                                BpFaultBytes *bytes);

/* bp-fault-power.c */
BpFaultFate bp_fault_disk_step (BpFaultDisk *self,
                                BpFaultCall  call);
gboolean bp_fault_disk_has_room (BpFaultDisk *self,
                                 gint64       bytes);

/* bp-fault-file.c */
void bp_fault_file_open (BpFaultDisk  *disk,
                         BpFaultNode  *node,
                         int           flags,
                         sqlite3_file *file);
int bp_fault_file_get_size (void);

/* bp-fault-shm.c */
int bp_fault_shm_map (sqlite3_file   *file,
                      int             region,
                      int             size,
                      int             extend,
                      void volatile **mapped);
int bp_fault_shm_lock (sqlite3_file *file,
                       int           offset,
                       int           n,
                       int           flags);
void bp_fault_shm_barrier (sqlite3_file *file);
int bp_fault_shm_unmap (sqlite3_file *file,
                        int           delete_flag);
void bp_fault_shm_unref (BpFaultShm *shm);

G_END_DECLS
