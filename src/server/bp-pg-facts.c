/* What was applied, for good, and what facts amount to. */
#include "config.h"

#include "bp-pg-backend-private.h"

static gboolean
load_operations (BpBackend  *backend,
                 const char *store_id,
                 GPtrArray  *op_ids,
                 GPtrArray  *remembered,
                 GError    **error)
{
  g_autofree char *array = bp_pg_array_from_texts (op_ids);
  g_autoptr (BpPgResult) result
    = bp_pg_query (bp_pg_backend_enter (backend, store_id), error,
                   BP_PG_LOOK_UP ("op_id, hash, version, seq", "operations",
                                  "op_id = wanted.id"),
                   "ss", store_id, array);

  if (result == NULL)
    return FALSE;

  for (int i = 0; i < PQntuples (result); i++)
    {
      BpRemembered *one = g_new0 (BpRemembered, 1);

      one->op_id = g_strdup (bp_pg_get_text (result, i, 0));
      one->hash = g_strdup (bp_pg_get_text (result, i, 1));
      one->version = bp_pg_get_integer (result, i, 2);
      one->seq = bp_pg_get_integer (result, i, 3);
      g_ptr_array_add (remembered, one);
    }
  return TRUE;
}

/* One array for each column of the log that differs from row to row. */
#define N_ENTRY_COLUMNS 11

static void
add_entry (GString         **arrays,
           const BpOpRecord *entry)
{
  const BpOperation *operation = entry->operation;

  bp_pg_array_add_text (arrays[0], operation->op_id);
  bp_pg_array_add_text (arrays[1], entry->hash);
  bp_pg_array_add_text (arrays[2], operation->table->name);
  bp_pg_array_add_text (arrays[3], operation->id);
  bp_pg_array_add_text (arrays[4], bp_operation_kind_to_string (operation->kind));
  bp_pg_array_add_integer (arrays[5], entry->version);
  bp_pg_array_add_integer (arrays[6], entry->seq);
  bp_pg_array_add_text (arrays[7], operation->action_id);
  bp_pg_array_add_text (arrays[8], operation->user);
  bp_pg_array_add_integer (arrays[9], operation->modified_at);
  bp_pg_array_add_text (arrays[10], entry->data);
}

static gboolean
write_operations (BpBackend      *backend,
                  const BpDevice *device,
                  GPtrArray      *entries,
                  gint64          now,
                  GError        **error)
{
  GString *arrays[N_ENTRY_COLUMNS];
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, now);
  g_autoptr (GPtrArray) parameters = g_ptr_array_new ();
  gboolean is_done;

  if (entries->len == 0)
    return TRUE;

  g_ptr_array_add (parameters, device->store_id);
  g_ptr_array_add (parameters, device->id);
  g_ptr_array_add (parameters, device->name);
  g_ptr_array_add (parameters, time);
  for (guint i = 0; i < N_ENTRY_COLUMNS; i++)
    arrays[i] = g_string_new (NULL);
  for (guint i = 0; i < entries->len; i++)
    add_entry (arrays, entries->pdata[i]);
  for (guint i = 0; i < N_ENTRY_COLUMNS; i++)
    g_ptr_array_add (parameters, g_string_append_c (arrays[i], '}')->str);

  is_done = bp_pg_execute_with (bp_pg_backend_enter (backend, device->store_id),
                                "INSERT INTO operations (store_id, device_id, device_name,"
                                " received_at, op_id, hash, table_name, record_id, operation,"
                                " version, seq, action_id, \"user\", modified_at, data)"
                                " SELECT $1, $2, $3, $4::bigint, given.* FROM"
                                " unnest ($5::text[], $6::text[], $7::text[], $8::text[],"
                                " $9::text[], $10::bigint[], $11::bigint[], $12::text[],"
                                " $13::text[], $14::bigint[], $15::text[]) AS given",
                                parameters, error);
  for (guint i = 0; i < N_ENTRY_COLUMNS; i++)
    g_string_free (arrays[i], TRUE);
  return is_done;
}

