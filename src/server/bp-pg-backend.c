/* One connection to PostgreSQL, for one thread; several of them, and several
 * servers, work on one database. */
#include "config.h"

#include "bp-pg-backend-private.h"

#define STORE_COLUMNS \
  "store_id, name, currency, time_zone, epoch, secret, seq, horizon, purged_at, created_at"

/* What two servers that start at once take turns by; any number does that no
 * other program of the database uses. */
#define SCHEMA_LOCK "4784712309911683"

static const char *const migrations[] = {
  "/io/github/bizpulse/server/sql/postgresql/0001-initial.sql",
  "/io/github/bizpulse/server/sql/postgresql/0002-walls.sql",
  "/io/github/bizpulse/server/sql/postgresql/0003-backups.sql",
};

struct _BpPgBackend
{
  BpBackend parent_instance;

  BpPgConnection *connection; /* (owned) */
};

G_DEFINE_FINAL_TYPE (BpPgBackend, bp_pg_backend, BP_TYPE_BACKEND)

/**
 * bp_pg_backend_get_connection:
 * @backend: a PostgreSQL backend
 *
 * Returns: (transfer none): its connection
 */
BpPgConnection *
bp_pg_backend_get_connection (BpBackend *backend)
{
  return BP_PG_BACKEND (backend)->connection;
}

/**
 * bp_pg_backend_enter:
 * @backend: a PostgreSQL backend in a transaction
 * @store_id: (nullable): whose rows are wanted; every store's where it is %NULL
 *
 * See bp_pg_enter().
 *
 * Returns: (transfer none): its connection
 */
BpPgConnection *
bp_pg_backend_enter (BpBackend  *backend,
                     const char *store_id)
{
  BpPgConnection *connection = bp_pg_backend_get_connection (backend);

  if (store_id != NULL)
    bp_pg_enter (connection, store_id);
  else
    bp_pg_enter_every_store (connection);
  return connection;
}

static gboolean
is_temporary (BpBackend    *backend,
              const GError *error)
{
  return g_error_matches (error, BP_PG_ERROR, BP_PG_ERROR_LOST)
         || g_error_matches (error, BP_PG_ERROR, BP_PG_ERROR_BUSY);
}

static gboolean
begin_read (BpBackend *backend,
            GError   **error)
{
  return bp_pg_begin (bp_pg_backend_get_connection (backend), FALSE, error);
}

static gboolean
begin_write (BpBackend  *backend,
             const char *store_id,
             GError    **error)
{
  BpPgConnection *connection = bp_pg_backend_get_connection (backend);

  if (!bp_pg_begin (connection, TRUE, error))
    return FALSE;
  if (store_id == NULL
      || bp_pg_execute (bp_pg_backend_enter (backend, store_id), error,
                        "SELECT seq FROM stores WHERE store_id = $1 FOR NO KEY UPDATE", "s",
                        store_id))
    return TRUE;

  bp_pg_rollback (connection);
  return FALSE;
}

static gboolean
commit (BpBackend *backend,
        GError   **error)
{
  return bp_pg_commit (bp_pg_backend_get_connection (backend), error);
}

static void
rollback (BpBackend *backend)
{
  bp_pg_rollback (bp_pg_backend_get_connection (backend));
}

static BpStore *
read_store (const PGresult *result,
            int             row)
{
  BpStore *store = g_new0 (BpStore, 1);

  store->id = g_strdup (bp_pg_get_text (result, row, 0));
  store->name = g_strdup (bp_pg_get_text (result, row, 1));
  store->currency = g_strdup (bp_pg_get_text (result, row, 2));
  store->time_zone = g_strdup (bp_pg_get_text (result, row, 3));
  store->epoch = g_strdup (bp_pg_get_text (result, row, 4));
  store->secret = g_strdup (bp_pg_get_text (result, row, 5));
  store->seq = bp_pg_get_integer (result, row, 6);
  store->horizon = bp_pg_get_integer (result, row, 7);
  store->purged_at = bp_pg_get_integer (result, row, 8);
  store->created_at = bp_pg_get_integer (result, row, 9);
  return store;
}

