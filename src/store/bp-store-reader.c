/* What lists read, over a connection of its own. */
#include "config.h"

#include "bp-store-reader.h"

#include "bp-store-private.h"
#include "bp-store-selection.h"

struct _BpStoreReader
{
  BpDatabase *database; /* (owned) */
};

/**
 * bp_store_reader_new:
 * @folder: of a store that is, or was, open
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full): a reader
 */
BpStoreReader *
bp_store_reader_new (const char *folder,
                     GError    **error)
{
  g_autofree char *path = g_build_filename (folder, BP_STORE_FILE, NULL);
  BpDatabase *database = bp_store_open_database (path, BP_DATABASE_READER, error);
  BpStoreReader *self;

  if (database == NULL)
    return NULL;

  self = g_new0 (BpStoreReader, 1);
  self->database = database;
  return self;
}

/**
 * bp_store_reader_free:
 * @self: (nullable) (transfer full): a reader
 */
void
bp_store_reader_free (BpStoreReader *self)
{
  if (self == NULL)
    return;

  bp_database_close (self->database);
  g_free (self);
}

/**
 * bp_store_reader_get_database:
 * @self: a reader
 *
 * Returns: (transfer none): its connection
 */
BpDatabase *
bp_store_reader_get_database (BpStoreReader *self)
{
  return self->database;
}

/* Facts by their time, all else by its first field: a name, or the id where
 * that is the meaning. */
static const char *
get_natural_sort (const BpTable *table)
{
  if (table->keyed)
    return "id";
  if (!table->fact)
    return table->fields[0].name;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].type == BP_FIELD_TIME)
        return table->fields[i].name;
    }

  return table->date_field != NULL ? table->date_field : "id";
}

/* A reference is sorted by what people read of it. */
static char *
make_sort_term (const BpTable *table,
                const char    *sort)
{
  int i = bp_table_find_field (table, sort);
  const BpField *field = i >= 0 ? &table->fields[i] : NULL;

  if (field == NULL)
    return g_strdup ("id");
  if (field->type == BP_FIELD_REFERENCE)
    {
      const BpTable *other = bp_table_find (field->detail);

      return g_strdup_printf ("(SELECT %s FROM %s_local AS other WHERE other.id = %s_local.%s)"
                              " COLLATE NOCASE", other->fields[0].name, other->name, table->name,
                              field->name);
    }

  return g_strconcat (field->name, bp_field_is_text (field) ? " COLLATE NOCASE" : "", NULL);
}

static char *
make_order (const BpListQuery *query)
{
  const char *sort = query->sort != NULL ? query->sort : get_natural_sort (query->table);
  const char *direction = query->descending ? " DESC" : "";
  g_autofree char *term = make_sort_term (query->table, sort);

  return g_strdup_printf ("ORDER BY %s%s, row%s", term, direction, direction);
}

static const char *const comparisons[] = {
  [BP_COMPARE_EQUAL] = "=", [BP_COMPARE_OTHER] = "<>", [BP_COMPARE_ABOVE] = ">",
  [BP_COMPARE_BELOW] = "<", [BP_COMPARE_AT_MOST] = "<=",
};

static void
append_operand (GString       *sql,
                const BpTable *table,
                const char    *name)
{
  int i = bp_table_find_field (table, name);

  g_return_if_fail (i >= 0);

  if (bp_field_is_text (&table->fields[i]))
    g_string_append (sql, name);
  else
    g_string_append_printf (sql, "coalesce (%s, 0)", name);
}

/* Texts are parameters, named by their condition's place. */
static char *
make_conditions (const BpListQuery *query)
{
  GString *sql = g_string_new (NULL);

  for (guint i = 0; i < query->n_conditions; i++)
    {
      const BpCondition *condition = &query->conditions[i];

      g_string_append (sql, " AND ");
      append_operand (sql, query->table, condition->field);
      g_string_append_printf (sql, " %s ", comparisons[condition->comparison]);
      if (condition->other != NULL)
        append_operand (sql, query->table, condition->other);
      else
        g_string_append_printf (sql, ":condition%u", i);
    }

  return g_string_free (sql, FALSE);
}

