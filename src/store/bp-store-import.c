/* What an import brought, so that it can be undone. */
#include "config.h"

#include "bp-store-private.h"

typedef struct
{
  const char *import_id; /* (unowned) */
  const BpTable *table;  /* (unowned) */
  const char *text;      /* (unowned): the file's name, or the record's id */
  const BpState *before; /* (unowned) (nullable) */
} Note;

static gboolean
note_import (BpStore *self,
             gpointer user_data,
             GError **error)
{
  const Note *note = user_data;

  return bp_store_execute (self, error,
                           "INSERT INTO imports (id, table_name, file_name, created_at)"
                           " VALUES (?, ?, ?, ?)",
                           "sssi", note->import_id, note->table->name, note->text,
                           bp_clock_get_now (bp_store_get_clock (self)));
}

/**
 * bp_store_note_import:
 * @self: a store
 * @import_id: a new id
 * @table: what was imported
 * @file_name: from which file
 * @error: #BpDatabaseError
 *
 * Returns: whether the import is known from now on
 */
gboolean
bp_store_note_import (BpStore       *self,
                      const char    *import_id,
                      const BpTable *table,
                      const char    *file_name,
                      GError       **error)
{
  Note note = { import_id, table, file_name, NULL };

  return bp_store_transact (self, note_import, &note, error);
}

static gboolean
note_record (BpStore *self,
             gpointer user_data,
             GError **error)
{
  const Note *note = user_data;
  g_autofree char *before = note->before != NULL ? bp_state_to_text (note->before) : NULL;

  return bp_store_execute (self, error,
                           "INSERT INTO import_records"
                           " (import_id, position, table_name, record_id, before)"
                           " SELECT ?1, coalesce (max (position), 0) + 1, ?2, ?3, ?4"
                           " FROM import_records WHERE import_id = ?1",
                           "ssss", note->import_id, note->table->name, note->text, before);
}

/**
 * bp_store_note_import_record:
 * @self: a store
 * @import_id: an import that is under way
 * @table: a table
 * @id: a record that it adds or changes
 * @before: (nullable): the record before; %NULL where it is new
 * @error: #BpDatabaseError
 *
 * Returns: whether it is kept
 */
gboolean
bp_store_note_import_record (BpStore       *self,
                             const char    *import_id,
                             const BpTable *table,
                             const char    *id,
                             const BpState *before,
                             GError       **error)
{
  Note note = { import_id, table, id, before };

  return bp_store_transact (self, note_record, &note, error);
}

/**
 * bp_import_note_free:
 * @note: (nullable) (transfer full): a record of an import
 */
void
bp_import_note_free (BpImportNote *note)
{
  if (note == NULL)
    return;

  g_free (note->id);
  bp_state_free (note->before);
  g_free (note);
}

/**
 * bp_store_find_import:
 * @self: a store
 * @import_id: any text
 * @is_undone: (out): whether it was taken back already
 * @error: %BP_STORE_ERROR_NOT_FOUND, #BpDatabaseError
 *
 * Returns: whether there is such an import
 */
gboolean
bp_store_find_import (BpStore    *self,
                      const char *import_id,
                      gboolean   *is_undone,
                      GError    **error)
{
  gint64 undone_at = -1;
  gboolean is_read;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  bp_store_lock (self);
  is_read = bp_store_ask (self, &undone_at, error,
                          "SELECT coalesce (undone_at, 0) FROM imports WHERE id = ?", "s",
                          import_id);
  bp_store_unlock (self);
  if (!is_read)
    return FALSE;

  *is_undone = undone_at > 0;
  if (undone_at >= 0)
    return TRUE;
  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND, "There is no import “%.64s”",
               import_id);
  return FALSE;
}

static gboolean
read_notes (BpStore      *self,
            sqlite3_stmt *statement,
            GPtrArray    *notes,
            GError      **error)
{
  gboolean has_row = TRUE;

  while (has_row)
    {
      g_autoptr (BpImportNote) note = g_new0 (BpImportNote, 1);
      const char *before;

      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      note->position = bp_column_get_integer (statement, 0);
      note->table = bp_table_require (bp_column_get_text (statement, 1), error);
      note->id = bp_column_dup_text (statement, 2);
      before = bp_column_get_text (statement, 3);
      if (note->table == NULL)
        return FALSE;
      if (before != NULL)
        note->before = bp_state_new_from_text (note->table, note->id, before, error);
      if (before != NULL && note->before == NULL)
        return FALSE;
      g_ptr_array_add (notes, g_steal_pointer (&note));
    }

  return TRUE;
}

/**
 * bp_store_list_import_notes:
 * @self: a store
 * @import_id: an import
 * @limit: at most so many
 * @error: #BpDatabaseError, #BpDataError
 *
 * Returns: (transfer full) (element-type BpImportNote): what is left of the
 *   import's records, the last one first
 */
GPtrArray *
bp_store_list_import_notes (BpStore    *self,
                            const char *import_id,
                            guint       limit,
                            GError    **error)
{
  g_autoptr (GPtrArray) notes = NULL;
  g_autoptr (BpStatement) statement = NULL;
  gboolean is_read;

  g_return_val_if_fail (BP_IS_STORE (self), NULL);

  notes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_import_note_free);
  bp_store_lock (self);
  statement = bp_store_prepare (self, error,
                                "SELECT position, table_name, record_id, before"
                                " FROM import_records WHERE import_id = ?"
                                " ORDER BY position DESC LIMIT ?",
                                "si", import_id, (gint64)limit);
  is_read = statement != NULL && read_notes (self, statement, notes, error);
  g_clear_pointer (&statement, bp_database_release);
  bp_store_unlock (self);
  return is_read ? g_steal_pointer (&notes) : NULL;
}

typedef struct
{
  const char *import_id;  /* (unowned) */
  gint64 position;
} Place;

static gboolean
forget_note (BpStore *self,
             gpointer user_data,
             GError **error)
{
  const Place *place = user_data;

  return bp_store_execute (self, error,
                           "DELETE FROM import_records WHERE import_id = ? AND position = ?",
                           "si", place->import_id, place->position);
}

/**
 * bp_store_forget_import_note:
 * @self: a store
 * @import_id: an import
 * @note: one of its records that is taken back
 * @error: #BpDatabaseError
 *
 * Returns: whether it is forgotten
 */
gboolean
bp_store_forget_import_note (BpStore            *self,
                             const char         *import_id,
                             const BpImportNote *note,
                             GError            **error)
{
  Place place = { import_id, note->position };

  return bp_store_transact (self, forget_note, &place, error);
}

static gboolean
end_import (BpStore *self,
            gpointer user_data,
            GError **error)
{
  return bp_store_execute (self, error, "UPDATE imports SET undone_at = ? WHERE id = ?", "is",
                           bp_clock_get_now (bp_store_get_clock (self)), (const char *)user_data);
}

/**
 * bp_store_end_import:
 * @self: a store
 * @import_id: an import that is taken back
 * @error: #BpDatabaseError
 *
 * Returns: whether that is kept
 */
gboolean
bp_store_end_import (BpStore    *self,
                     const char *import_id,
                     GError    **error)
{
  return bp_store_transact (self, end_import, (gpointer)import_id, error);
}
