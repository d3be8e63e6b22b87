/* What a restore carries over from the books it replaces: what waits, failed
 * or is in conflict, who this device is, and what must not be given out twice. */
#include "config.h"

#include <string.h>

#include "bp-store-sync-private.h"

/**
 * Carry:
 * @from: the books that are replaced; only read
 * @to: the restored ones, in a transaction
 */
typedef struct
{
  BpStore *from; /* (unowned) */
  BpStore *to;   /* (unowned) */
} Carry;

/* Calls @func for each row of a query on the books that are replaced. */
typedef gboolean (*CarryFunc) (const Carry  *self,
                               sqlite3_stmt *statement,
                               GError      **error);

static gboolean
for_each (const Carry  *self,
          sqlite3_stmt *given,
          CarryFunc     func,
          GError      **error)
{
  g_autoptr (BpStatement) statement = given;
  gboolean has_row = statement != NULL;

  while (has_row)
    {
      if (!bp_database_step (bp_store_get_database (self->from), statement, &has_row, error)
          || (has_row && !func (self, statement, error)))
        return FALSE;
    }

  return statement != NULL;
}

/* Every row of a table whose rows stand for themselves. */
static gboolean
copy_rows (const Carry *self,
           const char  *query,
           const char  *insert,
           GError     **error)
{
  g_autoptr (BpStatement) source = bp_store_prepare (self->from, error, query, "");
  g_autoptr (BpStatement) target = NULL;
  gboolean has_row = source != NULL;

  target = bp_store_prepare (self->to, error, insert, "");
  while (target != NULL && has_row)
    {
      if (!bp_database_step (bp_store_get_database (self->from), source, &has_row, error))
        return FALSE;
      if (!has_row)
        break;
      for (int i = 0; i < sqlite3_column_count (source); i++)
        sqlite3_bind_value (target, i + 1, sqlite3_column_value (source, i));
      if (!bp_database_run (bp_store_get_database (self->to), target, error))
        return FALSE;
    }

  return source != NULL && target != NULL;
}

/* What was answered since goes on counting until the figures are pulled. */
static gboolean
forget_operation (const Carry      *self,
                  const BpQueueRow *row,
                  GError          **error)
{
  gint64 seq = 0;

  if (!bp_store_ask (self->from, &seq, error,
                     "SELECT seq FROM sync_queue WHERE op_id = ? AND status = 'synced'",
                     "s", row->op_id))
    return FALSE;
  if (seq == 0)
    return bp_store_drop_operation (self->to, row->op_id, error);

  return bp_store_answer_effects (self->to, row->op_id, seq, G_MAXINT64, error)
         && bp_store_remove_queue_row (self->to, row->op_id, error);
}

/* A record that waited when the backup was made, and is here as well: what
 * became of it since holds. */
static gboolean
forget_waiting (const Carry   *self,
                const BpTable *table,
                const char    *id,
                GError       **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self->to, table, id, error);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      if (!forget_operation (self, rows->pdata[i], error))
        return FALSE;
    }

  return rows != NULL
         && bp_store_remove_base (self->to, table, id, error)
         && bp_store_execute (self->to, error,
                              "DELETE FROM sync_conflicts WHERE table_name = ?"
                              " AND record_id = ? AND decision IS NULL",
                              "ss", table->name, id);
}

/* The server's figure, without what own operations added to it. */
static gboolean
take_out_effects (const Carry *self,
                  BpState     *state,
                  GError     **error)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      const char *name = table->fields[i].name;
      gint64 added = 0;

      if (!(table->fields[i].flags & BP_FIELD_PROJECTION))
        continue;
      if (!bp_store_ask (self->from, &added, error,
                         "SELECT sum (amount) FROM sync_effects"
                         " WHERE table_name = ? AND record_id = ? AND field = ?",
                         "sss", table->name, state->id, name))
        return FALSE;
      bp_change_set_integer (state->data, name, bp_change_get_integer (state->data, name) - added);
    }

  return TRUE;
}

static void
keep_figures (BpState       *state,
              const BpState *shown)
{
  const BpTable *table = state->data->table;

  state->seq = shown->seq;
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        bp_change_set (state->data, i, &shown->data->values[i]);
    }
}

