/* What must hold, at every moment and at rest: the invariants, each by its
 * number. I-9 and I-18 are looked at where messages pass (sim-transport.c),
 * I-14 where a run ends (sim-device.c) and where all comes to rest (sim.c),
 * I-6 also where an edit is saved (sim-write.c). */
#include "config.h"

#include "sim.h"

#include <string.h>

#define BOOKS_EVERY 12
#define NO_ANSWER " WHERE status <> 'synced'"
#define ANSWER " WHERE status = 'synced'"

/* I-5: within an epoch a cursor never goes back. */
static void
check_cursors (SimDevice *device)
{
  g_autofree char *epoch = bp_store_get_value (device->books.store, "epoch");
  gboolean may_go_back = device->may_go_back || g_strcmp0 (epoch, device->epoch) != 0;
  gint64 cursors[BP_N_TABLES] = { 0 };
  sqlite3_stmt *statement = sim_reader_prepare (
    device->books.reader, "SELECT substr (name, 8), value FROM sync_state"
    " WHERE name > 'cursor.' AND name < 'cursor/' ORDER BY name");

  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      const char *table = (const char *)sqlite3_column_text (statement, 0);

      cursors[bp_table_get_index (bp_table_find (table))] = sqlite3_column_int64 (statement, 1);
    }
  sqlite3_reset (statement);
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (!may_go_back && cursors[i] < device->cursors[i])
        sim_fail (device->sim, "I-5 %s: the cursor of %s went back from %d to %d", device->name,
                  bp_table_get (i)->name, (int)device->cursors[i], (int)cursors[i]);
      device->cursors[i] = cursors[i];
    }
  g_free (device->epoch);
  device->epoch = g_steal_pointer (&epoch);
}

/* What one device wrote can only be newer here, never in its way. */
static void
check_conflict (SimDevice        *device,
                const BpConflict *conflict)
{
  if (device->sim->has_restored || device->sim->has_forked
      || conflict->type != BP_CONFLICT_UPDATE_UPDATE || conflict->server == NULL
      || conflict->base == NULL)
    return;
  if (g_strcmp0 (conflict->server->device_name, device->name) == 0
      && conflict->base->version + 1 == conflict->server->version)
    sim_fail (device->sim, "I-13 %s: in conflict with itself: %s %s: %s, %s", device->name,
              conflict->table->name, conflict->record_id, conflict->op_id,
              conflict->server->op_id);
}

/* I-10: where the server wins, and where a person must be asked, nothing here
 * holds by itself. */
static void
check_conflicts (SimDevice *device)
{
  sqlite3_stmt *statement = sim_reader_prepare (
    device->books.reader, "SELECT id, conflict_type, decision, local_data IS NULL"
    " FROM sync_conflicts ORDER BY id");

  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      gint64 id = sqlite3_column_int64 (statement, 0);
      const char *type = (const char *)sqlite3_column_text (statement, 1);
      const char *decision = (const char *)sqlite3_column_text (statement, 2);
      gboolean is_update = g_str_equal (type, "UPDATE_UPDATE");

      if (decision == NULL || g_hash_table_contains (device->decided, GSIZE_TO_POINTER (id)))
        continue;
      if (is_update && g_str_equal (decision, "local") && !device->sim->has_restored
          && !device->trusts_clocks)
        sim_fail (device->sim, "I-10 %s: local won by itself", device->name);
      if (is_update && g_str_equal (decision, "server")
          && sqlite3_column_int (statement, 3) != 0)
        sim_fail (device->sim, "I-10 %s: the server won, and nothing is kept", device->name);
    }
  sqlite3_reset (statement);

  for (gint64 newest = sim_reader_ask (device->books.reader, "SELECT max (id) FROM sync_conflicts");
       device->n_conflicts < newest;)
    {
      g_autoptr (BpConflict) conflict = bp_store_get_conflict (device->books.store,
                                                               ++device->n_conflicts, NULL);

      if (conflict != NULL)
        check_conflict (device, conflict);
    }
}