static void
bind_conditions (const BpListQuery *query,
                 sqlite3_stmt      *statement)
{
  for (guint i = 0; i < query->n_conditions; i++)
    {
      const BpCondition *condition = &query->conditions[i];
      g_autofree char *name = g_strdup_printf (":condition%u", i);

      if (condition->other != NULL)
        continue;
      if (condition->text != NULL)
        bp_bind_text (statement, name, condition->text);
      else
        bp_bind_integer (statement, name, condition->integer);
    }
}

static char *
make_query (const BpListQuery *query,
            const BpSelection *selection,
            gboolean           searched,
            guint              limit)
{
  g_autofree char *search = searched ? bp_store_get_search_sql (query->table) : NULL;
  g_autofree char *order = make_order (query);
  g_autofree char *shown = bp_selection_to_sql (selection);
  g_autofree char *conditions = make_conditions (query);

  return g_strdup_printf ("SELECT row FROM %s_local WHERE is_deleted = 0 AND %s%s%s%s%s %s%s",
                          query->table->name, shown,
                          searched ? " AND " : "", searched ? search : "",
                          query->status > BP_RECORD_SYNCED
                            ? " AND sync_status <> 'synced' AND sync_status = :status"
                          : query->status == BP_RECORD_SYNCED ? " AND sync_status = :status" : "",
                          conditions, order, limit > 0 ? " LIMIT :limit" : "");
}

static GArray *
collect_rows (BpStoreReader *self,
              sqlite3_stmt  *statement,
              GError       **error)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (guint32));
  gboolean has_row = TRUE;

  while (has_row)
    {
      guint32 row;

      if (!bp_database_step (self->database, statement, &has_row, error))
        return NULL;
      if (!has_row)
        break;
      row = (guint32)bp_column_get_integer (statement, 0);
      g_array_append_val (rows, row);
    }

  return g_steal_pointer (&rows);
}

/**
 * bp_store_reader_list:
 * @self: a reader
 * @query: which records, in which order
 * @limit: at most so many; 0 for all
 * @error: #BpDatabaseError
 *
 * Lists living records, but for those that this device's user has chosen not
 * to see. Text is sorted without regard to the case of ASCII
 * letters, a reference by the first field of what it refers to; equal ones
 * oldest first (or last, where descending).
 *
 * Returns: (transfer full) (element-type guint32): their row numbers
 */
GArray *
bp_store_reader_list (BpStoreReader     *self,
                      const BpListQuery *query,
                      guint              limit,
                      GError           **error)
{
  g_autofree char *search = bp_store_make_search (query->search);
  g_auto (BpSelection) selection = { NULL };
  g_autofree char *sql = NULL;
  g_autoptr (BpStatement) statement = NULL;

  if (!bp_selection_read (&selection, self->database, query->table, error))
    return NULL;
  sql = make_query (query, &selection, search != NULL, limit);
  statement = bp_database_prepare (self->database, sql, error);
  if (statement == NULL)
    return NULL;

  bp_selection_bind (&selection, statement);
  if (search != NULL)
    {
      g_autofree char *typed = g_strstrip (g_strdup (query->search));

      bp_bind_text (statement, ":search", search);
      bp_bind_text (statement, ":typed", typed);
    }
  if (query->status >= 0)
    bp_bind_text (statement, ":status",
                  bp_record_status_to_string ((BpRecordStatus)query->status));
  if (limit > 0)
    bp_bind_integer (statement, ":limit", limit);
  bind_conditions (query, statement);

  return collect_rows (self, statement, error);
}

/**
 * bp_store_reader_read:
 * @self: a reader
 * @table: a table
 * @rows: (array length=n_rows): row numbers of bp_store_reader_list()
 * @n_rows: how many
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpRow): the records, with the titles
 *   of what they refer to, in the order of @rows; %NULL for one that is no
 *   longer there
 */
