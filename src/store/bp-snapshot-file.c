/* The file is opened as something hostile: read only, nothing of its schema
 * trusted, every value looked at before the first one is used. */
#include "config.h"

#include "bp-snapshot-file-private.h"

#include <string.h>

#include "bp-id.h"
#include "bp-line.h"
#include "bp-store-private.h"

#define MAX_VALUE (1024 * 1024)
#define MAX_COLUMNS 64
#define TEXT_MAX 4096
#define OWN_COLUMNS BP_FIRST_SENT_FIELD
#define STEPS_BETWEEN_LOOKS 10000

/* In the order of a row as it comes from the server. */
static const char *const own_columns[OWN_COLUMNS] = {
  "id", "version", "seq", "is_deleted", "modified_at", "op_id", "device_name", "user",
};

typedef enum
{
  OWN_ID,
  OWN_VERSION,
  OWN_SEQ,
  OWN_IS_DELETED,
  OWN_MODIFIED_AT,
  OWN_OP_ID,
  OWN_DEVICE_NAME,
  OWN_USER,
} OwnColumn;

struct _BpSnapshot
{
  sqlite3 *handle;           /* (owned) */
  GCancellable *cancellable; /* (owned) (nullable) */
  guint tables;              /* bit i: table i is read */
  char *epoch;               /* (owned) */
  gint64 seq;
  gint64 n_rows;
  gint64 n_read;
  char *columns[BP_N_TABLES]; /* (owned) (nullable): for a SELECT */
  guint next;                /* the table that is read, or will be */
  sqlite3_stmt *places;      /* (owned) (nullable): of its rows, in order */
  sqlite3_stmt *row;         /* (owned) (nullable): one of them */
  gboolean is_done;
};

static gboolean
refuse (GError    **error,
        const char *format,
        ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError    **error,
        const char *format,
        ...)
{
  g_autofree char *why = NULL;
  va_list arguments;

  va_start (arguments, format);
  why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "The snapshot cannot be used: %s", why);
  return FALSE;
}

static gboolean
fail (const BpSnapshot *self,
      GError          **error)
{
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  return refuse (error, "%s", sqlite3_errmsg (self->handle));
}

static gboolean
step (const BpSnapshot *self,
      sqlite3_stmt     *statement,
      gboolean         *has_row,
      GError          **error)
{
  int code = sqlite3_step (statement);

  *has_row = code == SQLITE_ROW;
  return code == SQLITE_ROW || code == SQLITE_DONE || fail (self, error);
}

static sqlite3_stmt *
prepare (const BpSnapshot *self,
         const char       *sql,
         GError          **error)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (self->handle, sql, -1, &statement, NULL) != SQLITE_OK)
    fail (self, error);
  return statement;
}

static int
look_around (void *data)
{
  return g_cancellable_is_cancelled (data);
}

