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
