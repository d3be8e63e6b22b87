/* What must hold, at every moment and at rest. */
#include "config.h"

#include "sim.h"

#include <string.h>

static gint64
ask (sqlite3    *database,
     const char *sql)
{
  sqlite3_stmt *statement = NULL;
  gint64 number = 0;

  if (sqlite3_prepare_v2 (database, sql, -1, &statement, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (database));
  if (sqlite3_step (statement) == SQLITE_ROW)
    number = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return number;
}

static void
check_cursors (SimDevice *device)
{
  g_autofree char *epoch = bp_store_get_value (device->store, "epoch");
  gboolean same = g_strcmp0 (epoch, device->epoch) == 0;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      gint64 cursor = bp_store_get_cursor (device->store, bp_table_get (i));

      if (same && !device->may_go_back && cursor < device->cursors[i])
        sim_fail (device->sim, "%s: the cursor of %s went back from %d to %d", device->name,
                  bp_table_get (i)->name, (int)device->cursors[i], (int)cursor);
      device->cursors[i] = cursor;
    }
  g_free (device->epoch);
  device->epoch = g_steal_pointer (&epoch);
}

/* What one device wrote can only be newer here, never in its way. */
static void
check_conflicts (SimDevice *device)
{
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (device->store, TRUE, NULL);

  for (guint i = 0; conflicts != NULL && i < conflicts->len; i++)
    {
      const BpConflict *conflict = conflicts->pdata[i];
      gboolean user_decided = g_hash_table_contains (device->decided,
                                                     GSIZE_TO_POINTER (conflict->id));

      if (conflict->type == BP_CONFLICT_UPDATE_UPDATE && !user_decided
          && !device->sim->has_restored
          && g_strcmp0 (conflict->decision, "local") == 0)
        sim_fail (device->sim, "%s: local won by itself: %s %s: %s, not %s", device->name,
                  conflict->table->name, conflict->record_id, conflict->local->op_id,
                  conflict->server->op_id);
      if (!device->sim->has_restored && conflict->type == BP_CONFLICT_UPDATE_UPDATE
          && !user_decided && conflict->server != NULL
          && g_strcmp0 (conflict->server->device_name, device->name) == 0
          && conflict->base != NULL && conflict->base->version + 1 == conflict->server->version)
        sim_fail (device->sim, "%s: in conflict with itself: %s %s: %s, %s, decided %s",
                  device->name, conflict->table->name, conflict->record_id, conflict->op_id,
                  conflict->server->op_id, conflict->decision);
    }
}

/**
 * sim_check_step:
 * @device: a living device
 *
 * What holds after each step.
 */
void
sim_check_step (SimDevice *device)
{
  check_cursors (device);
  check_conflicts (device);
}

static const char shown[] =
  "SELECT name, category, unit, tax_code, note FROM products_local"
  " UNION ALL SELECT name, phone, coalesce (email, '') || coalesce (address, ''), tax_id, note"
  "  FROM customers_local"
  " UNION ALL SELECT customer_name, note, '', '', '' FROM sales_local"
  " UNION ALL SELECT note, '', '', '', '' FROM payments_local"
  " UNION ALL SELECT note, '', '', '', '' FROM stock_movements_local"
  " UNION ALL SELECT value, '', '', '', '' FROM settings_local"
  " UNION ALL SELECT data, '', '', '', '' FROM reports_local"
  " UNION ALL SELECT metric, '', '', '', '' FROM analytics_local";

static const char facts[] =
  "SELECT customer_name FROM sales UNION ALL SELECT note FROM payments"
  " UNION ALL SELECT note FROM stock_movements";

/**
 * sim_check_tokens:
 * @sim: a simulation
 * @is_quiet: whether nothing waits any more
 *
 * Nothing is lost: each edit is in a queue, in the server's log or kept with a
 * conflict; one that is only here is shown here. Nothing is there twice.
 */
