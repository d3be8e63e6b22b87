#include "config.h"

#include "bp-snapshot.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "bp-limits.h"
#include "bp-pull.h"

#define PAGE_SIZE 8192
#define LEAST_PAGES 64

/* Whatever is the default: a temporary file is read by its descriptor. */
#define VFS "unix"
#define LOOK_EVERY 256

typedef struct
{
  BpBackend *backend; /* (unowned): reading */
  BpSpool *spool;     /* (unowned) */
  sqlite3 *handle;    /* (owned) */
  gint64 max_pages;
  gboolean has_all_room;
} Writer;

static gboolean
fail (Writer  *writer,
      int      result,
      GError **error)
{
  int code = BP_SPOOL_ERROR_FAILED;

  if ((result & 0xff) == SQLITE_FULL)
    code = writer->has_all_room ? BP_SPOOL_ERROR_TOO_LARGE : BP_SPOOL_ERROR_FULL;
  g_set_error (error, BP_SPOOL_ERROR, code, "A snapshot could not be written: %s",
               sqlite3_errmsg (writer->handle));
  return FALSE;
}

static gboolean
run (Writer     *writer,
     const char *sql,
     GError    **error)
{
  int result = sqlite3_exec (writer->handle, sql, NULL, NULL, NULL);

  return result == SQLITE_OK || fail (writer, result, error);
}

static gboolean
prepare (Writer        *writer,
         const char    *sql,
         sqlite3_stmt **statement,
         GError       **error)
{
  int result = sqlite3_prepare_v2 (writer->handle, sql, -1, statement, NULL);

  return result == SQLITE_OK || fail (writer, result, error);
}

static gboolean
step (Writer       *writer,
      sqlite3_stmt *statement,
      GError      **error)
{
  int result = sqlite3_step (statement);

  sqlite3_reset (statement);
  return result == SQLITE_DONE || fail (writer, result, error);
}

/* Nothing reads the file before it is whole, and what a crash leaves of it is
 * thrown away: it needs no journal. Freed bytes are zeroes, so that equal rows
 * make equal files. */
static gboolean
begin (Writer  *writer,
       GError **error)
{
  g_autofree char *setup = g_strdup_printf (
    "PRAGMA page_size = %d; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;"
    "PRAGMA max_page_count = %" G_GINT64_FORMAT ";"
    "PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN;"
    "CREATE TABLE meta (epoch TEXT NOT NULL, seq INTEGER NOT NULL) STRICT",
    PAGE_SIZE, writer->max_pages, BP_SNAPSHOT_FILE_ID, BP_SCHEMA_VERSION);

  return run (writer, setup, error);
}

static gboolean
write_meta (Writer        *writer,
            const BpStore *store,
            GError       **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean is_written;

  if (!prepare (writer, "INSERT INTO meta (epoch, seq) VALUES (?1, ?2)", &statement, error))
    return FALSE;

  sqlite3_bind_text (statement, 1, store->epoch, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 2, store->seq);
  is_written = step (writer, statement, error);
  sqlite3_finalize (statement);
  return is_written;
}

static char *
make_table (const BpTable *table)
{
  GString *sql = g_string_new (NULL);

  g_string_printf (sql, "CREATE TABLE \"%s\" (id TEXT NOT NULL, version INTEGER NOT NULL,"
                   " seq INTEGER NOT NULL, is_deleted INTEGER NOT NULL,"
                   " modified_at INTEGER NOT NULL, op_id TEXT, device_name TEXT, user TEXT",
                   table->name);
  for (guint i = 0; i < table->n_fields; i++)
    g_string_append_printf (sql, ", \"%s\" %s", table->fields[i].name,
                            bp_field_is_text (&table->fields[i]) ? "TEXT" : "INTEGER NOT NULL");
  g_string_append (sql, ") STRICT");
  return g_string_free (sql, FALSE);
}

static char *
make_insert (const BpTable *table)
{
  GString *sql = g_string_new (NULL);

  g_string_printf (sql, "INSERT INTO \"%s\" VALUES (?1", table->name);
  for (guint i = 2; i <= BP_N_OWN_COLUMNS + table->n_fields; i++)
    g_string_append_printf (sql, ", ?%u", i);
  g_string_append_c (sql, ')');
  return g_string_free (sql, FALSE);
}

static void
bind_text (sqlite3_stmt *statement,
           int           parameter,
           const char   *text)
{
  sqlite3_bind_text (statement, parameter, text, -1, SQLITE_STATIC);
}

