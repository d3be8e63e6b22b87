/* Reading records, and the search. */
#include "config.h"

#include "bp-store-private.h"
#include "bp-store-selection.h"

#include <string.h>

static BpRow *
report (BpRow         *row,
        const BpTable *table,
        const char    *id,
        GError        *problem,
        GError       **error)
{
  if (problem != NULL)
    g_propagate_error (error, problem);
  else if (row == NULL)
    g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND,
                 "There is no record %s in %s", id, table->name);
  return row;
}

/**
 * bp_store_get:
 * @self: a store
 * @table: a table
 * @id: a record's id
 * @error: %BP_STORE_ERROR_NOT_FOUND, #BpDatabaseError
 *
 * Returns: (transfer full): the record, also a deleted one
 */
BpRow *
bp_store_get (BpStore       *self,
              const BpTable *table,
              const char    *id,
              GError       **error)
{
  GError *problem = NULL;
  BpRow *row;

  bp_store_lock (self);
  bp_store_read_row (self, table, id, &row, &problem);
  bp_store_unlock (self);
  return report (row, table, id, problem, error);
}

/**
 * bp_store_get_referred:
 * @self: a store
 * @table: a table
 * @id: an id that something refers to, maybe one by which a record was known
 *   before it became another
 * @error: %BP_STORE_ERROR_NOT_FOUND, #BpDatabaseError
 *
 * Returns: (transfer full): the record that is meant, also a deleted one
 */
BpRow *
bp_store_get_referred (BpStore       *self,
                       const BpTable *table,
                       const char    *id,
                       GError       **error)
{
  GError *problem = NULL;
  g_autofree char *other = NULL;
  BpRow *row;

  bp_store_lock (self);
  bp_store_read_row (self, table, id, &row, &problem);
  if (row == NULL && problem == NULL)
    other = bp_store_find_alias (self, table, id, &problem);
  if (other != NULL)
    bp_store_read_row (self, table, other, &row, &problem);
  bp_store_unlock (self);
  return report (row, table, id, problem, error);
}

/**
 * bp_store_find_by_key:
 * @self: a store
 * @table: a table
 * @field: one of its fields of text
 * @value: compared byte for byte
 * @error: %BP_STORE_ERROR_NOT_FOUND, #BpDatabaseError
 *
 * Returns: (transfer full): the id of the living record that has it, the
 *   oldest where several have
 */
char *
bp_store_find_by_key (BpStore       *self,
                      const BpTable *table,
                      const char    *field,
                      const char    *value,
                      GError       **error)
{
  g_autoptr (BpStatement) statement = NULL;
  g_autofree char *sql = NULL;
  gboolean has_row = FALSE, ok;
  char *id = NULL;

  g_return_val_if_fail (bp_table_find_field (table, field) >= 0, NULL);

  sql = g_strdup_printf ("SELECT id FROM %s_local WHERE %s = ? AND +is_deleted = 0"
                         " ORDER BY row LIMIT 1", table->name, field);
  bp_store_lock (self);
  statement = bp_store_prepare (self, error, sql, "s", value);
  ok = statement != NULL
       && bp_database_step (bp_store_get_database (self), statement, &has_row, error);
  if (ok && has_row)
    id = bp_column_dup_text (statement, 0);
  g_clear_pointer (&statement, bp_database_release);
  bp_store_unlock (self);

  if (ok && id == NULL)
    g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND,
                 "No record in %s has the %s “%s”", table->name, field, value);
  return id;
}

/**
 * bp_store_make_search:
 * @search: (nullable): what a user typed
 *
 * Makes a query for FTS5 of it: each word is a beginning to be found, whatever
 * signs it holds.
 *
 * Returns: (transfer full) (nullable): the query; %NULL where no word was typed
 */
char *
bp_store_make_search (const char *search)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_auto (GStrv) words = NULL;

  if (search == NULL)
    return NULL;

  words = g_strsplit_set (search, " \t\r\n\v\f", -1);
  for (guint i = 0; words[i] != NULL; i++)
    {
      g_auto (GStrv) parts = NULL;
      g_autofree char *quoted = NULL;

      if (words[i][0] == '\0' || !g_utf8_validate (words[i], -1, NULL))
        continue;
      parts = g_strsplit (words[i], "\"", -1);
      quoted = g_strjoinv ("\"\"", parts);
      g_string_append_printf (query, "%s\"%s\"*", query->len > 0 ? " " : "", quoted);
    }

  return query->len > 0 ? g_strdup (query->str) : NULL;
}

