/* What was applied, for good, and what facts amount to. */
#include "config.h"

#include "bp-sqlite-backend-private.h"

static gboolean
load_operations (BpBackend  *backend,
                 const char *store_id,
                 GPtrArray  *op_ids,
                 GPtrArray  *remembered,
                 GError    **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "SELECT hash, version, seq FROM operations WHERE store_id = :store_id AND op_id = :op_id",
    error);

  if (statement == NULL)
    return FALSE;

  bp_bind_text (statement, ":store_id", store_id);
  for (guint i = 0; i < op_ids->len; i++)
    {
      gboolean has_row;

      bp_bind_text (statement, ":op_id", op_ids->pdata[i]);
      if (!bp_database_step (database, statement, &has_row, error))
        return FALSE;
      if (has_row)
        {
          BpRemembered *one = g_new0 (BpRemembered, 1);

          one->op_id = g_strdup (op_ids->pdata[i]);
          one->hash = bp_column_dup_text (statement, 0);
          one->version = bp_column_get_integer (statement, 1);
          one->seq = bp_column_get_integer (statement, 2);
          g_ptr_array_add (remembered, one);
        }
      sqlite3_reset (statement);
    }

  return TRUE;
}

static void
bind_entry (sqlite3_stmt     *statement,
            const BpOpRecord *entry)
{
  const BpOperation *operation = entry->operation;

  bp_bind_text (statement, ":op_id", operation->op_id);
  bp_bind_text (statement, ":hash", entry->hash);
  bp_bind_text (statement, ":table_name", operation->table->name);
  bp_bind_text (statement, ":record_id", operation->id);
  bp_bind_text (statement, ":operation", bp_operation_kind_to_string (operation->kind));
  bp_bind_integer (statement, ":version", entry->version);
  bp_bind_integer (statement, ":seq", entry->seq);
  bp_bind_text (statement, ":action_id", operation->action_id);
  bp_bind_text (statement, ":user", operation->user);
  bp_bind_integer (statement, ":modified_at", operation->modified_at);
  bp_bind_text (statement, ":data", entry->data);
}

static gboolean
write_operations (BpBackend      *backend,
                  const BpDevice *device,
                  GPtrArray      *entries,
                  gint64          now,
                  GError        **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "INSERT INTO operations (store_id, op_id, hash, table_name, record_id, operation, version,"
    " seq, action_id, device_id, device_name, user, modified_at, received_at, data)"
    " VALUES (:store_id, :op_id, :hash, :table_name, :record_id, :operation, :version,"
    " :seq, :action_id, :device_id, :device_name, :user, :modified_at, :received_at, :data)",
    error);

  if (statement == NULL)
    return FALSE;

  bp_bind_text (statement, ":store_id", device->store_id);
  bp_bind_text (statement, ":device_id", device->id);
  bp_bind_text (statement, ":device_name", device->name);
  bp_bind_integer (statement, ":received_at", now);
  for (guint i = 0; i < entries->len; i++)
    {
      bind_entry (statement, entries->pdata[i]);
      if (!bp_database_run (database, statement, error))
        return FALSE;
    }

  return TRUE;
}

static BpHistoryEntry *
read_entry (sqlite3_stmt *statement)
{
  BpHistoryEntry *entry = g_new0 (BpHistoryEntry, 1);

  entry->op_id = bp_column_dup_text (statement, 0);
  entry->action_id = bp_column_dup_text (statement, 1);
  bp_operation_kind_from_string (bp_column_get_text (statement, 2), &entry->kind);
  entry->version = bp_column_get_integer (statement, 3);
  entry->seq = bp_column_get_integer (statement, 4);
  entry->modified_at = bp_column_get_integer (statement, 5);
  entry->received_at = bp_column_get_integer (statement, 6);
  entry->device_name = bp_column_dup_text (statement, 7);
  entry->user = bp_column_dup_text (statement, 8);
  entry->data = bp_column_dup_text (statement, 9);
  return entry;
}

static gboolean
load_history (BpBackend            *backend,
              const char           *store_id,
              const BpHistoryQuery *query,
              guint                 limit,
              GPtrArray            *entries,
              GError              **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "SELECT op_id, action_id, operation, version, seq, modified_at, received_at, device_name,"
    " user, data FROM operations"
    " WHERE store_id = :store_id AND table_name = :table_name AND record_id = :record_id"
    " AND seq < :before ORDER BY seq DESC LIMIT :limit",
    error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return FALSE;

  bp_bind_text (statement, ":store_id", store_id);
  bp_bind_text (statement, ":table_name", query->table->name);
  bp_bind_text (statement, ":record_id", query->id);
  bp_bind_integer (statement, ":before", query->before > 0 ? query->before : G_MAXINT64);
  bp_bind_integer (statement, ":limit", limit);
  while (has_row)
    {
      if (!bp_database_step (database, statement, &has_row, error))
        return FALSE;
      if (has_row)
        g_ptr_array_add (entries, read_entry (statement));
    }

  return TRUE;
}

