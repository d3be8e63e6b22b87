/* The rows of `sync_conflicts`: kept for good, at most one open a record. */
#include "config.h"

#include "bp-store-sync-private.h"

#define COLUMNS \
  "id, table_name, record_id, conflict_type, key_field, op_id, base_data, local_data," \
  " server_data, decision, created_at, resolved"

/**
 * bp_decision_to_string:
 * @decision: a decision
 *
 * Returns: (transfer none) (nullable): its name; %NULL where it is yet to be
 *   made
 */
const char *
bp_decision_to_string (BpDecision decision)
{
  static const char *const names[] = {
    NULL, "merged", "server", "local", "renumbered", "joined"
  };

  g_return_val_if_fail (decision < G_N_ELEMENTS (names), NULL);

  return names[decision];
}

/**
 * bp_conflict_free:
 * @conflict: (nullable) (transfer full): a conflict
 */
void
bp_conflict_free (BpConflict *conflict)
{
  if (conflict == NULL)
    return;

  g_free (conflict->record_id);
  g_free (conflict->key);
  g_free (conflict->op_id);
  bp_state_free (conflict->base);
  bp_state_free (conflict->local);
  bp_state_free (conflict->server);
  g_free (conflict->decision);
  g_free (conflict);
}

/**
 * bp_state_is_own_making:
 * @state: (nullable): what the server has of a record
 *
 * An operation that makes a record anew for a server that lost it, or gives one
 * its id in a collision, has the record's id: whoever knows the record by that
 * id knows this one, and not another with the same id.
 *
 * Returns: whether such an operation made it as it is
 */
gboolean
bp_state_is_own_making (const BpState *state)
{
  return state != NULL && g_strcmp0 (state->op_id, state->id) == 0;
}

/* A fact that was sent from here, and from elsewhere after the server's past
 * had changed: under its own id the server has all of it but for what may have
 * changed since. Two records of it would count twice. */
