/* Whether the books agree with themselves. */
#include "config.h"

#include "bp-json.h"
#include "bp-setting.h"
#include "bp-store-sync-private.h"

typedef struct
{
  BpStore *store;
  GPtrArray *faults; /* (unowned) (element-type utf8) */
} Check;

static void
add_fault (Check      *self,
           const char *fault,
           const char *table,
           const char *id)
{
  g_autoptr (GString) json = g_string_new ("{");

  bp_json_append_string_member (json, "fault", fault);
  bp_json_append_string_member (json, "table", table);
  bp_json_append_string_member (json, "id", id);
  g_string_append_c (json, '}');
  g_ptr_array_add (self->faults, g_strndup (json->str, json->len));
}

/* Each row of the query is a fault: its id, and more to say of it. */
static gboolean
add_found (Check        *self,
           sqlite3_stmt *given,
           const char   *fault,
           const char   *table,
           GError      **error)
{
  g_autoptr (BpStatement) statement = given;
  gboolean has_row = statement != NULL;

  while (has_row)
    {
      const char *detail;
      g_autofree char *text = NULL;

      if (!bp_database_step (bp_store_get_database (self->store), statement, &has_row, error))
        return FALSE;
      if (!has_row)
        break;
      detail = bp_column_get_text (statement, 1);
      text = g_strconcat (fault, detail != NULL && detail[0] != '\0' ? ": " : "", detail, NULL);
      add_fault (self, text, table, bp_column_get_text (statement, 0));
    }

  return statement != NULL;
}

/* In @format `%` stands for the table's name; the query has it as ?1, too. */
static gboolean
check_with (Check         *self,
            const BpTable *table,
            const char    *fault,
            const char    *format,
            GError       **error)
{
  g_auto (GStrv) parts = g_strsplit (format, "%", -1);
  g_autofree char *sql = g_strjoinv (table->name, parts);

  return add_found (self, bp_store_prepare (self->store, error, sql, "s", table->name), fault,
                    table->name, error);
}