static gboolean
carry_record (const Carry   *self,
              const BpTable *table,
              const char    *id,
              GError       **error)
{
  g_autoptr (BpRow) row = NULL;
  g_autoptr (BpRow) restored = NULL;
  g_autoptr (BpBase) base = NULL;

  if (!bp_store_read_row (self->from, table, id, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  if (!bp_store_read_row (self->to, table, id, &restored, error))
    return FALSE;

  if (restored != NULL)
    keep_figures (row->state, restored->state);
  else if (!take_out_effects (self, row->state, error))
    return FALSE;
  return bp_store_write_row (self->to, table, row->state, row->status, error)
         && bp_store_read_base (self->from, table, id, &base, error)
         && (base == NULL || bp_store_write_base (self->to, table, id, base, error));
}

static gboolean
list_records (BpStore    *self,
              const char *sql,
              const char *table,
              GPtrArray  *ids,
              GError    **error)
{
  g_autoptr (BpStatement) statement = bp_store_prepare (self, error, sql, "s", table);
  gboolean has_row = statement != NULL;

  while (has_row)
    {
      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return FALSE;
      if (has_row)
        g_ptr_array_add (ids, bp_column_dup_text (statement, 0));
    }

  return statement != NULL;
}

static gboolean
carry_table (const Carry   *self,
             const BpTable *table,
             GError       **error)
{
  static const char waiting[] = "SELECT record_id FROM sync_base WHERE table_name = ?"
                                " ORDER BY record_id";
  g_autoptr (GPtrArray) theirs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) ours = g_ptr_array_new_with_free_func (g_free);

  if (!list_records (self->to, waiting, table->name, theirs, error)
      || !list_records (self->from, waiting, table->name, ours, error))
    return FALSE;

  for (guint i = 0; i < theirs->len; i++)
    {
      g_autoptr (BpRow) row = NULL;

      bp_store_read_row (self->from, table, theirs->pdata[i], &row, NULL);
      if (row != NULL
          && (!forget_waiting (self, table, theirs->pdata[i], error)
              || !carry_record (self, table, theirs->pdata[i], error)))
        return FALSE;
    }
  for (guint i = 0; i < ours->len; i++)
    {
      if (!carry_record (self, table, ours->pdata[i], error))
        return FALSE;
    }

  return TRUE;
}

/* Behind what the backup itself still has to send, in their order. */
static gboolean
carry_operation (const Carry  *self,
                 sqlite3_stmt *statement,
                 GError      **error)
{
  g_autoptr (BpQueueRow) row = bp_queue_row_from_statement (statement);

  row->id = 0;
  return bp_store_remove_queue_row (self->to, row->op_id, error)
         && bp_store_write_queue_row (self->to, row, error);
}

static gboolean
carry_effect (const Carry  *self,
              sqlite3_stmt *statement,
              GError      **error)
{
  const BpTable *table = bp_table_find (bp_column_get_text (statement, 0));
  const char *id = bp_column_get_text (statement, 1);
  const char *field = bp_column_get_text (statement, 2);
  gboolean is_answered = sqlite3_column_type (statement, 5) != SQLITE_NULL;
  g_autofree char *query = NULL;
  g_autofree char *move = NULL;
  gint64 seq = G_MAXINT64;

  if (table == NULL || bp_table_find_field (table, field) < 0)
    return TRUE;

  query = g_strdup_printf ("SELECT abs (seq) FROM %s_local WHERE id = ?", table->name);
  if (!bp_store_ask (self->to, &seq, error, query, "s", id))
    return FALSE;
  if (is_answered && seq >= bp_column_get_integer (statement, 5))
    return TRUE;

  if (!bp_store_execute (self->to, error,
                         "INSERT OR IGNORE INTO sync_effects"
                         " (table_name, record_id, field, op_id, amount, seq)"
                         " VALUES (?, ?, ?, ?, ?, nullif (?, 0))",
                         "ssssii", table->name, id, field, bp_column_get_text (statement, 3),
                         bp_column_get_integer (statement, 4),
                         bp_column_get_integer (statement, 5)))
    return FALSE;
  if (sqlite3_changes (bp_database_get_handle (bp_store_get_database (self->to))) == 0)
    return TRUE;

  move = g_strdup_printf ("UPDATE %s_local SET %s = coalesce (%s, 0) + ? WHERE id = ?",
                          table->name, field, field);
  return bp_store_execute (self->to, error, move, "is", bp_column_get_integer (statement, 4), id);
}

/* Open ones, and what was decided since the backup. */
static gboolean
carry_conflicts (const Carry *self,
                 GError     **error)
{
  gint64 last = 0;
  g_autofree char *query = NULL;

  if (!bp_store_ask (self->to, &last, error, "SELECT max (created_at) FROM sync_conflicts", ""))
    return FALSE;

  query = g_strdup_printf ("SELECT table_name, record_id, conflict_type, key_field, op_id,"
                           " base_data, local_data, server_data, decision, created_at, resolved"
                           " FROM sync_conflicts WHERE decision IS NULL"
                           " OR created_at > %" G_GINT64_FORMAT " ORDER BY id", last);
  return copy_rows (self, query,
                    "INSERT INTO sync_conflicts (table_name, record_id, conflict_type, key_field,"
                    " op_id, base_data, local_data, server_data, decision, created_at, resolved)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    error);
}

static gboolean
carry_queue (const Carry *self,
             GError     **error)
{
  /* Answered ones are needed again where a server loses its past. */
  return for_each (self,
                   bp_store_prepare (self->from, error,
                                     "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue"
                                     " WHERE status <> 'synced' ORDER BY id", ""),
                   carry_operation, error)
         && copy_rows (self,
                       "SELECT op_id, action_id, table_name, record_id, operation, restore,"
                       " base_version, data, priority, timestamp, user, status, seq, answered_at"
                       " FROM sync_queue WHERE status = 'synced' ORDER BY id",
                       "INSERT OR IGNORE INTO sync_queue (op_id, action_id, table_name,"
                       " record_id, operation, restore, base_version, data, priority, timestamp,"
                       " user, status, seq, answered_at)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       error)
         && for_each (self,
                      bp_store_prepare (self->from, error,
                                        "SELECT table_name, record_id, field, op_id, amount, seq"
                                        " FROM sync_effects"
                                        " ORDER BY table_name, record_id, field, op_id", ""),
                      carry_effect, error);
}

static gboolean
is_of_device (const char *name)
{
  static const char *const kept[] = {
    "device.", "server.", "store.", "token.", "folder.", "pair.", "backoff.", "push.", "skew",
    "demo", "last_sync", "last_error", "data.",
  };

  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    {
      if (g_str_has_prefix (name, kept[i]))
        return TRUE;
    }

  return FALSE;
}

static gboolean
carry_value (const Carry  *self,
             sqlite3_stmt *statement,
             GError      **error)
{
  const char *name = bp_column_get_text (statement, 0);

  return !is_of_device (name)
         || bp_store_set_value (self->to, name, bp_column_get_text (statement, 1), error);
}

/* Of a folder that was never paired, the restored identity holds. */
static gboolean
carry_identity (const Carry *self,
                GError     **error)
{
  g_autofree char *paired = bp_store_get_value (self->from, "store.id");
  gint64 attempt = MAX (bp_store_get_number (self->from, "attempt", 0),
                        bp_store_get_number (self->to, "attempt", 0));

  if (attempt > 0 && !bp_store_set_number (self->to, "attempt", attempt, error))
    return FALSE;
  if (!copy_rows (self,
                  "SELECT prefix, financial_year, last FROM number_series"
                  " ORDER BY prefix, financial_year",
                  "INSERT INTO number_series (prefix, financial_year, last) VALUES (?, ?, ?)"
                  " ON CONFLICT DO UPDATE SET last = max (last, excluded.last)",
                  error)
      || !copy_rows (self,
                     "SELECT table_name, alias, record_id FROM sync_aliases"
                     " ORDER BY table_name, alias, record_id",
                     "INSERT OR IGNORE INTO sync_aliases VALUES (?, ?, ?)", error))
    return FALSE;

  return paired == NULL
         || for_each (self,
                      bp_store_prepare (self->from, error,
                                        "SELECT name, value FROM sync_state ORDER BY name", ""),
                      carry_value, error);
}

/**
 * bp_store_refresh_all:
 * @self: a store, in a transaction
 * @error: #BpDatabaseError
 *
 * Gives each record that waits, or is said to, the status that follows from
 * queue and conflicts.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_refresh_all (BpStore *self,
                      GError **error)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);
      g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *sql = NULL;

      sql = g_strdup_printf ("SELECT id FROM %s_local WHERE sync_status <> 'synced'"
                             " UNION SELECT record_id FROM sync_base WHERE table_name = ?1"
                             " ORDER BY 1", table->name);
      if (!list_records (self, sql, table->name, ids, error))
        return FALSE;
      for (guint n = 0; n < ids->len; n++)
        {
          if (!bp_store_refresh_status (self, table, ids->pdata[n], error))
            return FALSE;
        }
    }

  return TRUE;
}

static gboolean
carry_over (BpStore *to,
            gpointer user_data,
            GError **error)
{
  const Carry *self = user_data;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (!carry_table (self, bp_table_get (i), error))
        return FALSE;
    }

  /* Figures are of two times until the next pull, priorities of two devices'
   * settings until now. */
  return carry_conflicts (self, error) && carry_queue (self, error)
         && bp_store_set_value (to, BP_STORE_LEVELLED_FOR, BP_STORE_NOT_LEVELLED, error)
         && bp_store_level_queue (to, error)
         && carry_identity (self, error) && bp_store_refresh_all (to, error)
         && bp_store_set_number (to, BP_STORE_SETTLED, 0, error);
}

/**
 * bp_store_carry_over:
 * @self: the books that are to be replaced, locked; only read
 * @restored: the ones that take their place
 * @error: #BpDatabaseError
 *
 * Nothing that waits, failed or is in conflict in @self is missing from
 * @restored afterwards; no number, and no attempt, is given out again.
 *
 * Returns: whether it succeeded; @restored is as before where not
 */
gboolean
bp_store_carry_over (BpStore *self,
                     BpStore *restored,
                     GError **error)
{
  Carry data = { self, restored };

  return bp_store_transact (restored, carry_over, &data, error);
}