static void
bind_state (sqlite3_stmt  *statement,
            const BpState *state)
{
  const BpTable *table = state->data->table;

  bind_text (statement, 1, state->id);
  sqlite3_bind_int64 (statement, 2, state->version);
  sqlite3_bind_int64 (statement, 3, state->seq);
  sqlite3_bind_int64 (statement, 4, state->is_deleted);
  sqlite3_bind_int64 (statement, 5, state->modified_at);
  bind_text (statement, 6, state->op_id);
  bind_text (statement, 7, state->device_name);
  bind_text (statement, 8, state->user);
  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpValue *value = &state->data->values[i];
      int parameter = (int)(BP_N_OWN_COLUMNS + 1 + i);

      if (bp_field_is_text (&table->fields[i]))
        bind_text (statement, parameter, value->text);
      else
        sqlite3_bind_int64 (statement, parameter, value->integer);
    }
}

static gboolean
write_rows (Writer       *writer,
            gpointer      rows,
            sqlite3_stmt *statement,
            GError      **error)
{
  for (guint n = 1;; n++)
    {
      g_autoptr (BpState) state = NULL;

      if (!bp_backend_call (writer->backend, next_row, rows, &state, error))
        return FALSE;
      if (state == NULL)
        return TRUE;
      bind_state (statement, state);
      if (!step (writer, statement, error))
        return FALSE;
      if (n % LOOK_EVERY == 0 && bp_spool_is_closed (writer->spool))
        {
          g_set_error_literal (error, BP_SPOOL_ERROR, BP_SPOOL_ERROR_CLOSED, "The server ends");
          return FALSE;
        }
    }
}

/* In the order of ids: so they are brought in fastest. */
static gboolean
write_table (Writer        *writer,
             const BpStore *store,
             const BpTable *table,
             GError       **error)
{
  BpRowQuery query = { .store_id = store->id, .table = table, .living = TRUE, .by_id = TRUE };
  g_autofree char *create = make_table (table);
  g_autofree char *insert = make_insert (table);
  sqlite3_stmt *statement = NULL;
  gpointer rows = NULL;
  gboolean is_written;

  if (!run (writer, create, error) || !prepare (writer, insert, &statement, error))
    return FALSE;

  is_written = bp_backend_call (writer->backend, open_rows, &query, &rows, error)
               && write_rows (writer, rows, statement, error);
  BP_BACKEND_GET_CLASS (writer->backend)->close_rows (writer->backend, rows);
  sqlite3_finalize (statement);
  return is_written;
}

static gboolean
write_all (Writer        *writer,
           const BpStore *store,
           guint          tables,
           GError       **error)
{
  if (!begin (writer, error) || !write_meta (writer, store, error))
    return FALSE;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if ((tables & (1u << i)) && !write_table (writer, store, bp_table_get (i), error))
        return FALSE;
    }
  return run (writer, "COMMIT", error);
}

/**
 * bp_snapshot_build:
 * @backend: reading one state
 * @store: as it is in that state
 * @tables: whose rows are asked for, one bit for each index
 * @spool: (transfer none): where the file is made
 * @error: #BpSpoolError, or of the backend
 *
 * Blocks for as long as reading all rows takes, and holds few of them at a time.
 *
 * Returns: (transfer full): the file; the same bytes for the same rows, epoch
 *   and seq
 */
BpSpoolFile *
bp_snapshot_build (BpBackend     *backend,
                   const BpStore *store,
                   guint          tables,
                   BpSpool       *spool,
                   GError       **error)
{
  g_autofree char *path = bp_spool_make_path (spool);
  Writer writer = { .backend = backend, .spool = spool };
  gboolean is_written = FALSE;
  BpSpoolFile *file = NULL;
  int result;

  writer.max_pages = bp_spool_get_room (spool, store->id, &writer.has_all_room) / PAGE_SIZE;
  writer.max_pages = MAX (writer.max_pages, LEAST_PAGES);
  result = sqlite3_open_v2 (path, &writer.handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, VFS);
  if (result != SQLITE_OK)
    fail (&writer, result, error);
  else
    is_written = write_all (&writer, store, tables, error);
  sqlite3_close (writer.handle);

  if (is_written)
    file = bp_spool_take (spool, store->id, path, error);
  else
    g_unlink (path);
  if (file != NULL)
    file->number = store->seq;
  return file;
}
