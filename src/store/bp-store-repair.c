/* New books of what can still be read of damaged ones. */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "bp-database-salvage.h"
#include "bp-store-sync-private.h"

/**
 * Repair:
 * @path: the damaged file, seized
 * @salvage: what came of it
 */
typedef struct
{
  const char *path;
  BpSalvage salvage;
} Repair;

static gboolean
is_sound (const char *path)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  BpDatabase *reader = bp_store_open_database (path, BP_DATABASE_READER, NULL);
  gboolean sound = reader != NULL && bp_database_check (reader, faults, NULL) && faults->len == 0;

  if (reader != NULL)
    bp_database_close (reader);
  return sound;
}

/* What other tables say of a record is made anew: they may lack parts. */
static gboolean
write_lines (BpStore       *self,
             const BpTable *table,
             GError       **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *sql = g_strdup_printf ("SELECT id FROM %s_local ORDER BY row", table->name);
  gboolean has_row;

  {
    g_autoptr (BpStatement) statement = bp_store_prepare (self, error, sql, "");

    has_row = statement != NULL;
    while (has_row)
      {
        if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
          return FALSE;
        if (has_row)
          g_ptr_array_add (ids, bp_column_dup_text (statement, 0));
      }
    if (statement == NULL)
      return FALSE;
  }

  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (BpRow) row = NULL;

      if (!bp_store_read_row (self, table, ids->pdata[i], &row, error) || row == NULL
          || !bp_store_remove_row (self, table, row->state->id, error)
          || !bp_store_write_row (self, table, row->state, row->status, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
make_index (BpStore       *self,
            const BpTable *table,
            GError       **error)
{
  g_autofree char *name = g_strconcat (table->name, "_search", NULL);
  g_autofree char *sql = NULL;
  gint64 has_index = 0;

  if (!bp_store_ask (self, &has_index, error, "SELECT count (*) FROM sqlite_schema WHERE name = ?",
                     "s", name))
    return FALSE;

  sql = g_strdup_printf ("INSERT INTO %s (%s) VALUES ('rebuild')", name, name);
  return has_index == 0 || bp_store_execute (self, error, sql, "");
}

static GPtrArray *
list_waiting (BpStore *self,
              GError **error)
{
  static const char sql[] = "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue WHERE status <> 'synced'"
                            " ORDER BY id";
  g_autoptr (BpStatement) statement = bp_store_prepare (self, error, sql, "");
  g_autoptr (GPtrArray) rows = NULL;
  gboolean has_row = statement != NULL;

  rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_queue_row_free);
  while (has_row)
    {
      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (rows, bp_queue_row_from_statement (statement));
    }

  return statement != NULL ? g_steal_pointer (&rows) : NULL;
}

/* What an operation is about, as it was before: as both sides last agreed on
 * it, or nothing yet where the operation makes it. */
static BpState *
find_before (BpStore          *self,
             const BpQueueRow *row)
{
  g_autoptr (BpBase) base = NULL;
  BpState *state;

  if (bp_store_read_base (self, row->table, row->record_id, &base, NULL) && base != NULL
      && base->state != NULL)
    return bp_state_copy (base->state);
  if (row->kind != BP_OPERATION_INSERT)
    return NULL;

  state = bp_state_new (row->table, row->record_id);
  bp_change_complete (state->data);
  return state;
}

static gboolean
redo (BpStore          *self,
      const BpQueueRow *row,
      const BpState    *now,
      GError          **error)
{
  g_autoptr (BpState) state = now != NULL ? bp_state_copy (now) : find_before (self, row);
  g_autoptr (BpChange) data = NULL;

  if (state == NULL)
    return TRUE;
  if (row->data != NULL)
    data = bp_change_new_from_text (row->table, row->data, BP_CHANGE_LENIENT, NULL);
  if (data != NULL)
    bp_change_apply (state->data, data);
  state->is_deleted = row->kind == BP_OPERATION_DELETE;
  state->modified_at = row->timestamp;
  return bp_store_write_row (self, row->table, state, BP_RECORD_PENDING, error);
}

/* Records that could not be read, but whose operations could: these say what
 * became of them here. The rest the server has. */
static gboolean
make_missing (BpStore *self,
              GError **error)
{
  g_autoptr (GHashTable) made = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) rows = list_waiting (self, error);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];
      g_autofree char *key = g_strconcat (row->table->name, " ", row->record_id, NULL);
      g_autoptr (BpRow) there = NULL;

      bp_store_read_row (self, row->table, row->record_id, &there, NULL);
      if (there != NULL && !g_hash_table_contains (made, key))
        continue;
      g_hash_table_add (made, g_steal_pointer (&key));
      if (!redo (self, row, there != NULL ? there->state : NULL, error))
        return FALSE;
    }

  return rows != NULL;
}