static gboolean
is_same_fact (const BpConflict *conflict)
{
  const BpTable *table = conflict->table;

  if (!table->fact || conflict->local == NULL || conflict->server == NULL
      || g_strcmp0 (conflict->server->id, conflict->record_id) != 0)
    return FALSE;
  if (bp_state_is_own_making (conflict->server))
    return TRUE;
  for (guint i = 0; i < table->n_fields; i++)
    {
      if ((table->fields[i].flags & (BP_FIELD_CHANGEABLE | BP_FIELD_PROJECTION)) == 0
          && !bp_value_equal (&conflict->local->data->values[i],
                              &conflict->server->data->values[i]))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_conflict_is_of_two:
 * @conflict: a conflict
 *
 * Returns: whether it is of two records that have one id or key, not of two
 *   states of one
 */
gboolean
bp_conflict_is_of_two (const BpConflict *conflict)
{
  return conflict->type == BP_CONFLICT_ID_COLLISION && !is_same_fact (conflict);
}

/**
 * bp_conflict_is_joinable:
 * @conflict: a conflict
 *
 * Returns: whether it is of two records with one key that people gave them, so
 *   that they are taken for the same; a number of a series is given out
 */
gboolean
bp_conflict_is_joinable (const BpConflict *conflict)
{
  int key = conflict->key != NULL ? bp_table_find_field (conflict->table, conflict->key) : -1;

  return bp_conflict_is_of_two (conflict) && key >= 0
         && !(conflict->table->fields[key].flags & BP_FIELD_SERIES);
}

/**
 * bp_store_keep_final:
 * @record: what a record of a fact is
 * @wanted: what a decision makes of it
 *
 * What is void stays void, whichever side is chosen: the server takes nothing
 * else.
 */
void
bp_store_keep_final (const BpState *record,
                     BpChange      *wanted)
{
  const BpTable *table = wanted->table;

  for (guint i = 0; table->fact && i < table->n_fields; i++)
    {
      const BpField *field = &table->fields[i];

      if (field->type == BP_FIELD_CHOICE && (field->flags & BP_FIELD_CHANGEABLE)
          && bp_change_has (wanted, i)
          && g_strcmp0 (record->data->values[i].text, "void") == 0)
        bp_change_set (wanted, i, &record->data->values[i]);
    }
}

static gboolean
read_state (const BpConflict *conflict,
            sqlite3_stmt     *statement,
            int               column,
            BpState         **state,
            GError          **error)
{
  const char *text = bp_column_get_text (statement, column);

  if (text == NULL)
    return TRUE;

  *state = bp_state_new_from_text (conflict->table, conflict->record_id, text, error);
  return *state != NULL;
}

/* Who deleted may have changed since it was found. */
static void
update_type (BpConflict *conflict)
{
  if (conflict->type == BP_CONFLICT_ID_COLLISION || conflict->server == NULL
      || conflict->local == NULL)
    return;

  if (conflict->server->is_deleted)
    conflict->type = BP_CONFLICT_DELETE_UPDATE;
  else
    conflict->type = conflict->local->is_deleted ? BP_CONFLICT_UPDATE_DELETE
                                                 : BP_CONFLICT_UPDATE_UPDATE;
}

/* The record is what stands against the server while the conflict is open:
 * newer edits fold in. */
static gboolean
read_local (BpStore    *self,
            BpConflict *conflict,
            GError    **error)
{
  g_autoptr (BpRow) row = NULL;

  if (conflict->decision != NULL)
    return TRUE;

  if (!bp_store_read_row (self, conflict->table, conflict->record_id, &row, error))
    return FALSE;
  if (row != NULL)
    {
      bp_state_free (conflict->local);
      conflict->local = g_steal_pointer (&row->state);
    }
  update_type (conflict);
  return TRUE;
}

static BpConflict *
read_conflict (BpStore      *self,
               sqlite3_stmt *statement,
               GError      **error)
{
  g_autoptr (BpConflict) conflict = g_new0 (BpConflict, 1);

  conflict->id = bp_column_get_integer (statement, 0);
  conflict->table = bp_table_require (bp_column_get_text (statement, 1), error);
  if (conflict->table == NULL)
    return NULL;
  conflict->record_id = bp_column_dup_text (statement, 2);
  bp_conflict_type_from_string (bp_column_get_text (statement, 3), &conflict->type);
  conflict->key = bp_column_dup_text (statement, 4);
  conflict->op_id = bp_column_dup_text (statement, 5);
  conflict->decision = bp_column_dup_text (statement, 9);
  conflict->created_at = bp_column_get_integer (statement, 10);
  conflict->resolved = bp_column_get_integer (statement, 11);
  if (!read_state (conflict, statement, 6, &conflict->base, error)
      || !read_state (conflict, statement, 7, &conflict->local, error)
      || !read_state (conflict, statement, 8, &conflict->server, error)
      || !read_local (self, conflict, error))
    return NULL;

  return g_steal_pointer (&conflict);
}

static GPtrArray *
read_conflicts (BpStore      *self,
                sqlite3_stmt *statement,
                GError      **error)
{
  g_autoptr (GPtrArray) conflicts = NULL;
  gboolean has_row = statement != NULL;

  conflicts = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_conflict_free);
  while (has_row)
    {
      BpConflict *conflict;

      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return NULL;
      if (!has_row)
        break;
      conflict = read_conflict (self, statement, error);
      if (conflict == NULL)
        return NULL;
      g_ptr_array_add (conflicts, conflict);
    }

  return statement != NULL ? g_steal_pointer (&conflicts) : NULL;
}

/**
 * bp_store_list_conflicts:
 * @self: a store
 * @all: whether decided ones, too
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpConflict): the conflicts, oldest
 *   first; of an open one, `local` is the record as it is now
 */
GPtrArray *
bp_store_list_conflicts (BpStore *self,
                         gboolean all,
                         GError **error)
{
  GPtrArray *conflicts;
  sqlite3_stmt *statement;

  g_return_val_if_fail (BP_IS_STORE (self), NULL);

  bp_store_lock (self);
  /* The open ones are few, the decided ones may be many: `+id` keeps SQLite from
   * going through all in the order of id. */
  statement = bp_store_prepare (self, error,
                                all ? "SELECT " COLUMNS " FROM sync_conflicts ORDER BY id"
                                    : "SELECT " COLUMNS " FROM sync_conflicts"
                                " WHERE decision IS NULL ORDER BY +id",
                                "");
  conflicts = read_conflicts (self, statement, error);
  bp_database_release (statement);
  bp_store_unlock (self);
  return conflicts;
}

/**
 * bp_store_get_conflict:
 * @self: a store
 * @id: of the conflict
 * @error: %BP_STORE_ERROR_NOT_FOUND, or a #BpDatabaseError
 *
 * Returns: (transfer full): the conflict; while it is open, its `local` is the
 *   record as it is now
 */
BpConflict *
bp_store_get_conflict (BpStore *self,
                       gint64   id,
                       GError **error)
{
  g_autoptr (GPtrArray) conflicts = NULL;
  sqlite3_stmt *statement;

  g_return_val_if_fail (BP_IS_STORE (self), NULL);

  bp_store_lock (self);
  statement = bp_store_prepare (self, error,
                                "SELECT " COLUMNS " FROM sync_conflicts WHERE id = ?", "i", id);
  conflicts = read_conflicts (self, statement, error);
  bp_database_release (statement);
  bp_store_unlock (self);
  if (conflicts == NULL)
    return NULL;
  if (conflicts->len > 0)
    return g_ptr_array_steal_index (conflicts, 0);

  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND,
               "There is no conflict %" G_GINT64_FORMAT, id);
  return NULL;
}

