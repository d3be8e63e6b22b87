/* Devices, what they last did, and pairing codes. */
#include "config.h"

#include "bp-pg-backend-private.h"

#define DEVICE_COLUMNS "store_id, id, name, prefix, attempt, last_seen, revoked_at, created_at"

static BpDevice *
read_device (const PGresult *result,
             int             row)
{
  BpDevice *device = g_new0 (BpDevice, 1);

  device->store_id = g_strdup (bp_pg_get_text (result, row, 0));
  device->id = g_strdup (bp_pg_get_text (result, row, 1));
  device->name = g_strdup (bp_pg_get_text (result, row, 2));
  device->prefix = g_strdup (bp_pg_get_text (result, row, 3));
  device->attempt = bp_pg_get_integer (result, row, 4);
  device->last_seen = bp_pg_get_integer (result, row, 5);
  device->revoked_at = bp_pg_get_integer (result, row, 6);
  device->created_at = bp_pg_get_integer (result, row, 7);
  return device;
}

/* Takes the result. */
static gboolean
take_device (PGresult  *given,
             BpDevice **device)
{
  g_autoptr (BpPgResult) result = given;

  if (result == NULL)
    return FALSE;

  *device = PQntuples (result) > 0 ? read_device (result, 0) : NULL;
  return TRUE;
}

static gboolean
find_device (BpBackend  *backend,
             const char *store_id,
             const char *token_hash,
             BpDevice  **device,
             GError    **error)
{
  return take_device (bp_pg_query (bp_pg_backend_enter (backend, store_id), error,
                                   "SELECT " DEVICE_COLUMNS " FROM devices"
                                   " WHERE store_id = $1 AND token_hash = $2",
                                   "ss", store_id, token_hash),
                      device);
}

static gboolean
find_device_by_request (BpBackend  *backend,
                        const char *store_id,
                        const char *request_hash,
                        BpDevice  **device,
                        GError    **error)
{
  return take_device (bp_pg_query (bp_pg_backend_enter (backend, store_id), error,
                                   "SELECT " DEVICE_COLUMNS " FROM devices"
                                   " WHERE store_id = $1 AND request_hash = $2",
                                   "ss", store_id, request_hash),
                      device);
}

/* Who is about to write holds the row, so that no other writes it meanwhile. */
static gboolean
find_device_by_id (BpBackend  *backend,
                   const char *store_id,
                   const char *device_id,
                   BpDevice  **device,
                   GError    **error)
{
  BpPgConnection *connection = bp_pg_backend_enter (backend, store_id);

  gboolean writes = bp_pg_is_writing (connection);

  if (store_id == NULL)
    return take_device (bp_pg_query (connection, error,
                                     writes ? "SELECT " DEVICE_COLUMNS " FROM devices"
                                     " WHERE id = $1 FOR UPDATE"
                                            : "SELECT " DEVICE_COLUMNS " FROM devices"
                                     " WHERE id = $1",
                                     "s", device_id),
                        device);

  return take_device (bp_pg_query (connection, error,
                                   writes ? "SELECT " DEVICE_COLUMNS " FROM devices"
                                   " WHERE store_id = $1 AND id = $2 FOR UPDATE"
                                          : "SELECT " DEVICE_COLUMNS " FROM devices"
                                   " WHERE store_id = $1 AND id = $2",
                                   "ss", store_id, device_id),
                      device);
}

static gboolean
list_devices (BpBackend  *backend,
              const char *store_id,
              GPtrArray  *devices,
              GError    **error)
{
  g_autoptr (BpPgResult) result
    = bp_pg_query (bp_pg_backend_enter (backend, store_id), error,
                   "SELECT " DEVICE_COLUMNS " FROM devices WHERE store_id = $1"
                   " ORDER BY created_at, id",
                   "s", store_id);

  if (result == NULL)
    return FALSE;

  for (int i = 0; i < PQntuples (result); i++)
    g_ptr_array_add (devices, read_device (result, i));
  return TRUE;
}

static gboolean
has_prefix (BpBackend  *backend,
            const char *store_id,
            const char *prefix,
            gboolean   *has,
            GError    **error)
{
  g_autoptr (BpPgResult) result
    = bp_pg_query (bp_pg_backend_enter (backend, store_id), error,
                   "SELECT 1 FROM devices WHERE store_id = $1 AND prefix = $2", "ss", store_id,
                   prefix);

  *has = result != NULL && PQntuples (result) > 0;
  return result != NULL;
}

