/* What refers to a record: for who is to decide whether it may go. */
#include "config.h"

#include "bp-store-private.h"
#include "bp-store-reader.h"

static gboolean
count (BpStoreReader *self,
       const char    *sql,
       const char    *id,
       gint64        *n,
       GError       **error)
{
  g_autoptr (BpStatement) statement
    = bp_database_prepare (bp_store_reader_get_database (self), sql, error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":id", id);
  if (!bp_database_step (bp_store_reader_get_database (self), statement, &has_row, error))
    return FALSE;

  *n = has_row ? bp_column_get_integer (statement, 0) : 0;
  return TRUE;
}

static char *
make_query (const BpTable *from,
            const BpTable *to)
{
  g_autoptr (GString) where = g_string_new (NULL);

  for (guint i = 0; i < from->n_fields; i++)
    {
      const BpField *field = &from->fields[i];

      if (field->type == BP_FIELD_REFERENCE && g_str_equal (field->detail, to->name))
        g_string_append_printf (where, "%s%s = :id", where->len > 0 ? " OR " : "", field->name);
    }
  if (where->len == 0)
    return NULL;

  return g_strdup_printf ("SELECT count (*) FROM %s_local WHERE is_deleted = 0 AND (%s)",
                          from->name, where->str);
}

static gboolean
are_lines_of (const BpTable *to)
{
  guint n_fields;
  const BpField *fields = bp_table_get_line_fields (&n_fields);

  for (guint i = 0; i < n_fields; i++)
    {
      if (fields[i].type == BP_FIELD_REFERENCE && g_str_equal (fields[i].detail, to->name))
        return TRUE;
    }

  return FALSE;
}

/* By a field, or in a line. */
static gboolean
count_from (BpStoreReader *self,
            BpReferences  *references,
            const BpTable *to,
            const char    *id,
            GError       **error)
{
  g_autofree char *sql = make_query (references->table, to);
  gint64 n_lines = 0;

  if (sql != NULL && !count (self, sql, id, &references->n, error))
    return FALSE;
  if (bp_table_has_lines (references->table) && are_lines_of (to)
      && !count (self, "SELECT count (DISTINCT sale_row) FROM sale_lines WHERE product_id = :id",
                 id, &n_lines, error))
    return FALSE;

  references->n += n_lines;
  return TRUE;
}

/**
 * bp_store_reader_count_references:
 * @self: a reader
 * @table: a table
 * @id: a record, known or not
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpReferences): the tables of which
 *   records refer to it, in the order of tables
 */
GArray *
bp_store_reader_count_references (BpStoreReader *self,
                                  const BpTable *table,
                                  const char    *id,
                                  GError       **error)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (BpReferences));

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      BpReferences references = { bp_table_get (i), 0 };

      if (!count_from (self, &references, table, id, error))
        return NULL;
      if (references.n > 0)
        g_array_append_val (found, references);
    }

  return g_steal_pointer (&found);
}