static gboolean
check_statuses (Check         *self,
                const BpTable *table,
                GError       **error)
{
  static const struct
  {
    const char *fault;
    const char *sql;
  } queries[] = {
    { "its status does not fit the queue",
      "SELECT id, shown || ' is shown, ' || wanted || ' is right' FROM"
      " (SELECT id, sync_status AS shown, CASE"
      "   WHEN EXISTS (SELECT 1 FROM sync_conflicts AS c WHERE c.table_name = ?1"
      "    AND c.record_id = r.id AND c.decision IS NULL) THEN 'conflict'"
      "   WHEN EXISTS (SELECT 1 FROM sync_queue AS q WHERE q.table_name = ?1"
      "    AND q.record_id = r.id AND q.status <> 'synced' AND q.status = 'failed')"
      "    THEN 'failed'"
      "   WHEN EXISTS (SELECT 1 FROM sync_queue AS q WHERE q.table_name = ?1"
      "    AND q.record_id = r.id AND q.status <> 'synced') THEN 'pending'"
      "   ELSE 'synced' END AS wanted"
      "  FROM %_local AS r)"
      " WHERE shown <> wanted ORDER BY id" },
    { "an operation waits for a record that is not here",
      "SELECT DISTINCT record_id, '' FROM sync_queue WHERE table_name = ?1"
      " AND status <> 'synced' AND record_id NOT IN (SELECT id FROM %_local)"
      " ORDER BY record_id" },
    { "a conflict is open on a record that is not here",
      "SELECT record_id, '' FROM sync_conflicts WHERE table_name = ?1"
      " AND decision IS NULL AND record_id NOT IN (SELECT id FROM %_local)"
      " ORDER BY record_id" },
    { "more than one conflict is open",
      "SELECT record_id, '' FROM sync_conflicts WHERE table_name = ?1 AND decision IS NULL"
      " GROUP BY record_id HAVING count (*) > 1 ORDER BY record_id" },
    { "a base is kept of a record that is not here",
      "SELECT record_id, '' FROM sync_base WHERE table_name = ?1"
      " AND record_id NOT IN (SELECT id FROM %_local) ORDER BY record_id" },
    { "a base is kept of a record that does not wait",
      "SELECT record_id, '' FROM sync_base AS b WHERE table_name = ?1"
      " AND NOT EXISTS (SELECT 1 FROM sync_queue AS q WHERE q.table_name = ?1"
      "  AND q.record_id = b.record_id AND q.status <> 'synced')"
      " AND NOT EXISTS (SELECT 1 FROM sync_conflicts AS c WHERE c.table_name = ?1"
      "  AND c.record_id = b.record_id AND c.decision IS NULL)"
      " ORDER BY record_id" },
    { "it waits without a base",
      "SELECT DISTINCT record_id, '' FROM sync_queue AS q WHERE table_name = ?1"
      " AND status <> 'synced' AND NOT EXISTS (SELECT 1 FROM sync_base AS b"
      "  WHERE b.table_name = ?1 AND b.record_id = q.record_id) ORDER BY record_id" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      if (!check_with (self, table, queries[i].fault, queries[i].sql, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
check_types (Check         *self,
             const BpTable *table,
             GError       **error)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpField *field = &table->fields[i];
      g_autofree char *sql = NULL;

      if (bp_field_is_text (field))
        continue;
      sql = g_strdup_printf ("SELECT id, '%s' FROM %s_local"
                             " WHERE typeof (%s) NOT IN ('integer', 'null')"
                             " OR %s NOT BETWEEN -%" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT
                             " ORDER BY id", field->name, table->name, field->name, field->name,
                             BP_INTEGER_MAX, BP_INTEGER_MAX);
      if (!add_found (self, bp_store_prepare (self->store, error, sql, ""),
                      "not a whole number in range", table->name, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
check_lines (Check         *self,
             const BpTable *table,
             GError       **error)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      const char *name = table->fields[i].name;
      g_autofree char *sql = NULL;

      if (table->fields[i].type != BP_FIELD_LINES)
        continue;
      sql = g_strdup_printf ("SELECT id, '' FROM %s_local AS r WHERE"
                             " (SELECT json_group_array (json_array (product_id, quantity, total))"
                             "  FROM (SELECT * FROM sale_lines WHERE sale_row = r.row"
                             "   ORDER BY position))"
                             " <> (SELECT json_group_array (json_array (value ->> 'product_id',"
                             "   coalesce (value ->> 'quantity', 0),"
                             "   coalesce (value ->> 'total', 0)))"
                             "  FROM (SELECT value FROM json_each (CASE WHEN r.is_deleted"
                             "   OR NOT json_valid (coalesce (r.%s, '[]'))"
                             "   THEN '[]' ELSE coalesce (r.%s, '[]') END) ORDER BY key))"
                             " ORDER BY id", table->name, name, name);
      if (!add_found (self, bp_store_prepare (self->store, error, sql, ""),
                      "what is exploded from its lines is not in step", table->name, error))
        return FALSE;
      g_free (sql);
      sql = g_strdup_printf ("SELECT DISTINCT NULL, sale_row FROM sale_lines WHERE sale_row"
                             " NOT IN (SELECT row FROM %s_local) ORDER BY sale_row", table->name);
      if (!add_found (self, bp_store_prepare (self->store, error, sql, ""),
                      "lines are kept of a record that is not here", table->name, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
check_strays (Check   *self,
              GError **error)
{
  return add_found (self, bp_store_prepare (self->store, error,
                                            "SELECT record_id, table_name || '.' || field"
                                            " FROM sync_effects WHERE seq IS NULL AND op_id NOT IN"
                                            " (SELECT op_id FROM sync_queue"
                                            "  WHERE status <> 'synced')"
                                            " ORDER BY table_name, record_id, field", ""),
                    "a figure is moved by an operation that does not wait", NULL, error);
}

/* What belongs to each sum, and how young the youngest of it is: a void sale
 * adds nothing, but a figure that is older still holds it. */
#define SALE_SIGN "CASE WHEN s.status <> 'posted' THEN 0 WHEN s.kind = 'return' THEN -1 ELSE 1 END"
#define SALES "sales_local AS s WHERE s.is_deleted = 0 AND coalesce (s.status, '') <> 'draft'"

static const struct
{
  const char *table;
  const char *field;
  const char *facts; /* id, amount, seq */
} sums[] = {
  { "products", "stock",
    "SELECT product_id AS id, quantity AS amount, abs (seq) AS seq FROM stock_movements_local"
    " WHERE is_deleted = 0"
    " UNION ALL SELECT l.product_id, - l.quantity * " SALE_SIGN ", abs (s.seq)"
    " FROM sale_lines AS l JOIN sales_local AS s ON s.row = l.sale_row"
    " WHERE s.is_deleted = 0 AND coalesce (s.status, '') <> 'draft'" },
  { "sales", "paid",
    "SELECT sale_id AS id, amount, abs (seq) AS seq FROM payments_local WHERE is_deleted = 0" },
  { "customers", "balance",
    "SELECT s.customer_id AS id, s.total_amount * " SALE_SIGN " AS amount, abs (s.seq) AS seq"
    " FROM " SALES
    " UNION ALL SELECT customer_id, - amount, abs (seq) FROM payments_local"
    " WHERE is_deleted = 0 AND sale_id IS NULL"
    " UNION ALL SELECT s.customer_id, - p.amount, max (abs (p.seq), abs (s.seq))"
    " FROM payments_local AS p JOIN sales_local AS s ON s.id = p.sale_id"
    " WHERE p.is_deleted = 0 AND s.is_deleted = 0" },
};

/* Where the server has a say, only figures that are not ahead of what was
 * pulled, as a restored folder's may be; of records that wait, or after an
 * answer, only those that nothing here is younger than, and none while a pull
 * is under way. A sale's row seems younger than it is once it was paid. */
static gboolean
check_sums (Check   *self,
            gboolean paired,
            GError **error)
{
  gint64 settled = bp_store_get_number (self->store, BP_STORE_SETTLED, 0);

  for (guint i = 0; i < G_N_ELEMENTS (sums); i++)
    {
      const char *table = sums[i].table;
      const char *field = sums[i].field;
      g_autofree char *sql = NULL;

      sql = g_strdup_printf ("SELECT r.id, '%s is ' || coalesce (r.%s, 0) || ', the sum is '"
                             "  || coalesce (f.amount, 0)"
                             " FROM %s_local AS r LEFT JOIN"
                             "  (SELECT id, sum (amount) AS amount, max (seq) AS seq FROM (%s)"
                             "   WHERE id IS NOT NULL GROUP BY id) AS f ON f.id = r.id"
                             " WHERE r.is_deleted = 0"
                             " AND coalesce (r.%s, 0) <> coalesce (f.amount, 0)"
                             " AND (?1 = 0 OR (?3 > 0 AND r.sync_status = 'synced'"
                             "  AND abs (r.seq) <= ?2)"
                             "  OR (?3 = 0 AND r.version > 0 AND coalesce (f.seq, 0) <= abs (r.seq)"
                             "  AND abs (r.seq) <= ?2"
                             "  AND NOT EXISTS (SELECT 1 FROM sync_effects AS e"
                             "   WHERE e.table_name = '%s' AND e.record_id = r.id)))"
                             "%s ORDER BY r.id", field, field, table, sums[i].facts, field, table,
                             g_str_equal (table, "sales")
                             ? " AND coalesce (r.status, '') <> 'draft'" : "");
      if (!add_found (self,
                      bp_store_prepare (self->store, error, sql, "iii", (gint64)paired,
                                        bp_store_get_cursor (self->store, bp_table_find (table)),
                                        settled),
                      "a figure is not the sum of its facts", table, error))
        return FALSE;
    }

  return TRUE;
}

/* A fact that is not shown as the server has it: its figures are ahead. */
static gboolean
has_newer_fact (BpStore  *self,
                gboolean *newer,
                GError  **error)
{
  *newer = FALSE;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);
      gint64 found = 0;

      if (table->fact
          && !bp_store_ask (self, &found, error,
                            "SELECT EXISTS (SELECT 1 FROM sync_base"
                            " WHERE table_name = ? AND server IS NOT NULL)", "s", table->name))
        return FALSE;
      *newer = *newer || found != 0;
    }

  return TRUE;
}

/* Sums can be worked out where all facts are here: all pulled, up to the same
 * change, and none left out by the user's choice, which what is here was pulled
 * by until the next pull. A state that came with an answer may be ahead of the
 * figures it moves. */
static gboolean
has_all_facts (BpStore *self)
{
  static const char *const needed[] = {
    "products", "customers", "sales", "payments", "stock_movements"
  };
  g_autofree char *tables = bp_store_get_device_setting (self, "sync.tables");
  g_autofree char *from = bp_store_get_device_setting (self, "sync.from");
  g_autofree char *pulled_from = bp_store_get_value (self, BP_STORE_PULLED_FROM);
  guint selected = bp_setting_get_tables (tables);
  gint64 cursor = bp_store_get_cursor (self, bp_table_find (needed[0]));

  if ((from != NULL && from[0] != '\0') || pulled_from != NULL
      || bp_store_get_recovering (self) != 0 || cursor == 0
      || cursor < bp_store_get_number (self, BP_STORE_FIGURES, 0))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (needed); i++)
    {
      const BpTable *table = bp_table_find (needed[i]);

      if (!(selected & (1u << bp_table_get_index (table))) || bp_store_is_from_zero (self, table)
          || bp_store_get_cursor (self, table) != cursor)
        return FALSE;
    }

  return TRUE;
}

static gboolean
check_books (Check   *self,
             GError **error)
{
  g_autofree char *epoch = bp_store_get_value (self->store, "epoch");
  gboolean newer;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      if (!check_statuses (self, table, error) || !check_types (self, table, error)
          || !check_lines (self, table, error))
        return FALSE;
    }
  if (!check_strays (self, error) || !has_newer_fact (self->store, &newer, error))
    return FALSE;

  return (epoch != NULL && (newer || !has_all_facts (self->store)))
         || check_sums (self, epoch != NULL, error);
}

static gboolean
check (BpStore *store,
       gpointer user_data,
       GError **error)
{
  Check *self = user_data;
  g_autoptr (GPtrArray) damage = g_ptr_array_new_with_free_func (g_free);

  if (!bp_database_check (bp_store_get_database (store), damage, error))
    return FALSE;
  for (guint i = 0; i < damage->len; i++)
    add_fault (self, damage->pdata[i], NULL, NULL);

  /* Of a damaged file no more can be said with certainty. */
  return damage->len > 0 || check_books (self, error);
}

/**
 * bp_store_check:
 * @self: a store
 * @faults: (element-type utf8): gets a JSON object for each fault, with the
 *   members `fault`, `table` and `id`
 * @error: #BpDatabaseError where the check itself failed
 *
 * Checks the file, and the books: statuses against queue and conflicts, bases,
 * effects and lines, numbers, and, where all facts are here, that figures are
 * their sums.
 *
 * Returns: whether the check ran to its end; all is well where it also added
 *   nothing
 */
gboolean
bp_store_check (BpStore   *self,
                GPtrArray *faults,
                GError   **error)
{
  Check data = { self, faults };
  g_autoptr (GError) reason = NULL;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  if (bp_store_transact (self, check, &data, &reason))
    return TRUE;
  if (!g_error_matches (reason, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT))
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }

  /* A file can be too damaged for the check to end: that, too, is a fault. */
  add_fault (&data, reason->message, NULL, NULL);
  return TRUE;
}