static BpHistoryEntry *
read_entry (const PGresult *result,
            int             row)
{
  BpHistoryEntry *entry = g_new0 (BpHistoryEntry, 1);

  entry->op_id = g_strdup (bp_pg_get_text (result, row, 0));
  entry->action_id = g_strdup (bp_pg_get_text (result, row, 1));
  bp_operation_kind_from_string (bp_pg_get_text (result, row, 2), &entry->kind);
  entry->version = bp_pg_get_integer (result, row, 3);
  entry->seq = bp_pg_get_integer (result, row, 4);
  entry->modified_at = bp_pg_get_integer (result, row, 5);
  entry->received_at = bp_pg_get_integer (result, row, 6);
  entry->device_name = g_strdup (bp_pg_get_text (result, row, 7));
  entry->user = g_strdup (bp_pg_get_text (result, row, 8));
  entry->data = g_strdup (bp_pg_get_text (result, row, 9));
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
  g_autoptr (BpPgResult) result
    = bp_pg_query (bp_pg_backend_enter (backend, store_id), error,
                   "SELECT op_id, action_id, operation, version, seq, modified_at, received_at,"
                   " device_name, \"user\", data FROM operations"
                   " WHERE store_id = $1 AND table_name = $2 AND record_id = $3 AND seq < $4"
                   " ORDER BY seq DESC LIMIT $5",
                   "sssii", store_id, query->table->name, query->id,
                   query->before > 0 ? query->before : G_MAXINT64, (gint64)limit);

  if (result == NULL)
    return FALSE;

  for (int i = 0; i < PQntuples (result); i++)
    g_ptr_array_add (entries, read_entry (result, i));
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
  g_autoptr (BpPgResult) result
    = bp_pg_query (bp_pg_backend_enter (backend, store_id), error,
                   "WITH looked_at AS (SELECT op_id FROM operations"
                   " WHERE store_id = $1 AND op_id > $2 ORDER BY op_id LIMIT $3),"
                   " thinned AS (UPDATE operations AS old SET data = NULL, \"user\" = NULL"
                   " FROM looked_at WHERE old.store_id = $1 AND old.op_id = looked_at.op_id"
                   " AND old.received_at < $4 AND (old.data IS NOT NULL"
                   " OR old.\"user\" IS NOT NULL))"
                   " SELECT max (op_id) FROM looked_at",
                   "ssii", store_id, *place != NULL ? *place : "", (gint64)limit, before);

  if (result == NULL)
    return FALSE;

  g_free (*place);
  *place = g_strdup (bp_pg_get_text (result, 0, 0));
  return TRUE;
}

static GHashTable *
index_amounts (GPtrArray *ids,
               GPtrArray *amounts)
{
  GHashTable *index = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < ids->len; i++)
    {
      BpAmounts *one = g_new0 (BpAmounts, 1);

      one->id = g_strdup (ids->pdata[i]);
      g_ptr_array_add (amounts, one);
      g_hash_table_insert (index, one->id, one);
    }

  return index;
}

static char *
make_amounts_statement (const BpTable *table)
{
  g_autoptr (GString) columns = g_string_new ("id, is_deleted");
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  for (guint i = 0; i < n_fields; i++)
    g_string_append_printf (columns, ", \"%s\"", table->fields[fields[i]].name);
  return g_strdup_printf (BP_PG_LOOK_UP ("%s", "%s", "id = wanted.id"), columns->str,
                          table->name);
}

static void
take_pending (const PGresult *result,
              const BpTable  *table,
              GHashTable     *index)
{
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  for (int i = 0; i < PQntuples (result); i++)
    {
      BpAmounts *one = g_hash_table_lookup (index, bp_pg_get_text (result, i, 0));

      for (guint f = 0; !one->exists && f < n_fields; f++)
        {
          if (g_strcmp0 (bp_pg_get_text (result, i, 1), table->fields[fields[f]].name) == 0)
            one->values[f] = bp_pg_get_integer (result, i, 2);
        }
    }
}