/**
 * bp_store_find_open_conflict:
 * @self: a store, locked
 * @table: a table
 * @id: a record
 * @conflict: (out) (transfer full) (nullable): the open conflict on it; %NULL
 *   where there is none
 * @error: #BpDatabaseError
 *
 * Returns: whether it could be looked up
 */
gboolean
bp_store_find_open_conflict (BpStore       *self,
                             const BpTable *table,
                             const char    *id,
                             BpConflict   **conflict,
                             GError       **error)
{
  g_autoptr (BpStatement) statement = NULL;
  g_autoptr (GPtrArray) conflicts = NULL;

  statement = bp_store_prepare (self, error,
                                "SELECT " COLUMNS " FROM sync_conflicts WHERE table_name = ?"
                                " AND record_id = ? AND decision IS NULL ORDER BY id LIMIT 1",
                                "ss", table->name, id);
  conflicts = read_conflicts (self, statement, error);
  if (conflicts == NULL)
    return FALSE;

  *conflict = conflicts->len > 0 ? g_ptr_array_steal_index (conflicts, 0) : NULL;
  return TRUE;
}

static char *
to_text (const BpState *state)
{
  return state != NULL ? bp_state_to_text (state) : NULL;
}

/**
 * bp_store_open_conflict:
 * @self: a store, in a transaction
 * @conflict: all but its id and times
 * @error: #BpDatabaseError
 *
 * Returns: whether it is kept; its id and time are set then
 */
gboolean
bp_store_open_conflict (BpStore    *self,
                        BpConflict *conflict,
                        GError    **error)
{
  g_autofree char *base = to_text (conflict->base);
  g_autofree char *local = to_text (conflict->local);
  g_autofree char *server = to_text (conflict->server);

  conflict->created_at = bp_clock_get_now (bp_store_get_clock (self));
  if (!bp_store_execute (self, error,
                         "INSERT INTO sync_conflicts (table_name, record_id, conflict_type,"
                         " key_field, op_id, base_data, local_data, server_data, created_at)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         "ssssssssi", conflict->table->name, conflict->record_id,
                         bp_conflict_type_to_string (conflict->type), conflict->key,
                         conflict->op_id, base, local, server, conflict->created_at))
    return FALSE;

  conflict->id = sqlite3_last_insert_rowid (bp_database_get_handle (bp_store_get_database (self)));
  return TRUE;
}

/**
 * bp_store_move_conflict:
 * @self: a store, in a transaction
 * @conflict: an open one; its type is what is stored
 * @server: (nullable): what the server's side is now
 * @error: #BpDatabaseError
 *
 * Returns: whether the server's side is replaced
 */
gboolean
bp_store_move_conflict (BpStore       *self,
                        BpConflict    *conflict,
                        const BpState *server,
                        GError       **error)
{
  g_autofree char *text = to_text (server);

  bp_state_free (conflict->server);
  conflict->server = bp_state_copy (server);
  return bp_store_execute (self, error,
                           "UPDATE sync_conflicts SET conflict_type = ?, server_data = ?"
                           " WHERE id = ?",
                           "ssi", bp_conflict_type_to_string (conflict->type), text,
                           conflict->id);
}

/**
 * bp_store_close_conflict:
 * @self: a store, in a transaction
 * @conflict: a conflict
 * @decision: what was decided
 * @error: #BpDatabaseError
 *
 * Keeps the decision, and the type and local state it was made on: the backup
 * of what was here.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_close_conflict (BpStore    *self,
                         BpConflict *conflict,
                         BpDecision  decision,
                         GError    **error)
{
  g_autofree char *local = to_text (conflict->local);

  g_free (conflict->decision);
  conflict->decision = g_strdup (bp_decision_to_string (decision));
  conflict->resolved = bp_clock_get_now (bp_store_get_clock (self));
  return bp_store_execute (self, error,
                           "UPDATE sync_conflicts SET conflict_type = ?, decision = ?,"
                           " local_data = ?, resolved = ? WHERE id = ?",
                           "sssii", bp_conflict_type_to_string (conflict->type),
                           conflict->decision, local, conflict->resolved, conflict->id);
}