/* What the server's log has got since it was last read. */
static void
read_log (Sim *sim)
{
  sqlite3_stmt *statement = sim_reader_prepare (
    sim_server_read (sim), "SELECT rowid, data FROM operations WHERE rowid > ? ORDER BY rowid");

  sqlite3_bind_int64 (statement, 1, sim->n_known);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      sim->n_known = sqlite3_column_int64 (statement, 0);
      sim_token_add (sim->known, (const char *)sqlite3_column_text (statement, 1));
    }
  sqlite3_reset (statement);
}

/* What is shown of those records that @OF picks by the name of their table. */
#define SHOWN(OF) \
  "SELECT name, category, unit, tax_code, note FROM products_local" OF ("products") \
  " UNION ALL SELECT name, phone, coalesce (email, '') || coalesce (address, ''), tax_id, note" \
  "  FROM customers_local" OF ("customers") \
  " UNION ALL SELECT customer_name, note, '', '', '' FROM sales_local" OF ("sales") \
  " UNION ALL SELECT note, '', '', '', '' FROM payments_local" OF ("payments") \
  " UNION ALL SELECT note, '', '', '', '' FROM stock_movements_local" OF ("stock_movements") \
  " UNION ALL SELECT value, '', '', '', '' FROM settings_local" OF ("settings") \
  " UNION ALL SELECT data, '', '', '', '' FROM reports_local" OF ("reports") \
  " UNION ALL SELECT metric, '', '', '', '' FROM analytics_local" OF ("analytics")
#define WAITING(table) " WHERE id IN (SELECT record_id FROM sync_queue WHERE status <> 'synced'" \
  " AND table_name = '" table "')"
#define ANY(table) ""

static const char shown[] = SHOWN (WAITING);
static const char shown_at_all[] = SHOWN (ANY);

/* Collected when they are asked for. */
typedef struct
{
  GHashTable *kept;     /* with a conflict */
  GHashTable *answered; /* and still in the queue */
  GHashTable *waiting;
  GHashTable *here;     /* shown */
  GHashTable *held;     /* in a record that a new past is filled with */
} Places;

static gboolean
is_among (SimDevice      *device,
          GHashTable    **place,
          const char     *sql,
          const SimToken *token)
{
  if (*place == NULL)
    *place = sim_token_collect (sim_reader_prepare (device->books.reader, sql));

  return g_hash_table_contains (*place, token->text);
}

static gboolean
is_kept (SimDevice      *device,
         Places         *places,
         const SimToken *token)
{
  return is_among (device, &places->kept, "SELECT local_data, base_data FROM sync_conflicts",
                   token);
}