static gboolean
load_amounts (BpBackend     *backend,
              const char    *store_id,
              const BpTable *table,
              GPtrArray     *ids,
              GPtrArray     *amounts,
              GError       **error)
{
  BpPgConnection *connection = bp_pg_backend_enter (backend, store_id);
  g_autofree char *sql = make_amounts_statement (table);
  g_autofree char *array = bp_pg_array_from_texts (ids);
  g_autoptr (GHashTable) index = index_amounts (ids, amounts);
  g_autoptr (BpPgResult) rows = NULL;
  g_autoptr (BpPgResult) pending = NULL;
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  rows = bp_pg_query (connection, error, sql, "ss", store_id, array);
  if (rows == NULL)
    return FALSE;
  pending = bp_pg_query (connection, error,
                         BP_PG_LOOK_UP ("id, field, amount", "pending_amounts",
                                        "table_name = $3 AND id = wanted.id") ", 2",
                         "sss", store_id, array, table->name);
  if (pending == NULL)
    return FALSE;

  for (int i = 0; i < PQntuples (rows); i++)
    {
      BpAmounts *one = g_hash_table_lookup (index, bp_pg_get_text (rows, i, 0));

      one->exists = TRUE;
      one->is_deleted = bp_pg_get_integer (rows, i, 1) != 0;
      for (guint f = 0; f < n_fields; f++)
        one->values[f] = bp_pg_get_integer (rows, i, (int)f + 2);
    }
  take_pending (pending, table, index);
  return TRUE;
}

static char *
make_write_amounts_statement (const BpTable *table)
{
  g_autoptr (GString) updates = g_string_new (NULL);
  g_autoptr (GString) arrays = g_string_new (NULL);
  g_autoptr (GString) names = g_string_new (NULL);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  for (guint i = 0; i < n_fields; i++)
    {
      const char *name = table->fields[fields[i]].name;

      g_string_append_printf (updates, ", \"%s\" = given.\"%s\"", name, name);
      g_string_append_printf (arrays, ", $%u::bigint[]", i + 4);
      g_string_append_printf (names, ", \"%s\"", name);
    }

  return g_strdup_printf ("UPDATE %s AS own SET seq = CASE WHEN given.seq > 0 THEN given.seq"
                          " ELSE own.seq END%s"
                          " FROM unnest ($2::text[], $3::bigint[]%s) AS given (id, seq%s)"
                          " WHERE own.store_id = $1 AND own.id = given.id"
                          " AND own.id = ANY ($2::text[])",
                          table->name, updates->str, arrays->str, names->str);
}

static gboolean
write_amounts (BpBackend     *backend,
               const char    *store_id,
               const BpTable *table,
               GPtrArray     *amounts,
               GError       **error)
{
  g_autofree char *sql = make_write_amounts_statement (table);
  g_autoptr (GPtrArray) parameters = g_ptr_array_new ();
  GString *arrays[BP_MAX_PROJECTIONS + 2];
  guint fields[BP_MAX_PROJECTIONS];
  guint n_arrays = bp_table_get_projections (table, fields) + 2;
  gboolean is_done;

  if (amounts->len == 0)
    return TRUE;

  for (guint i = 0; i < n_arrays; i++)
    arrays[i] = g_string_new (NULL);
  for (guint i = 0; i < amounts->len; i++)
    {
      const BpAmounts *one = amounts->pdata[i];

      bp_pg_array_add_text (arrays[0], one->id);
      bp_pg_array_add_integer (arrays[1], one->seq);
      for (guint f = 2; f < n_arrays; f++)
        bp_pg_array_add_integer (arrays[f], one->values[f - 2]);
    }
  g_ptr_array_add (parameters, (gpointer)store_id);
  for (guint i = 0; i < n_arrays; i++)
    g_ptr_array_add (parameters, g_string_append_c (arrays[i], '}')->str);

  is_done = bp_pg_execute_with (bp_pg_backend_enter (backend, store_id), sql, parameters, error);
  for (guint i = 0; i < n_arrays; i++)
    g_string_free (arrays[i], TRUE);
  return is_done;
}