void
sim_check_tokens (Sim     *sim,
                  gboolean is_quiet)
{
  g_autoptr (GHashTable) at_server = sim_token_collect (sim_server_read (sim),
                                                        "SELECT data FROM operations", NULL);
  g_autoptr (GHashTable) once = sim_token_collect (sim_server_read (sim), facts, NULL);

  for (guint d = 0; d < sim->n_devices; d++)
    {
      SimDevice *device = &sim->devices[d];
      sqlite3 *database = sim_device_read (device);
      g_autoptr (GHashTable) kept = NULL;
      g_autoptr (GHashTable) queued = NULL;
      g_autoptr (GHashTable) waiting = NULL;
      g_autoptr (GHashTable) here = NULL;

      kept = sim_token_collect (database, "SELECT local_data, base_data FROM sync_conflicts", NULL);
      waiting = sim_token_collect (database,
                                   "SELECT data FROM sync_queue WHERE status <> 'synced'", NULL);
      queued = is_quiet ? g_hash_table_ref (waiting)
                        : sim_token_collect (database, "SELECT data FROM sync_queue", NULL);
      here = sim_token_collect (database, shown, NULL);
      for (guint i = 0; i < sim->tokens->len && sim->failure == NULL; i++)
        {
          const SimToken *token = sim->tokens->pdata[i];
          gboolean is_there = g_hash_table_contains (at_server, token->text);
          gboolean is_kept = g_hash_table_contains (kept, token->text);

          if (token->device != d || token->is_over)
            continue;
          if (!is_there && !is_kept && !g_hash_table_contains (queued, token->text))
            sim_fail (sim, "%s: edit %s is lost", device->name, token->text);
          else if (!sim->has_restored && !is_there && !is_kept
                   && g_hash_table_contains (waiting, token->text)
                   && !g_hash_table_contains (here, token->text))
            sim_fail (sim, "%s: edit %s waits, but is not shown", device->name, token->text);
          else if (token->is_fact
                   && GPOINTER_TO_SIZE (g_hash_table_lookup (once, token->text)) > 1)
            sim_fail (sim, "%s: %s counts twice", device->name, token->text);
        }
    }
}

/**
 * sim_check_books:
 * @device: a living device; fails where its check finds something
 */
void
sim_check_books (SimDevice *device)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  int dies_in = device->dies_in;

  device->dies_in = -1;
  bp_store_check (device->store, found, &error);
  device->dies_in = dies_in;
  if (error != NULL)
    sim_fail (device->sim, "%s: the check failed: %s", device->name, error->message);
  if (found->len > 0)
    sim_fail (device->sim, "%s: the check found %s", device->name, (char *)found->pdata[0]);
}

static GPtrArray *
list_rows (sqlite3       *database,
           const BpTable *table,
           gboolean       is_device)
{
  g_autoptr (GString) sql = g_string_new ("SELECT id || ' v' || version || ' s' || seq");
  GPtrArray *rows = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement = NULL;

  g_string_append_printf (sql, " || ' ' || %s || ' ' || quote (user) || quote (device_name)"
                          " || quote (op_id)", is_device ? "last_modified" : "modified_at");
  for (guint i = 0; i < table->n_fields; i++)
    g_string_append_printf (sql, " || ' %s=' || quote (%s)", table->fields[i].name,
                            table->fields[i].name);
  g_string_append_printf (sql, " FROM %s%s WHERE is_deleted = 0%s ORDER BY id", table->name,
                          is_device ? "_local" : "",
                          is_device && g_str_equal (table->name, "sales")
                          ? " AND status <> 'draft'" : "");
  if (sqlite3_prepare_v2 (database, sql->str, -1, &statement, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql->str, sqlite3_errmsg (database));
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (rows, g_strdup ((const char *)sqlite3_column_text (statement, 0)));
  sqlite3_finalize (statement);
  return rows;
}

static void
compare (SimDevice     *device,
         const BpTable *table)
{
  g_autoptr (GPtrArray) theirs = list_rows (sim_server_read (device->sim), table, FALSE);
  g_autoptr (GPtrArray) ours = list_rows (sim_device_read (device), table, TRUE);

  for (guint i = 0; i < MAX (theirs->len, ours->len); i++)
    {
      const char *there = i < theirs->len ? theirs->pdata[i] : "nothing";
      const char *here = i < ours->len ? ours->pdata[i] : "nothing";

      if (g_str_equal (there, here))
        continue;
      sim_fail (device->sim, "%s: %s differ:\n  here  %s\n  there %s", device->name, table->name,
                here, there);
      return;
    }
}

/**
 * sim_check_equal:
 * @sim: a simulation at rest
 *
 * Every device has what the server has.
 */
void
sim_check_equal (Sim *sim)
{
  for (guint d = 0; d < sim->n_devices; d++)
    for (guint i = 0; i < BP_N_TABLES; i++)
      compare (&sim->devices[d], bp_table_get (i));
}

/**
 * sim_is_quiet:
 * @sim: a simulation
 *
 * Returns: whether nothing waits, failed or is to be decided anywhere
 */
gboolean
sim_is_quiet (Sim *sim)
{
  for (guint d = 0; d < sim->n_devices; d++)
    {
      if (ask (sim_device_read (&sim->devices[d]),
               "SELECT (SELECT count (*) FROM sync_queue WHERE status <> 'synced')"
               " + (SELECT count (*) FROM sync_conflicts WHERE decision IS NULL)") != 0)
        return FALSE;
    }

  return TRUE;
}
