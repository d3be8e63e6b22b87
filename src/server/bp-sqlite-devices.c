/* Devices, what they last did, and pairing codes. */
#include "config.h"

#include "bp-sqlite-backend-private.h"

#define DEVICE_COLUMNS \
  "store_id, id, name, prefix, attempt, last_seen, revoked_at, created_at"

static BpDevice *
read_device (sqlite3_stmt *statement)
{
  BpDevice *device = g_new0 (BpDevice, 1);

  device->store_id = bp_column_dup_text (statement, 0);
  device->id = bp_column_dup_text (statement, 1);
  device->name = bp_column_dup_text (statement, 2);
  device->prefix = bp_column_dup_text (statement, 3);
  device->attempt = bp_column_get_integer (statement, 4);
  device->last_seen = bp_column_get_integer (statement, 5);
  device->revoked_at = bp_column_get_integer (statement, 6);
  device->created_at = bp_column_get_integer (statement, 7);
  return device;
}

static gboolean
find_one (BpBackend  *backend,
          const char *sql,
          const char *store_id,
          const char *key,
          BpDevice  **device,
          GError    **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (database, sql, error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  if (store_id != NULL)
    bp_bind_text (statement, ":store_id", store_id);
  bp_bind_text (statement, ":key", key);
  if (!bp_database_step (database, statement, &has_row, error))
    return FALSE;

  *device = has_row ? read_device (statement) : NULL;
  return TRUE;
}

static gboolean
find_device (BpBackend  *backend,
             const char *store_id,
             const char *token_hash,
             BpDevice  **device,
             GError    **error)
{
  return find_one (backend,
                   "SELECT " DEVICE_COLUMNS " FROM devices"
                   " WHERE store_id = :store_id AND token_hash = :key",
                   store_id, token_hash, device, error);
}

static gboolean
find_device_by_request (BpBackend  *backend,
                        const char *store_id,
                        const char *request_hash,
                        BpDevice  **device,
                        GError    **error)
{
  return find_one (backend,
                   "SELECT " DEVICE_COLUMNS " FROM devices"
                   " WHERE store_id = :store_id AND request_hash = :key",
                   store_id, request_hash, device, error);
}

static gboolean
find_device_by_id (BpBackend  *backend,
                   const char *store_id,
                   const char *device_id,
                   BpDevice  **device,
                   GError    **error)
{
  return find_one (backend,
                   store_id != NULL
                     ? "SELECT " DEVICE_COLUMNS " FROM devices"
                   " WHERE store_id = :store_id AND id = :key"
                     : "SELECT " DEVICE_COLUMNS " FROM devices WHERE id = :key",
                   store_id, device_id, device, error);
}

static gboolean
list_devices (BpBackend  *backend,
              const char *store_id,
              GPtrArray  *devices,
              GError    **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "SELECT " DEVICE_COLUMNS " FROM devices WHERE store_id = :store_id ORDER BY created_at, id",
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
        g_ptr_array_add (devices, read_device (statement));
    }

  return TRUE;
}

static gboolean
has_prefix (BpBackend  *backend,
            const char *store_id,
            const char *prefix,
            gboolean   *has,
            GError    **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database, "SELECT 1 FROM devices WHERE store_id = :store_id AND prefix = :prefix", error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", store_id);
  bp_bind_text (statement, ":prefix", prefix);
  return bp_database_step (database, statement, has, error);
}

static gboolean
add_device (BpBackend      *backend,
            const BpDevice *device,
            const char     *token_hash,
            const char     *request_hash,
            GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "INSERT INTO devices (store_id, id, name, prefix, token_hash, request_hash, created_at)"
    " VALUES (:store_id, :id, :name, :prefix, :token_hash, :request_hash, :created_at)",
    error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", device->store_id);
  bp_bind_text (statement, ":id", device->id);
  bp_bind_text (statement, ":name", device->name);
  bp_bind_text (statement, ":prefix", device->prefix);
  bp_bind_text (statement, ":token_hash", token_hash);
  bp_bind_text (statement, ":request_hash", request_hash);
  bp_bind_integer (statement, ":created_at", device->created_at);
  return bp_database_run (database, statement, error);
}

