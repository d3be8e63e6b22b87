/* One SQLite connection, with the traps of SQLite before 3.51.3 shut: see
 * bp_database_open(). */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef struct _BpDatabase BpDatabase;

/**
 * BpDatabaseError:
 * @BP_DATABASE_ERROR_BUSY: another program holds the data; try again later
 * @BP_DATABASE_ERROR_FULL: the disk is full; nothing of the transaction holds
 * @BP_DATABASE_ERROR_CORRUPT: the file is damaged, or no database of ours
 * @BP_DATABASE_ERROR_TOO_NEW: made by a newer version of the program
 * @BP_DATABASE_ERROR_READ_ONLY: file or folder cannot be written
 * @BP_DATABASE_ERROR_CONSTRAINT: a constraint of the schema refused a row
 * @BP_DATABASE_ERROR_FAILED: anything else, reads and writes that failed included
 */
typedef enum
{
  BP_DATABASE_ERROR_BUSY,
  BP_DATABASE_ERROR_FULL,
  BP_DATABASE_ERROR_CORRUPT,
  BP_DATABASE_ERROR_TOO_NEW,
  BP_DATABASE_ERROR_READ_ONLY,
  BP_DATABASE_ERROR_CONSTRAINT,
  BP_DATABASE_ERROR_FAILED,
} BpDatabaseError;

#define BP_DATABASE_ERROR (bp_database_error_quark ())

GQuark bp_database_error_quark (void);

/**
 * BpDatabaseMode:
 * @BP_DATABASE_WRITER: the process's one writing connection to this file
 * @BP_DATABASE_READER: `query_only`; never migrates
 */
typedef enum
{
  BP_DATABASE_WRITER,
  BP_DATABASE_READER,
} BpDatabaseMode;

BpDatabase *bp_database_open (const char        *path,
                              BpDatabaseMode     mode,
                              gint32             application_id,
                              const char *const *migrations,
                              GError           **error);
void bp_database_close (BpDatabase *self);
sqlite3 *bp_database_get_handle (BpDatabase *self);
const char *bp_database_get_path (BpDatabase *self);

gboolean bp_database_begin (BpDatabase *self,
                            GError    **error);
gboolean bp_database_commit (BpDatabase *self,
                             GError    **error);
void bp_database_rollback (BpDatabase *self);
gboolean bp_database_in_transaction (BpDatabase *self);
gboolean bp_database_is_under_way (BpDatabase *self,
                                   GError    **error);
gboolean bp_database_checkpoint (BpDatabase *self,
                                 GError    **error);
gint64 bp_database_get_data_version (BpDatabase *self);

sqlite3_stmt *bp_database_prepare (BpDatabase *self,
                                   const char *sql,
                                   GError    **error);
void bp_database_release (sqlite3_stmt *statement);
gboolean bp_database_step (BpDatabase   *self,
                           sqlite3_stmt *statement,
                           gboolean     *has_row,
                           GError      **error);
gboolean bp_database_run (BpDatabase   *self,
                          sqlite3_stmt *statement,
                          GError      **error);
gboolean bp_database_run_sql (BpDatabase *self,
                              const char *sql,
                              GError    **error);
gboolean bp_database_check (BpDatabase *self,
                            GPtrArray  *faults,
                            GError    **error);
gboolean bp_database_backup (BpDatabase *self,
                             const char *path,
                             GError    **error);
gboolean bp_database_replace (BpDatabase *self,
                              BpDatabase *source,
                              GError    **error);
gboolean bp_database_hold (BpDatabase *self,
                           GError    **error);
void bp_database_let_go (BpDatabase *self);
gboolean bp_database_is_wanted (BpDatabase *self);

void bp_bind_text (sqlite3_stmt *statement,
                   const char   *name,
                   const char   *text);
void bp_bind_integer (sqlite3_stmt *statement,
                      const char   *name,
                      gint64        integer);
void bp_bind_null (sqlite3_stmt *statement,
                   const char   *name);
char *bp_column_dup_text (sqlite3_stmt *statement,
                          int           column);
const char *bp_column_get_text (sqlite3_stmt *statement,
                                int           column);
gint64 bp_column_get_integer (sqlite3_stmt *statement,
                              int           column);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpDatabase, bp_database_close)

/**
 * BpStatement:
 *
 * A borrowed statement of bp_database_prepare(), given back when it goes out
 * of scope: `g_autoptr (BpStatement) statement = bp_database_prepare (…)`.
 */
typedef sqlite3_stmt BpStatement;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpStatement, bp_database_release)

G_END_DECLS