/* Who is about to write holds the row from here on: what is read stays true
 * until the commit. */
static gboolean
load_store (BpBackend  *backend,
            const char *store_id,
            BpStore   **store,
            GError    **error)
{
  BpPgConnection *connection = bp_pg_backend_enter (backend, store_id);
  g_autoptr (BpPgResult) result
    = bp_pg_query (connection, error,
                   bp_pg_is_writing (connection)
                     ? "SELECT " STORE_COLUMNS " FROM stores WHERE store_id = $1 FOR NO KEY UPDATE"
                     : "SELECT " STORE_COLUMNS " FROM stores WHERE store_id = $1",
                   "s", store_id);

  if (result == NULL)
    return FALSE;

  *store = PQntuples (result) > 0 ? read_store (result, 0) : NULL;
  return TRUE;
}

static gboolean
list_stores (BpBackend *backend,
             GPtrArray *stores,
             GError   **error)
{
  BpPgConnection *connection = bp_pg_backend_enter (backend, NULL);
  g_autoptr (BpPgResult) result
    = bp_pg_query (connection, error,
                   bp_pg_is_writing (connection)
                     ? "SELECT " STORE_COLUMNS " FROM stores ORDER BY created_at, store_id"
                   " FOR NO KEY UPDATE"
                     : "SELECT " STORE_COLUMNS " FROM stores ORDER BY created_at, store_id",
                   "");

  if (result == NULL)
    return FALSE;

  for (int i = 0; i < PQntuples (result); i++)
    g_ptr_array_add (stores, read_store (result, i));
  return TRUE;
}

static gboolean
add_store (BpBackend     *backend,
           const BpStore *store,
           GError       **error)
{
  return bp_pg_execute (bp_pg_backend_enter (backend, store->id), error,
                        "INSERT INTO stores (store_id, name, currency, time_zone, epoch, secret,"
                        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        "ssssssi", store->id, store->name, store->currency, store->time_zone,
                        store->epoch, store->secret, store->created_at);
}

static gboolean
write_store (BpBackend     *backend,
             const BpStore *store,
             GError       **error)
{
  return bp_pg_execute (bp_pg_backend_enter (backend, store->id), error,
                        "UPDATE stores SET epoch = $2, seq = $3, horizon = $4, purged_at = $5"
                        " WHERE store_id = $1",
                        "ssiii", store->id, store->epoch, store->seq, store->horizon,
                        store->purged_at);
}

/* PostgreSQL keeps checksums and indexes itself. */
static gboolean
check_file (BpBackend *backend,
            GPtrArray *faults,
            GError   **error)
{
  return TRUE;
}

static gboolean
backup (BpBackend  *backend,
        const char *path,
        GError    **error)
{
  g_set_error_literal (error, BP_PG_ERROR, BP_PG_ERROR_FAILED,
                       "PostgreSQL is backed up by its own tools: pg_dump, pg_basebackup");
  return FALSE;
}

/* Needs no right to make tables where they are made. */
static gboolean
get_version (BpPgConnection *connection,
             gint64         *version,
             GError        **error)
{
  g_autoptr (BpPgResult) found = bp_pg_query (connection, error,
                                              "SELECT to_regclass ('bizpulse_schema')", "");
  g_autoptr (BpPgResult) result = NULL;

  *version = 0;
  if (found == NULL)
    return FALSE;
  if (bp_pg_get_text (found, 0, 0) == NULL)
    return TRUE;

  result = bp_pg_query (connection, error,
                        "SELECT coalesce (max (version), 0) FROM bizpulse_schema", "");
  if (result != NULL)
    *version = bp_pg_get_integer (result, 0, 0);
  return result != NULL;
}

/* Who comes second waits as long as it takes, and finds it done. What changes
 * rows changes every store's. */