static char *
make_ids (GPtrArray *amounts)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  for (guint i = 0; i < amounts->len; i++)
    g_ptr_array_add (ids, ((BpAmounts *)amounts->pdata[i])->id);
  return bp_pg_array_from_texts (ids);
}

static gboolean
write_pending (BpBackend     *backend,
               const char    *store_id,
               const BpTable *table,
               GPtrArray     *amounts,
               GError       **error)
{
  BpPgConnection *connection = bp_pg_backend_enter (backend, store_id);
  g_autofree char *all = make_ids (amounts);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  if (!bp_pg_execute (connection, error,
                      "DELETE FROM pending_amounts"
                      " WHERE store_id = $1 AND table_name = $2 AND id = ANY ($3::text[])",
                      "sss", store_id, table->name, all))
    return FALSE;

  for (guint i = 0; i < amounts->len; i++)
    {
      const BpAmounts *one = amounts->pdata[i];

      for (guint f = 0; f < n_fields; f++)
        {
          if (one->values[f] != 0
              && !bp_pg_execute (connection, error,
                                 "INSERT INTO pending_amounts"
                                 " (store_id, table_name, id, field, amount)"
                                 " VALUES ($1, $2, $3, $4, $5)",
                                 "ssssi", store_id, table->name, one->id,
                                 table->fields[fields[f]].name, one->values[f]))
            return FALSE;
        }
    }

  return TRUE;
}

static gboolean
keep_amounts (BpPgConnection *connection,
              const char     *store_id,
              const BpTable  *table,
              gint64          before,
              GError        **error)
{
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  for (guint i = 0; i < n_fields; i++)
    {
      const char *field = table->fields[fields[i]].name;
      g_autofree char *sql = g_strdup_printf (
        "INSERT INTO pending_amounts (store_id, table_name, id, field, amount)"
        " SELECT store_id, $3, id, $4, \"%s\" FROM %s"
        " WHERE store_id = $1 AND is_deleted = 1 AND changed_at < $2 AND \"%s\" <> 0",
        field, table->name, field);

      if (!bp_pg_execute (connection, error, sql, "siss", store_id, before, table->name, field))
        return FALSE;
    }

  return TRUE;
}

/* What is forgotten is kept as an amount that waits, where it is not 0. */
static gboolean
purge_table (BpPgConnection *connection,
             const char     *store_id,
             const BpTable  *table,
             gint64          before,
             gint64         *horizon,
             GError        **error)
{
  g_autofree char *find = g_strdup_printf (
    "SELECT coalesce (max (seq), 0) FROM %s"
    " WHERE store_id = $1 AND is_deleted = 1 AND changed_at < $2", table->name);
  g_autofree char *forget = g_strdup_printf (
    "DELETE FROM %s WHERE store_id = $1 AND is_deleted = 1 AND changed_at < $2", table->name);
  g_autoptr (BpPgResult) found = bp_pg_query (connection, error, find, "si", store_id, before);

  if (found == NULL)
    return FALSE;

  *horizon = MAX (*horizon, bp_pg_get_integer (found, 0, 0));
  return keep_amounts (connection, store_id, table, before, error)
         && bp_pg_execute (connection, error, forget, "si", store_id, before);
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
      if (!purge_table (bp_pg_backend_enter (backend, store_id), store_id, bp_table_get (i), before,
                        horizon, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_pg_facts_set_functions:
 * @klass: of the PostgreSQL backend; gets the functions of this file
 */
void
bp_pg_facts_set_functions (BpBackendClass *klass)
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
