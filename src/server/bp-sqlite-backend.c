/* One SQLite file: a connection that writes and one that reads, both used by
 * the thread that handles requests. Another process (an admin command) may
 * write, too: the lock file of the database keeps them apart. */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "bp-sqlite-backend-private.h"

#define SERVER_FILE_ID 0x42505356
#define FOLDER_MODE 0700
#define POLL_MS 500

G_DEFINE_FINAL_TYPE (BpSqliteBackend, bp_sqlite_backend, BP_TYPE_BACKEND)

static const char *const migrations[] = {
  "/io/github/bizpulse/server/sql/0001-initial.sql",
  "/io/github/bizpulse/server/sql/0002-backups.sql",
  NULL
};

#define STORE_COLUMNS \
  "store_id, name, currency, time_zone, epoch, secret, seq, horizon, purged_at, created_at"

/**
 * bp_sqlite_backend_get_current:
 * @backend: a SQLite backend in a transaction
 *
 * Returns: (transfer none): the connection whose transaction is under way
 */
BpDatabase *
bp_sqlite_backend_get_current (BpBackend *backend)
{
  BpSqliteBackend *self = BP_SQLITE_BACKEND (backend);

  g_assert (self->current != NULL);
  return self->current;
}

static gboolean
is_temporary (BpBackend    *backend,
              const GError *error)
{
  return g_error_matches (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_BUSY)
         || g_error_matches (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FULL);
}

static gboolean
begin (BpSqliteBackend *self,
       BpDatabase      *database,
       GError         **error)
{
  g_assert (self->current == NULL);
  if (!bp_database_begin (database, error))
    return FALSE;

  self->current = database;
  return TRUE;
}

static gboolean
begin_read (BpBackend *backend,
            GError   **error)
{
  BpSqliteBackend *self = BP_SQLITE_BACKEND (backend);

  return begin (self, self->reader, error);
}

/* SQLite has one writer: every store's counter row is locked at once. */
static gboolean
begin_write (BpBackend  *backend,
             const char *store_id,
             GError    **error)
{
  BpSqliteBackend *self = BP_SQLITE_BACKEND (backend);

  return begin (self, self->writer, error);
}

static gboolean
commit (BpBackend *backend,
        GError   **error)
{
  BpSqliteBackend *self = BP_SQLITE_BACKEND (backend);
  BpDatabase *database = g_steal_pointer (&self->current);

  return bp_database_commit (database, error);
}

static void
rollback (BpBackend *backend)
{
  BpSqliteBackend *self = BP_SQLITE_BACKEND (backend);

  if (self->current != NULL)
    bp_database_rollback (g_steal_pointer (&self->current));
}

static BpStore *
read_store (sqlite3_stmt *statement)
{
  BpStore *store = g_new0 (BpStore, 1);

  store->id = bp_column_dup_text (statement, 0);
  store->name = bp_column_dup_text (statement, 1);
  store->currency = bp_column_dup_text (statement, 2);
  store->time_zone = bp_column_dup_text (statement, 3);
  store->epoch = bp_column_dup_text (statement, 4);
  store->secret = bp_column_dup_text (statement, 5);
  store->seq = bp_column_get_integer (statement, 6);
  store->horizon = bp_column_get_integer (statement, 7);
  store->purged_at = bp_column_get_integer (statement, 8);
  store->created_at = bp_column_get_integer (statement, 9);
  return store;
}

static gboolean
load_store (BpBackend  *backend,
            const char *store_id,
            BpStore   **store,
            GError    **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database, "SELECT " STORE_COLUMNS " FROM stores WHERE store_id = :store_id", error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", store_id);
  if (!bp_database_step (database, statement, &has_row, error))
    return FALSE;

  *store = has_row ? read_store (statement) : NULL;
  return TRUE;
}

static gboolean
list_stores (BpBackend *backend,
             GPtrArray *stores,
             GError   **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database, "SELECT " STORE_COLUMNS " FROM stores ORDER BY created_at, store_id", error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return FALSE;
  while (has_row)
    {
      if (!bp_database_step (database, statement, &has_row, error))
        return FALSE;
      if (has_row)
        g_ptr_array_add (stores, read_store (statement));
    }

  return TRUE;
}