static gboolean
is_searched (const BpTable *table)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_SEARCHED)
        return TRUE;
    }

  return FALSE;
}

/* What has no words of its own is found by those of what it refers to. */
static char *
make_search_by_reference (const BpTable *table)
{
  g_autoptr (GString) sql = g_string_new ("(:search IS NULL AND :typed IS NULL");

  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpField *field = &table->fields[i];

      if (field->type == BP_FIELD_REFERENCE && is_searched (bp_table_find (field->detail)))
        g_string_append_printf (sql, " OR %s IN (SELECT id FROM %s_local WHERE row IN"
                                " (SELECT rowid FROM %s_search WHERE %s_search MATCH :search))",
                                field->name, field->detail, field->detail, field->detail);
    }
  g_string_append_c (sql, ')');
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/**
 * bp_store_get_search_sql:
 * @table: a table
 *
 * Returns: (transfer full): a condition that needs `:search`, of
 *   bp_store_make_search(), and `:typed`, the text as typed, without blanks
 *   around: a number by which a record was known before is found, too
 */
char *
bp_store_get_search_sql (const BpTable *table)
{
  if (!is_searched (table))
    return make_search_by_reference (table);

  return g_strdup_printf ("row IN (SELECT rowid FROM %s_search WHERE %s_search MATCH :search"
                          "  UNION SELECT row FROM %s_local WHERE id IN"
                          "   (SELECT record_id FROM sync_aliases"
                          "    WHERE table_name = '%s' AND alias >= :typed"
                          "     AND alias < :typed || char (1114111)))",
                          table->name, table->name, table->name, table->name);
}

/* "+" keeps SQLite from looking living records up by name, only to sort them
 * by row. */
static char *
make_list_sql (const BpListFilter *filter,
               const BpSelection  *selection,
               gboolean            searched)
{
  g_autofree char *search = searched ? bp_store_get_search_sql (filter->table) : NULL;
  g_autofree char *shown = bp_selection_to_sql (selection);

  return g_strdup_printf ("SELECT %s FROM %s_local WHERE %s AND %s AND %s ORDER BY row%s",
                          bp_store_get_columns_sql (filter->table), filter->table->name,
                          filter->deleted ? "1" : "+is_deleted = 0", searched ? search : "1",
                          shown, filter->limit >= 0 ? " LIMIT :limit" : "");
}

static gboolean
walk (BpStore       *self,
      const BpTable *table,
      sqlite3_stmt  *statement,
      BpRowFunc      func,
      gpointer       user_data,
      GError       **error)
{
  gboolean has_row = TRUE, go_on = TRUE;

  while (go_on)
    {
      g_autoptr (BpRow) row = NULL;

      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      row = bp_store_row_from_statement (table, statement);
      go_on = func (row, user_data);
    }

  return TRUE;
}

static gboolean
list_rows (BpStore            *self,
           const BpListFilter *filter,
           BpRowFunc           func,
           gpointer            user_data,
           GError            **error)
{
  BpDatabase *database = bp_store_get_database (self);
  g_auto (BpSelection) selection = { .table = filter->table };
  g_autofree char *query = bp_store_make_search (filter->search);
  g_autofree char *sql = NULL;
  g_autoptr (BpStatement) statement = NULL;

  if (filter->selected && !bp_selection_read (&selection, database, filter->table, error))
    return FALSE;
  sql = make_list_sql (filter, &selection, query != NULL);
  statement = bp_database_prepare (database, sql, error);
  if (statement == NULL)
    return FALSE;

  bp_selection_bind (&selection, statement);
  if (query != NULL)
    {
      g_autofree char *typed = g_strstrip (g_strdup (filter->search));

      bp_bind_text (statement, ":search", query);
      bp_bind_text (statement, ":typed", typed);
    }
  if (filter->limit >= 0)
    bp_bind_integer (statement, ":limit", filter->limit);
  return walk (self, filter->table, statement, func, user_data, error);
}

/**
 * bp_store_list:
 * @self: a store
 * @filter: which records
 * @func: (scope call): called for each; must not write to the store
 * @user_data: for @func
 * @error: #BpDatabaseError
 *
 * Lists records, oldest first.
 *
 * Returns: whether it came to the end, or to where @func stopped
 */
gboolean
bp_store_list (BpStore            *self,
               const BpListFilter *filter,
               BpRowFunc           func,
               gpointer            user_data,
               GError            **error)
{
  gboolean ok;

  bp_store_lock (self);
  ok = list_rows (self, filter, func, user_data, error);
  bp_store_unlock (self);
  return ok;
}
