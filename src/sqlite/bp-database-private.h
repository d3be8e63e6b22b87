/* What the files of this room share. */
#pragma once

#include "bp-database.h"

G_BEGIN_DECLS

#define BP_CHECKPOINT_PAGES 1000

/**
 * BpDatabase:
 * @idle: SQL text → (element-type sqlite3_stmt) statements not in use
 * @lock_fd: the open lock file
 * @lock_depth: how often the lock is taken by this connection
 * @wal_pages: pages in the WAL after the last commit of this connection
 * @cause: why SQLite took the transaction back that is under way
 * @is_ours: whether the file is known to be one of ours
 * @checkpoint_at: from how many pages on a commit is followed by a checkpoint
 */
struct _BpDatabase
{
  sqlite3 *handle;  /* (owned) */
  char *path;       /* (owned) */
  GHashTable *idle; /* (owned) */
  BpDatabaseMode mode;
  int lock_fd;
  int lock_depth;
  int wal_pages;
  int checkpoint_at;
  gboolean in_transaction;
  gboolean is_ours;
  GError *cause; /* (owned) (nullable) */
};

/* bp-database-lock.c */
gboolean bp_database_open_lock (BpDatabase *self,
                                GError    **error);
gboolean bp_database_take_lock (BpDatabase *self,
                                GError    **error);
void bp_database_drop_lock (BpDatabase *self);

/* bp-database.c */
void bp_database_set_error (sqlite3    *handle,
                            int         code,
                            const char *context,
                            GError    **error);
gboolean bp_database_read_integer (BpDatabase *self,
                                   const char *sql,
                                   gint64     *integer,
                                   GError    **error);

/* bp-database-copy.c */
gboolean bp_database_copy_file (BpDatabase *self,
                                const char *path,
                                GError    **error);

G_END_DECLS
