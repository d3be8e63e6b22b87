/* Backup files, in pieces. */
#include "config.h"

#include "bp-sqlite-backend-private.h"

static BpBackup *
read_backup (sqlite3_stmt *statement)
{
  BpBackup *backup = g_new0 (BpBackup, 1);

  backup->store_id = bp_column_dup_text (statement, 0);
  backup->id = bp_column_dup_text (statement, 1);
  backup->device_id = bp_column_dup_text (statement, 2);
  backup->device_name = bp_column_dup_text (statement, 3);
  backup->name = bp_column_dup_text (statement, 4);
  backup->size = bp_column_get_integer (statement, 5);
  backup->sha256 = bp_column_dup_text (statement, 6);
  backup->created_at = bp_column_get_integer (statement, 7);
  backup->is_complete = bp_column_get_integer (statement, 8) != 0;
  return backup;
}

static gboolean
list_backups (BpBackend  *backend,
              const char *store_id,
              GPtrArray  *backups,
              GError    **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "SELECT b.store_id, b.id, b.device_id, d.name, b.name, b.size, b.sha256, b.created_at,"
    " b.is_complete FROM backups AS b JOIN devices AS d"
    " ON d.store_id = b.store_id AND d.id = b.device_id"
    " WHERE b.store_id = :store_id ORDER BY b.created_at DESC, b.id DESC",
    error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", store_id);
  while (has_row)
    {
      if (!bp_database_step (database, statement, &has_row, error))
        return FALSE;
      if (has_row)
        g_ptr_array_add (backups, read_backup (statement));
    }

  return TRUE;
}

static gboolean
add_backup (BpBackend      *backend,
            const BpBackup *backup,
            GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "INSERT INTO backups (store_id, id, device_id, name, size, sha256, created_at)"
    " VALUES (:store_id, :id, :device_id, :name, :size, :sha256, :created_at)",
    error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", backup->store_id);
  bp_bind_text (statement, ":id", backup->id);
  bp_bind_text (statement, ":device_id", backup->device_id);
  bp_bind_text (statement, ":name", backup->name);
  bp_bind_integer (statement, ":size", backup->size);
  bp_bind_text (statement, ":sha256", backup->sha256);
  bp_bind_integer (statement, ":created_at", backup->created_at);
  return bp_database_run (database, statement, error);
}

static gboolean
complete_backup (BpBackend      *backend,
                 const BpBackup *backup,
                 gboolean        is_complete,
                 GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "UPDATE backups SET is_complete = :is_complete WHERE store_id = :store_id AND id = :id",
    error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", backup->store_id);
  bp_bind_text (statement, ":id", backup->id);
  bp_bind_integer (statement, ":is_complete", is_complete ? 1 : 0);
  return bp_database_run (database, statement, error);
}

static gboolean
remove_backup (BpBackend      *backend,
               const BpBackup *backup,
               GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database, "DELETE FROM backups WHERE store_id = :store_id AND id = :id", error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", backup->store_id);
  bp_bind_text (statement, ":id", backup->id);
  return bp_database_run (database, statement, error);
}

static gboolean
write_chunk (BpBackend      *backend,
             const BpBackup *backup,
             guint           number,
             GBytes         *data,
             GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "INSERT INTO backup_chunks (store_id, backup_id, number, data)"
    " VALUES (:store_id, :id, :number, :data)",
    error);
  gsize size;
  gconstpointer bytes = g_bytes_get_data (data, &size);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", backup->store_id);
  bp_bind_text (statement, ":id", backup->id);
  bp_bind_integer (statement, ":number", number);
  sqlite3_bind_blob64 (statement, sqlite3_bind_parameter_index (statement, ":data"), bytes, size,
                       SQLITE_STATIC);
  return bp_database_run (database, statement, error);
}

static gboolean
read_chunk (BpBackend      *backend,
            const BpBackup *backup,
            guint           number,
            GBytes        **data,
            GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "SELECT data FROM backup_chunks"
    " WHERE store_id = :store_id AND backup_id = :id AND number = :number",
    error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", backup->store_id);
  bp_bind_text (statement, ":id", backup->id);
  bp_bind_integer (statement, ":number", number);
  if (!bp_database_step (database, statement, &has_row, error))
    return FALSE;

  *data = NULL;
  if (has_row)
    *data = g_bytes_new (sqlite3_column_blob (statement, 0),
                         (gsize)sqlite3_column_bytes (statement, 0));
  return TRUE;
}

static gboolean
remove_chunks (BpBackend      *backend,
               const BpBackup *backup,
               guint           first,
               guint           end,
               GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "DELETE FROM backup_chunks WHERE store_id = :store_id AND backup_id = :id"
    " AND number >= :first AND number < :end",
    error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", backup->store_id);
  bp_bind_text (statement, ":id", backup->id);
  bp_bind_integer (statement, ":first", first);
  bp_bind_integer (statement, ":end", end);
  return bp_database_run (database, statement, error);
}

/**
 * bp_sqlite_backups_set_functions:
 * @klass: of the SQLite backend; gets the functions of this file
 */
void
bp_sqlite_backups_set_functions (BpBackendClass *klass)
{
  klass->list_backups = list_backups;
  klass->add_backup = add_backup;
  klass->complete_backup = complete_backup;
  klass->remove_backup = remove_backup;
  klass->write_backup_chunk = write_chunk;
  klass->read_backup_chunk = read_chunk;
  klass->remove_backup_chunks = remove_chunks;
}