static void
places_clear (Places *places)
{
  g_clear_pointer (&places->kept, g_hash_table_unref);
  g_clear_pointer (&places->answered, g_hash_table_unref);
  g_clear_pointer (&places->waiting, g_hash_table_unref);
  g_clear_pointer (&places->here, g_hash_table_unref);
  g_clear_pointer (&places->held, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Places, places_clear)

static gboolean
is_of_servers_past (SimDevice *device)
{
  g_autofree char *epoch = bp_store_get_value (device->books.store, "epoch");
  sqlite3_stmt *statement = sim_reader_prepare (sim_server_read (device->sim),
                                                "SELECT epoch FROM stores WHERE store_id = ?");
  gboolean same;

  sqlite3_bind_text (statement, 1, device->sim->place->store_id, -1, SQLITE_STATIC);
  same = sqlite3_step (statement) == SQLITE_ROW
         && g_strcmp0 ((const char *)sqlite3_column_text (statement, 0), epoch) == 0;
  sqlite3_reset (statement);
  return same;
}

/* Until a device has pulled all of a new past, a record that is here is what
 * the server will be given where that has lost it (the contract's section 4,
 * "Epoch"), whichever operation of whichever copy of the folder it was made
 * by. */
static gboolean
is_held (SimDevice      *device,
         Places         *places,
         const SimToken *token)
{
  if (places->held == NULL
      && is_of_servers_past (device) && bp_store_get_recovering (device->books.store) == 0)
    places->held = g_hash_table_new (g_str_hash, g_str_equal);

  return is_among (device, &places->held, shown_at_all, token);
}

/* I-1: each edit is in a queue, in the server's log, kept with a conflict, or
 * yet to be given to a server that was put back. I-6: one that is only here is
 * shown here. */
static void
check_edits (SimDevice *device,
             gboolean   is_quiet)
{
  Sim *sim = device->sim;
  g_auto (Places) places = { 0 };

  for (guint i = 0; i < sim->tokens->len && sim->failure == NULL; i++)
    {
      const SimToken *token = sim->tokens->pdata[i];

      if (token->device != device->index || token->is_over
          || g_hash_table_contains (sim->known, token->text))
        continue;
      if (is_among (device, &places.waiting, "SELECT data FROM sync_queue" NO_ANSWER, token))
        {
          if (!sim->has_restored && !is_among (device, &places.here, shown, token)
              && !is_kept (device, &places, token))
            sim_fail (sim, "I-6 %s: edit %s waits, but is not shown", device->name, token->text);
        }
      else if ((is_quiet
                || !is_among (device, &places.answered, "SELECT data FROM sync_queue" ANSWER,
                              token))
               && !is_kept (device, &places, token) && !is_held (device, &places, token))
        sim_fail (sim, "I-1 %s: edit %s is lost", device->name, token->text);
    }
}

/* I-12: what was saved as one is there as one, or not at all; but those who
 * fill a server again know nothing of others' actions. */
static void
check_groups (Sim *sim)
{
  const SimToken *first = NULL;

  for (guint i = 0; i < sim->tokens->len && !sim->has_restored; i++)
    {
      const SimToken *token = sim->tokens->pdata[i];

      if (!token->is_fact || token->is_over)
        continue;
      if (first != NULL && first->group == token->group
          && g_hash_table_contains (sim->known, first->text)
          != g_hash_table_contains (sim->known, token->text))
        sim_fail (sim, "I-12 the server has a part of an action: %s, %s", first->text,
                  token->text);
      first = token;
    }
}

static const char *
get_projection (const BpTable *table)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        return table->fields[i].name;
    }

  return "0";
}

/* I-4: what the cursor is past, the device has. I-7: where it has the server's
 * latest, it shows the server's figure and what its own operations add. */
static void
check_row (SimDevice     *device,
           const BpTable *table,
           sqlite3_stmt  *theirs,
           sqlite3_stmt  *own)
{
  const char *id = (const char *)sqlite3_column_text (theirs, 0);
  gint64 seq = sqlite3_column_int64 (theirs, 1);
  gboolean is_here = sqlite3_step (own) == SQLITE_ROW;
  gint64 own_seq = is_here ? sqlite3_column_int64 (own, 0) : 0;
  gboolean waits = is_here && sqlite3_column_int (own, 1) != 0;

  if (!is_here || (own_seq < seq && !waits))
    sim_fail (device->sim, "I-4 %s: the cursor of %s is past %d, and %s is not here, or older: %d",
              device->name, table->name, (int)seq, id, (int)own_seq);
  else if (own_seq == seq && sqlite3_column_int (own, 3) == 0
           && sqlite3_column_int64 (own, 2) != sqlite3_column_int64 (theirs, 2))
    sim_fail (device->sim, "I-7 %s: a figure of %s %s is %d more than the server's", device->name,
              table->name, id,
              (int)(sqlite3_column_int64 (own, 2) - sqlite3_column_int64 (theirs, 2)));
}