/* The last one that is looked at; %NULL at the end. */
static gboolean
find_place (BpDatabase *database,
            const char *store_id,
            guint       limit,
            char      **place,
            GError    **error)
{
  g_autoptr (BpStatement) statement = bp_database_prepare (
    database,
    "SELECT max (op_id) FROM (SELECT op_id FROM operations"
    " WHERE store_id = :store_id AND op_id > :place ORDER BY op_id LIMIT :limit)",
    error);
  gboolean has_row = FALSE;

  if (statement == NULL)
    return FALSE;

  bp_bind_text (statement, ":store_id", store_id);
  bp_bind_text (statement, ":place", *place != NULL ? *place : "");
  bp_bind_integer (statement, ":limit", limit);
  if (!bp_database_step (database, statement, &has_row, error))
    return FALSE;

  g_free (*place);
  *place = has_row ? bp_column_dup_text (statement, 0) : NULL;
  return TRUE;
}

static gboolean
thin_history (BpBackend  *backend,
              const char *store_id,
              gint64      before,
              guint       limit,
              char      **place,
              GError    **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autofree char *start = g_strdup (*place != NULL ? *place : "");
  g_autoptr (BpStatement) statement = NULL;

  if (!find_place (database, store_id, limit, place, error))
    return FALSE;
  if (*place == NULL)
    return TRUE;

  statement = bp_database_prepare (
    database,
    "UPDATE operations SET data = NULL, user = NULL WHERE store_id = :store_id"
    " AND op_id > :start AND op_id <= :place AND received_at < :before"
    " AND (data IS NOT NULL OR user IS NOT NULL)",
    error);
  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":store_id", store_id);
  bp_bind_text (statement, ":start", start);
  bp_bind_text (statement, ":place", *place);
  bp_bind_integer (statement, ":before", before);
  return bp_database_run (database, statement, error);
}

static gboolean
read_pending (BpDatabase    *database,
              sqlite3_stmt  *statement,
              const BpTable *table,
              BpAmounts     *amounts,
              GError       **error)
{
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);
  gboolean has_row = TRUE;

  bp_bind_text (statement, ":id", amounts->id);
  while (has_row)
    {
      if (!bp_database_step (database, statement, &has_row, error))
        return FALSE;
      for (guint i = 0; has_row && i < n_fields; i++)
        {
          if (g_strcmp0 (bp_column_get_text (statement, 0), table->fields[fields[i]].name) == 0)
            amounts->values[i] = bp_column_get_integer (statement, 1);
        }
    }
  sqlite3_reset (statement);
  return TRUE;
}

static char *
make_amounts_statement (const BpTable *table)
{
  GString *sql = g_string_new ("SELECT is_deleted");
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  for (guint i = 0; i < n_fields; i++)
    g_string_append_printf (sql, ", %s", table->fields[fields[i]].name);
  g_string_append_printf (sql, " FROM %s WHERE store_id = :store_id AND id = :id", table->name);
  return g_string_free (sql, FALSE);
}