GPtrArray *
bp_store_reader_read (BpStoreReader *self,
                      const BpTable *table,
                      const guint32 *rows,
                      guint          n_rows,
                      GError       **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT %s FROM %s_local WHERE row = :row",
                                          bp_store_get_columns_sql (table), table->name);
  g_autoptr (BpStatement) statement = bp_database_prepare (self->database, sql, error);
  g_autoptr (GPtrArray) found = NULL;

  if (statement == NULL)
    return NULL;

  found = g_ptr_array_new_full (n_rows, (GDestroyNotify)bp_row_free);
  for (guint i = 0; i < n_rows; i++)
    {
      gboolean has_row;

      bp_bind_integer (statement, ":row", rows[i]);
      if (!bp_database_step (self->database, statement, &has_row, error))
        return NULL;
      g_ptr_array_add (found, has_row ? bp_store_row_from_statement (table, statement) : NULL);
      sqlite3_reset (statement);
      if (has_row && !bp_store_add_titles (self->database, found->pdata[i], error))
        return NULL;
    }

  return g_steal_pointer (&found);
}

static gboolean
count_by_status (BpStoreReader *self,
                 const BpTable *table,
                 BpListCounts  *counts,
                 GError       **error)
{
  g_autofree char *sql
    = g_strdup_printf ("SELECT sync_status, count (*) FROM %s_local"
                       " WHERE sync_status <> 'synced' AND is_deleted = 0"
                       " GROUP BY sync_status ORDER BY sync_status", table->name);
  g_autoptr (BpStatement) statement = bp_database_prepare (self->database, sql, error);
  gboolean has_row = TRUE;

  while (statement != NULL && has_row)
    {
      if (!bp_database_step (self->database, statement, &has_row, error))
        return FALSE;
      for (guint i = 0; has_row && i < G_N_ELEMENTS (counts->by_status); i++)
        {
          if (g_strcmp0 (bp_column_get_text (statement, 0),
                         bp_record_status_to_string ((BpRecordStatus)i)) == 0)
            counts->by_status[i] = bp_column_get_integer (statement, 1);
        }
    }

  return statement != NULL;
}

static gboolean
count_matching (BpStoreReader     *self,
                const BpListQuery *query,
                BpListCounts      *counts,
                GError           **error)
{
  g_auto (BpSelection) selection = { NULL };
  g_autofree char *shown = NULL;
  g_autofree char *conditions = make_conditions (query);
  g_autofree char *sql = NULL;
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row;

  if (!bp_selection_read (&selection, self->database, query->table, error))
    return FALSE;
  shown = bp_selection_to_sql (&selection);
  sql = g_strdup_printf ("SELECT count (*) FROM %s_local WHERE is_deleted = 0 AND %s%s",
                         query->table->name, shown, conditions);
  statement = bp_database_prepare (self->database, sql, error);
  if (statement == NULL)
    return FALSE;

  bp_selection_bind (&selection, statement);
  bind_conditions (query, statement);
  if (!bp_database_step (self->database, statement, &has_row, error))
    return FALSE;
  counts->n_matching = bp_column_get_integer (statement, 0);
  return TRUE;
}

/**
 * bp_store_reader_count:
 * @self: a reader
 * @query: a table, and conditions if any; no search, order or status
 * @counts: (out): how many living records there are of what needs attention;
 *   none matches where there are no conditions
 * @error: #BpDatabaseError
 *
 * Returns: whether they could be counted
 */
gboolean
bp_store_reader_count (BpStoreReader     *self,
                       const BpListQuery *query,
                       BpListCounts      *counts,
                       GError           **error)
{
  *counts = (BpListCounts){ { 0 }, 0 };
  return count_by_status (self, query->table, counts, error)
         && (query->n_conditions == 0 || count_matching (self, query, counts, error));
}

/**
 * bp_store_reader_get_version:
 * @self: a reader
 *
 * Returns: a number that changes when anybody has written
 */
gint64
bp_store_reader_get_version (BpStoreReader *self)
{
  return bp_database_get_data_version (self->database);
}