static gboolean
write_device (BpBackend      *backend,
              const BpDevice *device,
              GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "UPDATE devices SET attempt = :attempt, last_seen = :last_seen, revoked_at = :revoked_at"
    " WHERE store_id = :store_id AND id = :id",
    error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", device->store_id);
  bp_bind_text (statement, ":id", device->id);
  bp_bind_integer (statement, ":attempt", device->attempt);
  bp_bind_integer (statement, ":last_seen", device->last_seen);
  bp_bind_integer (statement, ":revoked_at", device->revoked_at);
  return bp_database_run (database, statement, error);
}

static gboolean
load_pulls (BpBackend      *backend,
            const BpDevice *device,
            gint64         *began_at,
            GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "SELECT table_name, began_at FROM pulls"
    " WHERE store_id = :store_id AND device_id = :device_id ORDER BY table_name",
    error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", device->store_id);
  bp_bind_text (statement, ":device_id", device->id);
  while (has_row)
    {
      const BpTable *table;

      if (!bp_database_step (database, statement, &has_row, error))
        return FALSE;
      table = has_row ? bp_table_find (bp_column_get_text (statement, 0)) : NULL;
      if (table != NULL)
        began_at[bp_table_get_index (table)] = bp_column_get_integer (statement, 1);
    }

  return TRUE;
}

static gboolean
write_pull (BpBackend      *backend,
            const BpDevice *device,
            const BpTable  *table,
            gint64          began_at,
            GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "INSERT INTO pulls (store_id, device_id, table_name, began_at)"
    " VALUES (:store_id, :device_id, :table_name, :began_at)"
    " ON CONFLICT DO UPDATE SET began_at = :began_at",
    error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", device->store_id);
  bp_bind_text (statement, ":device_id", device->id);
  bp_bind_text (statement, ":table_name", table->name);
  bp_bind_integer (statement, ":began_at", began_at);
  return bp_database_run (database, statement, error);
}

static gboolean
find_code (BpBackend      *backend,
           const char     *hash,
           BpPairingCode **code,
           GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "SELECT store_id, expires_at, device_id FROM pairing_codes WHERE code_hash = :hash", error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":hash", hash);
  if (!bp_database_step (database, statement, &has_row, error))
    return FALSE;

  *code = NULL;
  if (has_row)
    {
      *code = g_new0 (BpPairingCode, 1);
      (*code)->hash = g_strdup (hash);
      (*code)->store_id = bp_column_dup_text (statement, 0);
      (*code)->expires_at = bp_column_get_integer (statement, 1);
      (*code)->device_id = bp_column_dup_text (statement, 2);
    }
  return TRUE;
}

static gboolean
add_code (BpBackend           *backend,
          const BpPairingCode *code,
          gint64               now,
          GError             **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) forget = bp_database_prepare (
    database, "DELETE FROM pairing_codes WHERE store_id = :store_id AND expires_at <= :now", error);
  g_autoptr (BpStatement) insert = bp_database_prepare (
    database,
    "INSERT INTO pairing_codes (store_id, code_hash, expires_at)"
    " VALUES (:store_id, :code_hash, :expires_at)",
    forget != NULL ? error : NULL);

  if (forget == NULL || insert == NULL)
    return FALSE;
  bp_bind_text (forget, ":store_id", code->store_id);
  bp_bind_integer (forget, ":now", now);
  bp_bind_text (insert, ":store_id", code->store_id);
  bp_bind_text (insert, ":code_hash", code->hash);
  bp_bind_integer (insert, ":expires_at", code->expires_at);
  return bp_database_run (database, forget, error) && bp_database_run (database, insert, error);
}

static gboolean
use_code (BpBackend           *backend,
          const BpPairingCode *code,
          const char          *device_id,
          GError             **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "UPDATE pairing_codes SET device_id = :device_id"
    " WHERE store_id = :store_id AND code_hash = :code_hash",
    error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", code->store_id);
  bp_bind_text (statement, ":code_hash", code->hash);
  bp_bind_text (statement, ":device_id", device_id);
  return bp_database_run (database, statement, error);
}

/**
 * bp_sqlite_devices_set_functions:
 * @klass: of the SQLite backend; gets the functions of this file
 */
void
bp_sqlite_devices_set_functions (BpBackendClass *klass)
{
  klass->find_device = find_device;
  klass->find_device_by_request = find_device_by_request;
  klass->find_device_by_id = find_device_by_id;
  klass->list_devices = list_devices;
  klass->has_prefix = has_prefix;
  klass->add_device = add_device;
  klass->write_device = write_device;
  klass->load_pulls = load_pulls;
  klass->write_pull = write_pull;
  klass->find_code = find_code;
  klass->add_code = add_code;
  klass->use_code = use_code;
}