static gboolean
load_amounts (BpBackend     *backend,
              const char    *store_id,
              const BpTable *table,
              GPtrArray     *ids,
              GPtrArray     *amounts,
              GError       **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autofree char *sql = make_amounts_statement (table);
  g_autoptr (BpStatement) rows = bp_database_prepare (database, sql, error);
  g_autoptr (BpStatement) pending = bp_database_prepare (
    database,
    "SELECT field, amount FROM pending_amounts"
    " WHERE store_id = :store_id AND table_name = :table_name AND id = :id ORDER BY field",
    rows != NULL ? error : NULL);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  if (rows == NULL || pending == NULL)
    return FALSE;

  bp_bind_text (rows, ":store_id", store_id);
  bp_bind_text (pending, ":store_id", store_id);
  bp_bind_text (pending, ":table_name", table->name);
  for (guint i = 0; i < ids->len; i++)
    {
      BpAmounts *one = g_new0 (BpAmounts, 1);

      g_ptr_array_add (amounts, one);
      one->id = g_strdup (ids->pdata[i]);
      bp_bind_text (rows, ":id", one->id);
      if (!bp_database_step (database, rows, &one->exists, error))
        return FALSE;
      one->is_deleted = one->exists && bp_column_get_integer (rows, 0) != 0;
      for (guint f = 0; one->exists && f < n_fields; f++)
        one->values[f] = bp_column_get_integer (rows, (int)f + 1);
      sqlite3_reset (rows);
      if (!one->exists && !read_pending (database, pending, table, one, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
write_amounts (BpBackend     *backend,
               const char    *store_id,
               const BpTable *table,
               GPtrArray     *amounts,
               GError       **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (GString) sql = g_string_new (NULL);
  g_autoptr (BpStatement) statement = NULL;
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  g_string_printf (sql, "UPDATE %s SET seq = iif (?1 > 0, ?1, seq)", table->name);
  for (guint i = 0; i < n_fields; i++)
    g_string_append_printf (sql, ", %s = ?%u", table->fields[fields[i]].name, i + 4);
  g_string_append (sql, " WHERE store_id = ?2 AND id = ?3");
  statement = bp_database_prepare (database, sql->str, error);
  if (statement == NULL)
    return FALSE;

  sqlite3_bind_text (statement, 2, store_id, -1, SQLITE_STATIC);
  for (guint i = 0; i < amounts->len; i++)
    {
      const BpAmounts *one = amounts->pdata[i];

      sqlite3_bind_int64 (statement, 1, one->seq);
      sqlite3_bind_text (statement, 3, one->id, -1, SQLITE_STATIC);
      for (guint f = 0; f < n_fields; f++)
        sqlite3_bind_int64 (statement, (int)f + 4, one->values[f]);
      if (!bp_database_run (database, statement, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
write_pending (BpBackend     *backend,
               const char    *store_id,
               const BpTable *table,
               GPtrArray     *amounts,
               GError       **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (BpStatement) forget = bp_database_prepare (
    database,
    "DELETE FROM pending_amounts"
    " WHERE store_id = :store_id AND table_name = :table_name AND id = :id",
    error);
  g_autoptr (BpStatement) insert = bp_database_prepare (
    database,
    "INSERT INTO pending_amounts (store_id, table_name, id, field, amount)"
    " VALUES (:store_id, :table_name, :id, :field, :amount)",
    forget != NULL ? error : NULL);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  if (forget == NULL || insert == NULL)
    return FALSE;

  bp_bind_text (forget, ":store_id", store_id);
  bp_bind_text (forget, ":table_name", table->name);
  bp_bind_text (insert, ":store_id", store_id);
  bp_bind_text (insert, ":table_name", table->name);
  for (guint i = 0; i < amounts->len; i++)
    {
      const BpAmounts *one = amounts->pdata[i];

      bp_bind_text (forget, ":id", one->id);
      if (!bp_database_run (database, forget, error))
        return FALSE;
      bp_bind_text (insert, ":id", one->id);
      for (guint f = 0; f < n_fields; f++)
        {
          if (one->values[f] == 0)
            continue;
          bp_bind_text (insert, ":field", table->fields[fields[f]].name);
          bp_bind_integer (insert, ":amount", one->values[f]);
          if (!bp_database_run (database, insert, error))
            return FALSE;
        }
    }

  return TRUE;
}

/* What is forgotten is kept as an amount that waits, where it is not 0. */
static gboolean
purge_table (BpDatabase    *database,
             const char    *store_id,
             const BpTable *table,
             gint64         before,
             gint64        *horizon,
             GError       **error)
{
  static const char where[] = "WHERE store_id = ?1 AND is_deleted = 1 AND changed_at < ?2";
  g_autoptr (GPtrArray) statements = g_ptr_array_new_with_free_func (g_free);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  g_ptr_array_add (statements, g_strdup_printf ("SELECT max (seq) FROM %s %s", table->name, where));
  for (guint i = 0; i < n_fields; i++)
    {
      const char *field = table->fields[fields[i]].name;

      g_ptr_array_add (statements,
                       g_strdup_printf ("INSERT INTO pending_amounts"
                                        " SELECT ?1, '%s', id, '%s', %s FROM %s %s AND %s <> 0",
                                        table->name, field, field, table->name, where, field));
    }
  g_ptr_array_add (statements, g_strdup_printf ("DELETE FROM %s %s", table->name, where));

  for (guint i = 0; i < statements->len; i++)
    {
      const char *sql = statements->pdata[i];
      g_autoptr (BpStatement) statement = bp_database_prepare (database, sql, error);
      gboolean has_row;

      if (statement == NULL)
        return FALSE;
      sqlite3_bind_text (statement, 1, store_id, -1, SQLITE_STATIC);
      sqlite3_bind_int64 (statement, 2, before);
      if (!bp_database_step (database, statement, &has_row, error))
        return FALSE;
      if (has_row)
        *horizon = MAX (*horizon, bp_column_get_integer (statement, 0));
    }

  return TRUE;
}

static gboolean
purge (BpBackend  *backend,
       const char *store_id,
       gint64      before,
       gint64     *horizon,
       GError    **error)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (!purge_table (bp_sqlite_backend_get_current (backend), store_id, bp_table_get (i), before,
                        horizon, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_sqlite_facts_set_functions:
 * @klass: of the SQLite backend; gets the functions of this file
 */
void
bp_sqlite_facts_set_functions (BpBackendClass *klass)
{
  klass->load_operations = load_operations;
  klass->write_operations = write_operations;
  klass->load_history = load_history;
  klass->thin_history = thin_history;
  klass->load_amounts = load_amounts;
  klass->write_amounts = write_amounts;
  klass->write_pending = write_pending;
  klass->purge = purge;
}