static gboolean
add_device (BpBackend      *backend,
            const BpDevice *device,
            const char     *token_hash,
            const char     *request_hash,
            GError        **error)
{
  return bp_pg_execute (bp_pg_backend_enter (backend, device->store_id), error,
                        "INSERT INTO devices (store_id, id, name, prefix, token_hash,"
                        " request_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        "ssssssi", device->store_id, device->id, device->name, device->prefix,
                        token_hash, request_hash, device->created_at);
}

static gboolean
write_device (BpBackend      *backend,
              const BpDevice *device,
              GError        **error)
{
  BpPgConnection *connection = bp_pg_backend_enter (backend, device->store_id);

  if (device->revoked_at != 0
      && !bp_pg_execute (connection, error, "SELECT pg_notify ('" BP_PG_CHANNEL "', $1)", "s",
                         device->store_id))
    return FALSE;

  return bp_pg_execute (connection, error,
                        "UPDATE devices SET attempt = $3, last_seen = $4, revoked_at = $5"
                        " WHERE store_id = $1 AND id = $2",
                        "ssiii", device->store_id, device->id, device->attempt, device->last_seen,
                        device->revoked_at);
}

static gboolean
load_pulls (BpBackend      *backend,
            const BpDevice *device,
            gint64         *began_at,
            GError        **error)
{
  g_autoptr (BpPgResult) result
    = bp_pg_query (bp_pg_backend_enter (backend, device->store_id), error,
                   "SELECT table_name, began_at FROM pulls"
                   " WHERE store_id = $1 AND device_id = $2 ORDER BY table_name",
                   "ss", device->store_id, device->id);

  if (result == NULL)
    return FALSE;

  for (int i = 0; i < PQntuples (result); i++)
    {
      const BpTable *table = bp_table_find (bp_pg_get_text (result, i, 0));

      if (table != NULL)
        began_at[bp_table_get_index (table)] = bp_pg_get_integer (result, i, 1);
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
  return bp_pg_execute (bp_pg_backend_enter (backend, device->store_id), error,
                        "INSERT INTO pulls (store_id, device_id, table_name, began_at)"
                        " VALUES ($1, $2, $3, $4)"
                        " ON CONFLICT (store_id, device_id, table_name)"
                        " DO UPDATE SET began_at = EXCLUDED.began_at",
                        "sssi", device->store_id, device->id, table->name, began_at);
}

/* A code tells its store: it is looked for in every one. */
static gboolean
find_code (BpBackend      *backend,
           const char     *hash,
           BpPairingCode **code,
           GError        **error)
{
  BpPgConnection *connection = bp_pg_backend_enter (backend, NULL);
  g_autoptr (BpPgResult) result
    = bp_pg_query (connection, error,
                   "SELECT store_id, expires_at, device_id FROM pairing_codes"
                   " WHERE code_hash = $1", "s", hash);

  bp_pg_leave (connection);
  if (result == NULL)
    return FALSE;

  *code = NULL;
  if (PQntuples (result) > 0)
    {
      *code = g_new0 (BpPairingCode, 1);
      (*code)->hash = g_strdup (hash);
      (*code)->store_id = g_strdup (bp_pg_get_text (result, 0, 0));
      (*code)->expires_at = bp_pg_get_integer (result, 0, 1);
      (*code)->device_id = g_strdup (bp_pg_get_text (result, 0, 2));
    }
  return TRUE;
}

static gboolean
add_code (BpBackend           *backend,
          const BpPairingCode *code,
          gint64               now,
          GError             **error)
{
  BpPgConnection *connection = bp_pg_backend_enter (backend, code->store_id);

  return bp_pg_execute (connection, error,
                        "DELETE FROM pairing_codes WHERE store_id = $1 AND expires_at <= $2", "si",
                        code->store_id, now)
         && bp_pg_execute (connection, error,
                           "INSERT INTO pairing_codes (store_id, code_hash, expires_at)"
                           " VALUES ($1, $2, $3)",
                           "ssi", code->store_id, code->hash, code->expires_at);
}

static gboolean
use_code (BpBackend           *backend,
          const BpPairingCode *code,
          const char          *device_id,
          GError             **error)
{
  return bp_pg_execute (bp_pg_backend_enter (backend, code->store_id), error,
                        "UPDATE pairing_codes SET device_id = $3"
                        " WHERE store_id = $1 AND code_hash = $2",
                        "sss", code->store_id, code->hash, device_id);
}

/**
 * bp_pg_devices_set_functions:
 * @klass: of the PostgreSQL backend; gets the functions of this file
 */
void
bp_pg_devices_set_functions (BpBackendClass *klass)
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