/* Of a record that is still missing the server tells. */
static gboolean
drop_bases (BpStore       *self,
            const BpTable *table,
            GError       **error)
{
  g_autofree char *sql = NULL;

  sql = g_strdup_printf ("DELETE FROM sync_base WHERE table_name = ?"
                         " AND record_id NOT IN (SELECT id FROM %s_local)", table->name);
  return bp_store_execute (self, error, sql, "s", table->name);
}

static gboolean
fill (BpStore *self,
      gpointer user_data,
      GError **error)
{
  Repair *repair = user_data;

  if (!bp_database_salvage (bp_store_get_database (self), repair->path, &repair->salvage, error)
      || !bp_store_execute (self, error, "DELETE FROM sale_lines", ""))
    return FALSE;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      /* Everything is fetched again: what could not be read is there. */
      if (!make_index (self, table, error)
          || (bp_table_has_lines (table) && !write_lines (self, table, error))
          || !bp_store_reset_cursor (self, table, error))
        return FALSE;
    }

  if (!make_missing (self, error))
    return FALSE;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (!drop_bases (self, bp_table_get (i), error))
        return FALSE;
    }

  return bp_store_refresh_all (self, error)
         && bp_store_set_number (self, BP_STORE_SETTLED, 0, error);
}

static gboolean
make_successor (const char *folder,
                BpClock    *clock,
                Repair     *repair,
                GError    **error)
{
  g_autoptr (BpStore) store = bp_store_open (folder, clock, error);

  return store != NULL && bp_store_transact (store, fill, repair, error)
         && bp_store_checkpoint (store, error);
}

static gboolean
replace (const char *folder,
         BpClock    *clock,
         Repair     *repair,
         BpRepair   *result,
         GError    **error)
{
  g_autofree char *part = g_build_filename (folder, "repair.part", NULL);
  g_autofree char *made = g_build_filename (part, BP_STORE_FILE, NULL);
  gboolean done;

  bp_store_remove_folder (part);
  result->kept = g_strdup_printf ("%s.damaged-%" G_GINT64_FORMAT, repair->path,
                                  bp_clock_get_now (clock));
  done = make_successor (part, clock, repair, error)
         && bp_database_set_aside (repair->path, result->kept, made, error);
  bp_store_remove_folder (part);
  return done;
}

/**
 * bp_store_repair:
 * @folder: of books that are damaged, and open nowhere
 * @clock: time and randomness
 * @repair: (out): what was done
 * @error: %BP_STORE_ERROR_REFUSED where nothing is damaged; #BpDatabaseError,
 *   such as BUSY where another program uses the books
 *
 * Makes new books of all that can be read of the damaged ones: the queue,
 * conflicts and who the device is, too. The damaged file is kept beside them.
 * The next sync fetches everything from the server, and sends what waits.
 *
 * Returns: whether the books can be opened again; if not they are as before
 */
gboolean
bp_store_repair (const char *folder,
                 BpClock    *clock,
                 BpRepair   *repair,
                 GError    **error)
{
  g_autofree char *path = g_build_filename (folder, BP_STORE_FILE, NULL);
  g_autoptr (BpDatabase) seized = NULL;
  Repair data = { path, { 0, FALSE } };

  *repair = (BpRepair) { NULL, 0, FALSE };
  if (!g_file_test (path, G_FILE_TEST_EXISTS) || is_sound (path))
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED, "Nothing is damaged in %s",
                   folder);
      return FALSE;
    }

  seized = bp_database_seize (path, error);
  if (seized == NULL)
    return FALSE;
  if (!replace (folder, clock, &data, repair, error))
    {
      g_clear_pointer (&repair->kept, g_free);
      return FALSE;
    }

  repair->n_rows = data.salvage.n_rows;
  repair->is_whole = data.salvage.is_whole;
  return TRUE;
}

/**
 * bp_store_repair_helps:
 * @error: what opening books, or using them, failed with
 *
 * Returns: whether they are damaged, so that bp_store_repair() is the way on
 */
gboolean
bp_store_repair_helps (const GError *error)
{
  return g_error_matches (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT);
}