static void
set_limits (sqlite3 *handle)
{
  static const struct
  {
    int id;
    int most;
  } limits[] = {
    { SQLITE_LIMIT_LENGTH, MAX_VALUE },
    { SQLITE_LIMIT_SQL_LENGTH, 64 * 1024 },
    { SQLITE_LIMIT_COLUMN, 2 * MAX_COLUMNS },
    { SQLITE_LIMIT_EXPR_DEPTH, 32 },
    { SQLITE_LIMIT_ATTACHED, 0 },
    { SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    sqlite3_limit (handle, limits[i].id, limits[i].most);
  sqlite3_db_config (handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  sqlite3_db_config (handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
  sqlite3_db_config (handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
}

/* Immutable: the file is one, without a log, and nobody else has it. It was
 * written by plain calls, whatever the books themselves lie on. */
static gboolean
connect (BpSnapshot *self,
         const char *path,
         GError    **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *uri = g_filename_to_uri (absolute, NULL, NULL);
  g_autofree char *name = g_strconcat (uri, "?immutable=1", NULL);

  if (sqlite3_open_v2 (name, &self->handle,
                       SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX
                       | SQLITE_OPEN_EXRESCODE, "unix") != SQLITE_OK)
    return fail (self, error);

  set_limits (self->handle);
  sqlite3_progress_handler (self->handle, STEPS_BETWEEN_LOOKS,
                            self->cancellable != NULL ? look_around : NULL, self->cancellable);
  return sqlite3_exec (self->handle,
                       "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
                       "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768;"
                       "PRAGMA query_only = ON",
                       NULL, NULL, NULL) == SQLITE_OK
         || fail (self, error);
}

static gboolean
ask (const BpSnapshot *self,
     const char       *sql,
     gint64           *answer,
     GError          **error)
{
  sqlite3_stmt *statement = prepare (self, sql, error);
  gboolean has_row = FALSE;
  gboolean ok = statement != NULL && step (self, statement, &has_row, error);

  *answer = has_row ? sqlite3_column_int64 (statement, 0) : 0;
  sqlite3_finalize (statement);
  return ok;
}

/* Plain tables and their indices, nothing that computes, in exactly the pages
 * that the file has. */
static gboolean
check_shape (const BpSnapshot *self,
             const char       *path,
             GError          **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                                  G_FILE_QUERY_INFO_NONE, NULL, error);
  gint64 strange, n_pages, page_size;

  if (info == NULL
      || !ask (self, "SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index')"
               " OR coalesce (rootpage, 0) <= 0", &strange, error)
      || !ask (self, "PRAGMA page_count", &n_pages, error)
      || !ask (self, "PRAGMA page_size", &page_size, error))
    return FALSE;
  if (strange > 0)
    return refuse (error, "it holds more than tables");
  return n_pages * page_size == g_file_info_get_size (info)
         || refuse (error, "it is of another size than it says");
}

static gboolean
quick_check (const BpSnapshot *self,
             GError          **error)
{
  sqlite3_stmt *statement = prepare (self, "PRAGMA quick_check (1)", error);
  gboolean has_row = FALSE;
  gboolean ok = statement != NULL && step (self, statement, &has_row, error);

  if (ok && (!has_row || g_strcmp0 (bp_column_get_text (statement, 0), "ok") != 0))
    ok = refuse (error, "%s", has_row ? bp_column_get_text (statement, 0) : "no check");
  sqlite3_finalize (statement);
  return ok;
}

static gboolean
is_text (sqlite3_stmt *statement,
         int           column,
         gsize         max_length)
{
  const char *text;
  int length;

  if (sqlite3_column_type (statement, column) != SQLITE_TEXT)
    return FALSE;

  text = bp_column_get_text (statement, column);
  length = sqlite3_column_bytes (statement, column);
  return text != NULL && (gsize)length <= max_length && g_utf8_validate (text, length, NULL)
         && memchr (text, '\0', (gsize)length) == NULL;
}

static gboolean
is_null (sqlite3_stmt *statement,
         int           column)
{
  return sqlite3_column_type (statement, column) == SQLITE_NULL;
}

static gboolean
is_integer (sqlite3_stmt *statement,
            int           column,
            gint64        min,
            gint64        max)
{
  return sqlite3_column_type (statement, column) == SQLITE_INTEGER
         && bp_column_get_integer (statement, column) >= min
         && bp_column_get_integer (statement, column) <= max;
}

static gboolean
read_meta (BpSnapshot *self,
           GError    **error)
{
  sqlite3_stmt *statement = prepare (self, "SELECT epoch, seq FROM meta ORDER BY rowid", error);
  gboolean has_row = FALSE, has_more = FALSE;
  gboolean ok = statement != NULL && step (self, statement, &has_row, error);

  if (ok && has_row && is_text (statement, 0, TEXT_MAX)
      && is_integer (statement, 1, 0, BP_INTEGER_MAX))
    {
      self->epoch = bp_column_dup_text (statement, 0);
      self->seq = bp_column_get_integer (statement, 1);
      ok = step (self, statement, &has_more, error);
    }
  sqlite3_finalize (statement);

  if (!ok)
    return FALSE;
  return (self->epoch != NULL && !has_more) || refuse (error, "it does not say what it is of");
}

/* Missing columns are null or 0, those unknown here are passed over, as those
 * of a page are. */
static char *
make_columns (const BpTable *table,
              GHashTable    *names)
{
  GString *sql = g_string_new (NULL);

  for (guint i = 0; i < OWN_COLUMNS; i++)
    g_string_append_printf (sql, "%s%s", i > 0 ? ", " : "", own_columns[i]);
  for (guint i = 0; i < table->n_fields; i++)
    g_string_append_printf (sql, ", %s",
                            g_hash_table_contains (names, table->fields[i].name)
                            ? table->fields[i].name : "NULL");
  return g_string_free (sql, FALSE);
}

static gboolean
find_columns (BpSnapshot *self,
              guint       index,
              GError    **error)
{
  const BpTable *table = bp_table_get (index);
  g_autofree char *sql = g_strdup_printf ("PRAGMA table_xinfo (%s)", table->name);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sqlite3_stmt *statement = prepare (self, sql, error);
  gboolean has_row = TRUE, is_plain = TRUE;
  gboolean ok = statement != NULL;

  while (ok && has_row && g_hash_table_size (names) <= MAX_COLUMNS)
    {
      ok = step (self, statement, &has_row, error);
      if (!ok || !has_row)
        continue;
      is_plain = is_plain && bp_column_get_integer (statement, 6) == 0;
      g_hash_table_add (names, bp_column_dup_text (statement, 1));
    }
  sqlite3_finalize (statement);

  if (!ok)
    return FALSE;
  for (guint i = 0; i < OWN_COLUMNS; i++)
    is_plain = is_plain && g_hash_table_contains (names, own_columns[i]);
  if (!is_plain || has_row)
    return refuse (error, "it has no table “%s” as it should be", table->name);
  self->columns[index] = make_columns (table, names);
  return TRUE;
}

static gboolean
is_own_good (const BpSnapshot *self,
             sqlite3_stmt     *row)
{
  if (!is_text (row, OWN_ID, BP_ID_MAX_LENGTH) || !bp_id_is_valid (bp_column_get_text (row, OWN_ID))
      || !is_integer (row, OWN_VERSION, 1, BP_INTEGER_MAX)
      || !is_integer (row, OWN_SEQ, 1, self->seq)
      || !is_integer (row, OWN_IS_DELETED, 0, 0)
      || !is_integer (row, OWN_MODIFIED_AT, -BP_INTEGER_MAX, BP_INTEGER_MAX))
    return FALSE;

  for (int i = OWN_OP_ID; i < OWN_COLUMNS; i++)
    {
      if (!is_null (row, i) && !is_text (row, i, TEXT_MAX))
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_field_good (const BpField *field,
               sqlite3_stmt  *row,
               int            column)
{
  if (is_null (row, column))
    return TRUE;
  if (!bp_field_is_text (field))
    return is_integer (row, column, -BP_INTEGER_MAX, BP_INTEGER_MAX);

  return is_text (row, column, MAX_VALUE)
         && (field->type != BP_FIELD_LINES
             || bp_lines_is_canonical (bp_column_get_text (row, column)));
}

static gboolean
is_good (const BpSnapshot *self,
         const BpTable    *table,
         sqlite3_stmt     *row)
{
  if (!is_own_good (self, row))
    return FALSE;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (!is_field_good (&table->fields[i], row, OWN_COLUMNS + (int)i))
        return FALSE;
    }

  return TRUE;
}

static sqlite3_stmt *
select_rows (const BpSnapshot *self,
             guint             index,
             GError          **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT %s FROM %s", self->columns[index],
                                          bp_table_get (index)->name);

  return prepare (self, sql, error);
}

/* In the order in which a pull would bring them, so that lists of two devices
 * have one order. Places are sorted, not rows; a table without a rowid has its
 * rows where their ids are. */
static gboolean
begin_table (BpSnapshot *self,
             GError    **error)
{
  static const char *const places[] = { "rowid", "id" };
  const char *table = bp_table_get (self->next)->name;

  for (guint i = 0; i < G_N_ELEMENTS (places) && self->places == NULL; i++)
    {
      g_autofree char *order = g_strdup_printf ("SELECT %s FROM %s ORDER BY seq", places[i], table);
      g_autofree char *row = g_strdup_printf ("SELECT %s FROM %s WHERE %s = ?",
                                              self->columns[self->next], table, places[i]);
      g_autoptr (GError) reason = NULL;

      self->places = prepare (self, order, &reason);
      if (self->places != NULL)
        self->row = prepare (self, row, error);
      else if (i + 1 == G_N_ELEMENTS (places))
        g_propagate_error (error, g_steal_pointer (&reason));
    }

  return self->places != NULL && self->row != NULL;
}

static void
end_table (BpSnapshot *self)
{
  g_clear_pointer (&self->places, sqlite3_finalize);
  g_clear_pointer (&self->row, sqlite3_finalize);
}

static gboolean
find_row (BpSnapshot *self,
          GError    **error)
{
  gboolean has_row;

  sqlite3_reset (self->row);
  sqlite3_bind_value (self->row, 1, sqlite3_column_value (self->places, 0));
  return step (self, self->row, &has_row, error) && (has_row || refuse (error, "a row is lost"));
}

static gboolean
check_rows (BpSnapshot *self,
            guint       index,
            GError    **error)
{
  const BpTable *table = bp_table_get (index);
  sqlite3_stmt *row = select_rows (self, index, error);
  gboolean has_row = TRUE, is_sound = TRUE;
  gboolean ok = row != NULL;

  while (ok && has_row && is_sound)
    {
      ok = step (self, row, &has_row, error);
      if (!ok || !has_row)
        continue;
      is_sound = is_good (self, table, row);
      self->n_rows++;
    }
  sqlite3_finalize (row);

  if (!ok)
    return FALSE;
  return is_sound || refuse (error, "a row of “%s” is none", table->name);
}

static gboolean
check (BpSnapshot *self,
       const char *path,
       GError    **error)
{
  if (!connect (self, path, error) || !check_shape (self, path, error)
      || !quick_check (self, error) || !read_meta (self, error))
    return FALSE;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if ((self->tables & (1u << i))
          && (!find_columns (self, i, error) || !check_rows (self, i, error)))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_snapshot_open:
 * @path: a file, as it came
 * @tables: bit i: table i is wanted
 * @cancellable: (nullable): ends the check
 * @error: %G_IO_ERROR_INVALID_DATA where it is no snapshot of these tables,
 *   whole and with nothing in it that a pull could not bring;
 *   %G_IO_ERROR_CANCELLED
 *
 * Reads all of it once. The file must not change as long as it is open.
 *
 * Returns: (transfer full): the snapshot, checked
 */
BpSnapshot *
bp_snapshot_open (const char   *path,
                  guint         tables,
                  GCancellable *cancellable,
                  GError      **error)
{
  g_autoptr (BpSnapshot) self = g_new0 (BpSnapshot, 1);

  self->tables = tables;
  g_set_object (&self->cancellable, cancellable);
  return check (self, path, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * bp_snapshot_close:
 * @self: (nullable) (transfer full): a snapshot
 */
void
bp_snapshot_close (BpSnapshot *self)
{
  if (self == NULL)
    return;

  end_table (self);
  sqlite3_close (self->handle);
  for (guint i = 0; i < BP_N_TABLES; i++)
    g_free (self->columns[i]);
  g_clear_object (&self->cancellable);
  g_free (self->epoch);
  g_free (self);
}

/**
 * bp_snapshot_get_epoch:
 * @self: a snapshot
 *
 * Returns: (transfer none): which past of the store it is of
 */
const char *
bp_snapshot_get_epoch (const BpSnapshot *self)
{
  return self->epoch;
}

/**
 * bp_snapshot_get_seq:
 * @self: a snapshot
 *
 * Returns: up to which change it holds all
 */
gint64
bp_snapshot_get_seq (const BpSnapshot *self)
{
  return self->seq;
}

/**
 * bp_snapshot_get_tables:
 * @self: a snapshot
 *
 * Returns: bit i: table i is read
 */
guint
bp_snapshot_get_tables (const BpSnapshot *self)
{
  return self->tables;
}

/**
 * bp_snapshot_count_rows:
 * @self: a snapshot
 *
 * Returns: how many rows it has of the tables that are read
 */
gint64
bp_snapshot_count_rows (const BpSnapshot *self)
{
  return self->n_rows;
}

/**
 * bp_snapshot_count_read:
 * @self: a snapshot
 *
 * Returns: how many of them bp_snapshot_next() has been at
 */
gint64
bp_snapshot_count_read (const BpSnapshot *self)
{
  return self->n_read;
}

/**
 * bp_snapshot_next:
 * @self: a snapshot
 * @has_row: (out): whether there was one
 * @error: as bp_snapshot_open()
 *
 * Goes to the next row, table by table, in the order of seq.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_snapshot_next (BpSnapshot *self,
                  gboolean   *has_row,
                  GError    **error)
{
  *has_row = FALSE;
  for (; self->next < BP_N_TABLES; self->next++)
    {
      if (!(self->tables & (1u << self->next)))
        continue;
      if ((self->places == NULL && !begin_table (self, error))
          || !step (self, self->places, has_row, error))
        return FALSE;
      if (*has_row)
        {
          self->n_read++;
          return find_row (self, error);
        }
      end_table (self);
    }

  return TRUE;
}

/**
 * bp_snapshot_get_table:
 * @self: a snapshot at a row
 *
 * Returns: (transfer none): whose row it is
 */
const BpTable *
bp_snapshot_get_table (const BpSnapshot *self)
{
  return bp_table_get (self->next);
}

/**
 * bp_snapshot_get_row:
 * @self: a snapshot at a row
 *
 * Returns: (transfer none): the row, as bp_row_adder_copy() reads it
 */
sqlite3_stmt *
bp_snapshot_get_row (const BpSnapshot *self)
{
  return self->row;
}

/**
 * bp_snapshot_dup_state:
 * @self: a snapshot at a row
 *
 * Returns: (transfer full): the row
 */
BpState *
bp_snapshot_dup_state (const BpSnapshot *self)
{
  const BpTable *table = bp_snapshot_get_table (self);
  BpState *state = bp_state_new (table, bp_column_get_text (self->row, OWN_ID));

  state->version = bp_column_get_integer (self->row, OWN_VERSION);
  state->seq = bp_column_get_integer (self->row, OWN_SEQ);
  state->modified_at = bp_column_get_integer (self->row, OWN_MODIFIED_AT);
  state->op_id = bp_column_dup_text (self->row, OWN_OP_ID);
  state->device_name = bp_column_dup_text (self->row, OWN_DEVICE_NAME);
  state->user = bp_column_dup_text (self->row, OWN_USER);
  for (guint i = 0; i < table->n_fields; i++)
    {
      int column = OWN_COLUMNS + (int)i;

      if (sqlite3_column_type (self->row, column) == SQLITE_INTEGER)
        bp_value_set_integer (&state->data->values[i],
                              bp_column_get_integer (self->row, column));
      else if (!is_null (self->row, column))
        bp_value_take_text (&state->data->values[i], bp_column_dup_text (self->row, column));
    }
  bp_change_complete (state->data);
  return state;
}

/**
 * bp_snapshot_is_done:
 * @self: a snapshot
 *
 * Returns: whether all of it has been brought in
 */
gboolean
bp_snapshot_is_done (const BpSnapshot *self)
{
  return self->is_done;
}

/**
 * bp_snapshot_set_done:
 * @self: a snapshot that has been brought in
 */
void
bp_snapshot_set_done (BpSnapshot *self)
{
  self->is_done = TRUE;
}