static gboolean
add_store (BpBackend     *backend,
           const BpStore *store,
           GError       **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "INSERT INTO stores (store_id, name, currency, time_zone, epoch, secret, created_at)"
    " VALUES (:store_id, :name, :currency, :time_zone, :epoch, :secret, :created_at)",
    error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", store->id);
  bp_bind_text (statement, ":name", store->name);
  bp_bind_text (statement, ":currency", store->currency);
  bp_bind_text (statement, ":time_zone", store->time_zone);
  bp_bind_text (statement, ":epoch", store->epoch);
  bp_bind_text (statement, ":secret", store->secret);
  bp_bind_integer (statement, ":created_at", store->created_at);
  return bp_database_run (database, statement, error);
}

static gboolean
write_store (BpBackend     *backend,
             const BpStore *store,
             GError       **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "UPDATE stores SET epoch = :epoch, seq = :seq, horizon = :horizon, purged_at = :purged_at"
    " WHERE store_id = :store_id",
    error);

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", store->id);
  bp_bind_text (statement, ":epoch", store->epoch);
  bp_bind_integer (statement, ":seq", store->seq);
  bp_bind_integer (statement, ":horizon", store->horizon);
  bp_bind_integer (statement, ":purged_at", store->purged_at);
  return bp_database_run (database, statement, error);
}

static gboolean
check_file (BpBackend *backend,
            GPtrArray *faults,
            GError   **error)
{
  return bp_database_check (bp_sqlite_backend_get_current (backend), faults, error);
}

static gboolean
backup (BpBackend  *backend,
        const char *path,
        GError    **error)
{
  return bp_database_backup (BP_SQLITE_BACKEND (backend)->writer, path, error);
}

/* SQLite tells nobody of a commit: it is asked. One server serves a file, and
 * knows of its own commits at once; this is for the operator's commands. */
static gboolean
await_news (BpBackend    *backend,
            GCancellable *cancellable,
            GPtrArray    *news,
            GError      **error)
{
  BpSqliteBackend *self = BP_SQLITE_BACKEND (backend);
  gint64 version = bp_database_get_data_version (self->reader);

  while (version == self->data_version && bp_news_wait (-1, cancellable, POLL_MS))
    version = bp_database_get_data_version (self->reader);
  if (version != self->data_version)
    g_ptr_array_add (news, bp_news_new (NULL, -1));
  self->data_version = version;
  return TRUE;
}

static void
bp_sqlite_backend_finalize (GObject *object)
{
  BpSqliteBackend *self = BP_SQLITE_BACKEND (object);

  g_clear_pointer (&self->reader, bp_database_close);
  g_clear_pointer (&self->writer, bp_database_close);

  G_OBJECT_CLASS (bp_sqlite_backend_parent_class)->finalize (object);
}

static void
bp_sqlite_backend_class_init (BpSqliteBackendClass *klass)
{
  BpBackendClass *backend_class = BP_BACKEND_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = bp_sqlite_backend_finalize;
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
  backend_class->await_news = await_news;
  bp_sqlite_backups_set_functions (backend_class);
  bp_sqlite_devices_set_functions (backend_class);
  bp_sqlite_records_set_functions (backend_class);
  bp_sqlite_facts_set_functions (backend_class);
}

static void
bp_sqlite_backend_init (BpSqliteBackend *self)
{
}

/**
 * bp_sqlite_backend_new:
 * @path: the file; it is made, mode 0600, where it is missing, and so is its
 *   folder, mode 0700
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full): the backend, brought to the newest version
 */
BpBackend *
bp_sqlite_backend_new (const char *path,
                       GError    **error)
{
  g_autoptr (BpSqliteBackend) self = g_object_new (BP_TYPE_SQLITE_BACKEND, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_mkdir_with_parents (folder, FOLDER_MODE) < 0)
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED,
                   "Could not make the folder %s: %s", folder, g_strerror (errno));
      return NULL;
    }

  self->writer = bp_database_open (path, BP_DATABASE_WRITER, SERVER_FILE_ID, migrations, error);
  if (self->writer == NULL)
    return NULL;
  self->reader = bp_database_open (path, BP_DATABASE_READER, SERVER_FILE_ID, migrations, error);
  if (self->reader == NULL)
    return NULL;

  return BP_BACKEND (g_steal_pointer (&self));
}