static gboolean
take_turns (BpPgConnection *connection,
            gint64         *version,
            GError        **error)
{
  bp_pg_enter_every_store (connection);
  return bp_pg_run_script (connection,
                           "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0", error)
         && bp_pg_execute (connection, error,
                           "SELECT pg_advisory_xact_lock (" SCHEMA_LOCK ")", "")
         && bp_pg_run_script (connection,
                              "CREATE TABLE IF NOT EXISTS bizpulse_schema"
                              " (version BIGINT NOT NULL PRIMARY KEY)", error)
         && get_version (connection, version, error);
}

static gboolean
run_migration (BpPgConnection *connection,
               guint           index,
               GError        **error)
{
  g_autoptr (GBytes) script
    = g_resources_lookup_data (migrations[index], G_RESOURCE_LOOKUP_FLAGS_NONE, error);

  return script != NULL
         && bp_pg_run_script (connection, g_bytes_get_data (script, NULL), error)
         && bp_pg_execute (connection, error, "INSERT INTO bizpulse_schema (version) VALUES ($1)",
                           "i", (gint64)index + 1);
}

/* All or nothing, and one server at a time. */
static gboolean
migrate (BpPgConnection *connection,
         GError        **error)
{
  gint64 version = 0;

  if (!get_version (connection, &version, error)
      || (version < (gint64)G_N_ELEMENTS (migrations)
          && !take_turns (connection, &version, error)))
    return FALSE;
  if (version > (gint64)G_N_ELEMENTS (migrations))
    {
      g_set_error (error, BP_PG_ERROR, BP_PG_ERROR_TOO_NEW,
                   "The main database was made by a newer version of this program (%"
                   G_GINT64_FORMAT " instead of %" G_GSIZE_FORMAT ")",
                   version, G_N_ELEMENTS (migrations));
      return FALSE;
    }

  for (guint i = (guint)version; i < G_N_ELEMENTS (migrations); i++)
    {
      if (!run_migration (connection, i, error))
        return FALSE;
    }
  return TRUE;
}

static void
bp_pg_backend_finalize (GObject *object)
{
  BpPgBackend *self = BP_PG_BACKEND (object);

  g_clear_pointer (&self->connection, bp_pg_connection_free);

  G_OBJECT_CLASS (bp_pg_backend_parent_class)->finalize (object);
}

static void
bp_pg_backend_class_init (BpPgBackendClass *klass)
{
  BpBackendClass *backend_class = BP_BACKEND_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = bp_pg_backend_finalize;
  backend_class->is_temporary = is_temporary;
  backend_class->begin_read = begin_read;
  backend_class->begin_write = begin_write;
  backend_class->commit = commit;
  backend_class->rollback = rollback;
  backend_class->load_store = load_store;
  backend_class->list_stores = list_stores;
  backend_class->add_store = add_store;
  backend_class->write_store = write_store;
  backend_class->check_file = check_file;
  backend_class->backup = backup;
  backend_class->await_news = bp_pg_await_news;
  backend_class->tell_news = bp_pg_tell_news;
  bp_pg_backups_set_functions (backend_class);
  bp_pg_devices_set_functions (backend_class);
  bp_pg_records_set_functions (backend_class);
  bp_pg_facts_set_functions (backend_class);
}

static void
bp_pg_backend_init (BpPgBackend *self)
{
}

/**
 * bp_pg_backend_new:
 * @url: any address that libpq takes, such as `postgresql://host/shop`
 * @error: #BpPgError
 *
 * Returns: (transfer full): the backend, its tables brought to the newest
 *   version
 */
BpBackend *
bp_pg_backend_new (const char *url,
                   GError    **error)
{
  g_autoptr (BpPgBackend) self = g_object_new (BP_TYPE_PG_BACKEND, NULL);

  self->connection = bp_pg_connection_new (url, error);
  if (self->connection == NULL || !bp_pg_begin (self->connection, TRUE, error))
    return NULL;
  if (!migrate (self->connection, error))
    {
      bp_pg_rollback (self->connection);
      return NULL;
    }

  return bp_pg_commit (self->connection, error) ? BP_BACKEND (g_steal_pointer (&self)) : NULL;
}