static void
check_feed (SimDevice     *device,
            const BpTable *table)
{
  const char *figure = get_projection (table);
  g_autofree char *there = NULL;
  g_autofree char *here = NULL;
  sqlite3_stmt *theirs, *own;

  there = g_strdup_printf ("SELECT id, seq, coalesce (%s, 0) FROM %s WHERE store_id = ?1"
                           " AND seq <= ?2 AND is_deleted = 0 ORDER BY id", figure, table->name);
  here = g_strdup_printf ("SELECT abs (seq), sync_status <> 'synced', coalesce (%s, 0)"
                          " - coalesce ((SELECT sum (amount) FROM sync_effects"
                          "  WHERE table_name = '%s' AND record_id = ?1), 0), is_deleted"
                          " FROM %s_local WHERE id = ?1", figure, table->name, table->name);
  own = sim_reader_prepare (device->books.reader, here);
  theirs = sim_reader_prepare (sim_server_read (device->sim), there);
  sqlite3_bind_text (theirs, 1, device->sim->place->store_id, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (theirs, 2, device->cursors[bp_table_get_index (table)]);
  while (sqlite3_step (theirs) == SQLITE_ROW)
    {
      sqlite3_bind_text (own, 1, (const char *)sqlite3_column_text (theirs, 0), -1,
                         SQLITE_STATIC);
      check_row (device, table, theirs, own);
      sqlite3_reset (own);
    }
  sqlite3_reset (theirs);
}

static void
check_feeds (SimDevice *device)
{
  if (device->has_limited || !is_of_servers_past (device))
    return;
  for (guint i = 0; i < BP_N_TABLES; i++)
    check_feed (device, bp_table_get (i));
}

static const char *
number_of_fault (const char *fault)
{
  static const struct
  {
    const char *words;
    const char *number;
  } numbers[] = {
    { "its status", "I-16" },
    { "not a whole number", "I-11" },
    { "the sum of its facts", "I-7" },
    { "figure is moved", "I-7" },
    { "lines", "I-12" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      if (strstr (fault, numbers[i].words) != NULL)
        return numbers[i].number;
    }

  return "I-13";
}

/* I-7, I-11, I-13, I-16: the device's own check of its books. */
static void
check_books (SimDevice *device)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  bp_store_check (device->books.store, found, &error);
  if (error != NULL)
    sim_fail (device->sim, "I-1 %s: the check failed: %s", device->name, error->message);
  if (found->len > 0)
    sim_fail (device->sim, "%s %s: the check found %s", number_of_fault (found->pdata[0]),
              device->name, (char *)found->pdata[0]);
}

/**
 * sim_check_step:
 * @sim: a simulation; nothing is under way
 *
 * What holds after each step, of those who had a part in it.
 */
void
sim_check_step (Sim *sim)
{
  read_log (sim);
  check_groups (sim);
  for (guint i = 0; i < sim->n_devices && sim->failure == NULL; i++)
    {
      SimDevice *device = &sim->devices[i];

      if (!device->is_touched)
        continue;
      device->is_touched = FALSE;
      check_cursors (device);
      check_conflicts (device);
      check_edits (device, FALSE);
      check_feeds (device);
      if (sim->step % BOOKS_EVERY == BOOKS_EVERY - 1)
        check_books (device);
    }
}

static const char facts[] =
  "SELECT customer_name FROM sales UNION ALL SELECT note FROM payments"
  " UNION ALL SELECT note FROM stock_movements";

/* I-2: what is counted is counted once. */
static void
check_once (Sim *sim)
{
  g_autoptr (GHashTable) counted = NULL;

  counted = sim_token_collect (sim_reader_prepare (sim_server_read (sim), facts));
  for (guint i = 0; i < sim->tokens->len; i++)
    {
      const SimToken *token = sim->tokens->pdata[i];

      if (token->is_fact && GPOINTER_TO_SIZE (g_hash_table_lookup (counted, token->text)) > 1)
        sim_fail (sim, "I-2 %s counts twice", token->text);
    }
}

/* I-8: what was deleted lives again only where somebody restored it. */
static void
check_deletions (Sim *sim)
{
  sqlite3_stmt *statement = sim_reader_prepare (
    sim_server_read (sim),
    "SELECT a.table_name, a.record_id FROM operations AS a JOIN operations AS b"
    " ON b.store_id = a.store_id AND b.table_name = a.table_name AND b.record_id = a.record_id"
    " AND b.version = a.version + 1"
    " WHERE a.operation = 'DELETE' AND b.operation = 'INSERT' ORDER BY a.seq");

  if (!sim->has_restored && sqlite3_step (statement) == SQLITE_ROW)
    sim_fail (sim, "I-8 %s %s was deleted, and made again",
              (const char *)sqlite3_column_text (statement, 0),
              (const char *)sqlite3_column_text (statement, 1));
  sqlite3_reset (statement);
}

/* I-15: of another shop nothing changed, and nobody got anything. */
static void
check_other (Sim *sim)
{
  g_autofree char *sql = g_strdup_printf (
    "SELECT (SELECT seq FROM stores WHERE store_id = '%s')"
    " + (SELECT count (*) FROM operations WHERE store_id <> '%s')", sim->place->other_id,
    sim->place->store_id);

  if (sim_reader_ask (sim_server_read (sim), sql) != 0)
    sim_fail (sim, "I-15 the other shop was changed");
}

static GPtrArray *
list_rows (SimReader     *reader,
           const BpTable *table,
           gboolean       is_device)
{
  g_autoptr (GString) sql = g_string_new ("SELECT id || ' v' || version || ' s' || seq");
  GPtrArray *rows = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement;

  g_string_append_printf (sql, " || ' ' || %s || ' ' || quote (user) || quote (device_name)"
                          " || quote (op_id)", is_device ? "last_modified" : "modified_at");
  for (guint i = 0; i < table->n_fields; i++)
    g_string_append_printf (sql, " || ' %s=' || quote (%s)", table->fields[i].name,
                            table->fields[i].name);
  g_string_append_printf (sql, " FROM %s%s WHERE is_deleted = 0%s ORDER BY id", table->name,
                          is_device ? "_local" : "",
                          is_device && g_str_equal (table->name, "sales")
                          ? " AND status <> 'draft'" : "");
  statement = sim_reader_prepare (reader, sql->str);
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (rows, g_strdup ((const char *)sqlite3_column_text (statement, 0)));
  sqlite3_reset (statement);
  return rows;
}

/* I-3: every device has what the server has. */
static void
check_equal (Sim           *sim,
             const BpTable *table)
{
  g_autoptr (GPtrArray) theirs = list_rows (sim_server_read (sim), table, FALSE);

  for (guint d = 0; d < sim->n_devices; d++)
    {
      g_autoptr (GPtrArray) ours = list_rows (sim->devices[d].books.reader, table, TRUE);

      for (guint i = 0; i < MAX (theirs->len, ours->len); i++)
        {
          const char *there = i < theirs->len ? theirs->pdata[i] : "nothing";
          const char *here = i < ours->len ? ours->pdata[i] : "nothing";

          if (!g_str_equal (there, here))
            sim_fail (sim, "I-3 %s: %s differ:\n  here  %s\n  there %s", sim->devices[d].name,
                      table->name, here, there);
        }
    }
}

/**
 * sim_check_at_rest:
 * @sim: a simulation at rest
 *
 * What holds when nothing waits any more.
 */
void
sim_check_at_rest (Sim *sim)
{
  g_autoptr (GPtrArray) faults = NULL;

  read_log (sim);
  for (guint i = 0; i < sim->n_devices; i++)
    {
      check_edits (&sim->devices[i], TRUE);
      if (sim->plan->seed % sim->n_devices == i)
        check_books (&sim->devices[i]);
    }
  check_groups (sim);
  check_once (sim);
  check_deletions (sim);
  check_other (sim);
  faults = bp_rules_server_find_faults (sim->server);
  if (faults->len > 0)
    sim_fail (sim, "I-7 the server's check: %s", (char *)faults->pdata[0]);
  for (guint i = 0; i < BP_N_TABLES; i++)
    check_equal (sim, bp_table_get (i));
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
      if (sim_reader_ask (sim->devices[d].books.reader,
                          "SELECT (SELECT count (*) FROM sync_queue" NO_ANSWER ")"
                          " + (SELECT count (*) FROM sync_conflicts WHERE decision IS NULL)") != 0)
        return FALSE;
    }

  return TRUE;
}
