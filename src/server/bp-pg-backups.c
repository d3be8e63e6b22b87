/* Backup files, in pieces. */
#include "config.h"

#include "bp-pg-backend-private.h"

static BpBackup *
read_backup (const PGresult *result,
             int             row)
{
  BpBackup *backup = g_new0 (BpBackup, 1);

  backup->store_id = g_strdup (bp_pg_get_text (result, row, 0));
  backup->id = g_strdup (bp_pg_get_text (result, row, 1));
  backup->device_id = g_strdup (bp_pg_get_text (result, row, 2));
  backup->device_name = g_strdup (bp_pg_get_text (result, row, 3));
  backup->name = g_strdup (bp_pg_get_text (result, row, 4));
  backup->size = bp_pg_get_integer (result, row, 5);
  backup->sha256 = g_strdup (bp_pg_get_text (result, row, 6));
  backup->created_at = bp_pg_get_integer (result, row, 7);
  backup->is_complete = bp_pg_get_integer (result, row, 8) != 0;
  return backup;
}

static gboolean
list_backups (BpBackend  *backend,
              const char *store_id,
              GPtrArray  *backups,
              GError    **error)
{
  g_autoptr (BpPgResult) result
    = bp_pg_query (bp_pg_backend_enter (backend, store_id), error,
                   "SELECT b.store_id, b.id, b.device_id, d.name, b.name, b.size, b.sha256,"
                   " b.created_at, b.is_complete FROM backups AS b JOIN devices AS d"
                   " ON d.store_id = b.store_id AND d.id = b.device_id"
                   " WHERE b.store_id = $1 ORDER BY b.created_at DESC, b.id DESC",
                   "s", store_id);

  if (result == NULL)
    return FALSE;

  for (int i = 0; i < PQntuples (result); i++)
    g_ptr_array_add (backups, read_backup (result, i));
  return TRUE;
}

static gboolean
add_backup (BpBackend      *backend,
            const BpBackup *backup,
            GError        **error)
{
  return bp_pg_execute (bp_pg_backend_enter (backend, backup->store_id), error,
                        "INSERT INTO backups (store_id, id, device_id, name, size, sha256,"
                        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        "ssssisi", backup->store_id, backup->id, backup->device_id, backup->name,
                        backup->size, backup->sha256, backup->created_at);
}

static gboolean
complete_backup (BpBackend      *backend,
                 const BpBackup *backup,
                 gboolean        is_complete,
                 GError        **error)
{
  return bp_pg_execute (bp_pg_backend_enter (backend, backup->store_id), error,
                        "UPDATE backups SET is_complete = $3 WHERE store_id = $1 AND id = $2",
                        "ssi", backup->store_id, backup->id, (gint64)(is_complete ? 1 : 0));
}

static gboolean
remove_backup (BpBackend      *backend,
               const BpBackup *backup,
               GError        **error)
{
  return bp_pg_execute (bp_pg_backend_enter (backend, backup->store_id), error,
                        "DELETE FROM backups WHERE store_id = $1 AND id = $2", "ss",
                        backup->store_id, backup->id);
}

static gboolean
write_chunk (BpBackend      *backend,
             const BpBackup *backup,
             guint           number,
             GBytes         *data,
             GError        **error)
{
  gsize size;
  const guint8 *bytes = g_bytes_get_data (data, &size);
  g_autofree char *text = g_base64_encode (bytes, size);

  return bp_pg_execute (bp_pg_backend_enter (backend, backup->store_id), error,
                        "INSERT INTO backup_chunks (store_id, backup_id, number, data)"
                        " VALUES ($1, $2, $3, decode ($4, 'base64'))",
                        "ssis", backup->store_id, backup->id, (gint64)number, text);
}

static gboolean
read_chunk (BpBackend      *backend,
            const BpBackup *backup,
            guint           number,
            GBytes        **data,
            GError        **error)
{
  g_autoptr (BpPgResult) result
    = bp_pg_query (bp_pg_backend_enter (backend, backup->store_id), error,
                   "SELECT encode (data, 'base64') FROM backup_chunks"
                   " WHERE store_id = $1 AND backup_id = $2 AND number = $3",
                   "ssi", backup->store_id, backup->id, (gint64)number);
  gsize size;
  guint8 *bytes;

  *data = NULL;
  if (result == NULL)
    return FALSE;

  if (PQntuples (result) > 0)
    {
      bytes = g_base64_decode (bp_pg_get_text (result, 0, 0), &size);
      *data = g_bytes_new_take (bytes, size);
    }
  return TRUE;
}

static gboolean
remove_chunks (BpBackend      *backend,
               const BpBackup *backup,
               guint           first,
               guint           end,
               GError        **error)
{
  return bp_pg_execute (bp_pg_backend_enter (backend, backup->store_id), error,
                        "DELETE FROM backup_chunks WHERE store_id = $1 AND backup_id = $2"
                        " AND number >= $3 AND number < $4",
                        "ssii", backup->store_id, backup->id, (gint64)first, (gint64)end);
}

/**
 * bp_pg_backups_set_functions:
 * @klass: of the PostgreSQL backend; gets the functions of this file
 */
void
bp_pg_backups_set_functions (BpBackendClass *klass)
{
  klass->list_backups = list_backups;
  klass->add_backup = add_backup;
  klass->complete_backup = complete_backup;
  klass->remove_backup = remove_backup;
  klass->write_backup_chunk = write_chunk;
  klass->read_backup_chunk = read_chunk;
  klass->remove_backup_chunks = remove_chunks;
}
