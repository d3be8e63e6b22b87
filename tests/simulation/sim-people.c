/* What people decide: conflicts, failures, what is synced and how. */
#include "config.h"

#include "sim.h"

#include "bp-merge.h"

static void
note_outcome (SimDevice    *device,
              const char   *what,
              const GError *error)
{
  if (error != NULL && !sim_device_is_dead (device) && error->domain != BP_STORE_ERROR)
    sim_fail (device->sim, "I-14 %s: %s failed: %s", device->name, what, error->message);
}

/* A choice for each field that both changed. */
static BpChange *
choose (SimDevice        *device,
        const BpConflict *conflict)
{
  g_autoptr (GPtrArray) choices = g_ptr_array_new_with_free_func (g_free);
  BpChange *merged = NULL;

  if (conflict->type != BP_CONFLICT_UPDATE_UPDATE || conflict->server == NULL
      || conflict->local == NULL || conflict->local->is_deleted || conflict->server->is_deleted)
    return NULL;
  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      const BpField *field = &conflict->table->fields[i];

      if (!(field->flags & BP_FIELD_PROJECTION))
        g_ptr_array_add (choices, g_strdup_printf ("%s=%s", field->name,
                                                   sim_user_below (device, 2) == 0 ? "local"
                                                                                   : "server"));
    }
  g_ptr_array_add (choices, NULL);
  bp_merge_choose (conflict, (const char *const *)choices->pdata, &merged, NULL);
  return merged;
}

static void
decide (SimDevice        *device,
        const BpConflict *conflict)
{
  g_autoptr (BpChange) merged = NULL;
  g_autoptr (GError) error = NULL;
  guint kind = sim_user_below (device, 5);
  BpDecision decision = kind < 2 ? BP_DECISION_LOCAL : BP_DECISION_SERVER;

  if (kind == 4)
    merged = choose (device, conflict);
  if (merged != NULL)
    decision = BP_DECISION_MERGED;
  g_hash_table_add (device->decided, GSIZE_TO_POINTER (conflict->id));
  bp_store_decide (device->books.store, conflict->id,
                   conflict->server != NULL ? conflict->server->version : 0, decision, merged,
                   &error);
  sim_say (device->sim, "%s: decides %s %s %s: %s%s%s", device->name, conflict->table->name,
           conflict->record_id, bp_conflict_type_to_string (conflict->type),
           bp_decision_to_string (decision), error != NULL ? ": " : "",
           error != NULL ? error->message : "");
  note_outcome (device, "a decision", error);
}

/**
 * sim_user_decide:
 * @device: a living device
 *
 * Its user decides an open conflict, if there is one.
 *
 * Returns: how many were open
 */
guint
sim_user_decide (SimDevice *device)
{
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (device->books.store, FALSE, NULL);
  const BpConflict *conflict;

  if (conflicts == NULL || conflicts->len == 0)
    return 0;
  device->is_touched = TRUE;
  conflict = conflicts->pdata[sim_user_below (device, conflicts->len)];
  if (conflict->type != BP_CONFLICT_ID_COLLISION)
    decide (device, conflict);
  return conflicts->len;
}

static void
write_over_record (SimDevice     *device,
                   const BpTable *table,
                   const char    *id)
{
  g_autoptr (BpRow) row = bp_store_get (device->books.store, table, id, NULL);

  for (guint i = 0; row != NULL && i < table->n_fields; i++)
    sim_token_write_over (device, row->state->data->values[i].text);
}

/**
 * sim_user_decide_again:
 * @device: a living device
 *
 * Its user opens a conflict that was decided, and decides otherwise: an edit
 * over what is there now.
 */
void
sim_user_decide_again (SimDevice *device)
{
  g_autoptr (GPtrArray) all = bp_store_list_conflicts (device->books.store, TRUE, NULL);
  g_autoptr (GPtrArray) decided = g_ptr_array_new ();
  const BpConflict *conflict;

  for (guint i = 0; all != NULL && i < all->len; i++)
    {
      conflict = all->pdata[i];
      if (conflict->decision != NULL && conflict->local != NULL)
        g_ptr_array_add (decided, (gpointer)conflict);
    }
  if (decided->len == 0)
    return;

  device->is_touched = TRUE;
  conflict = decided->pdata[sim_user_below (device, decided->len)];
  write_over_record (device, conflict->table, conflict->record_id);
  decide (device, conflict);
}

static const char waiting[] = "SELECT data FROM sync_queue WHERE status <> 'synced' ORDER BY id";

static void
discard (SimDevice        *device,
         const BpQueueRow *row)
{
  SimReader *reader = device->books.reader;
  g_autoptr (GHashTable) before = sim_token_collect (sim_reader_prepare (reader, waiting));
  g_autoptr (GHashTable) after = NULL;
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer token;

  bp_store_discard (device->books.store, row->op_id, &error);
  sim_say (device->sim, "%s: discards %s %s%s%s", device->name, row->table->name, row->record_id,
           error != NULL ? ": " : "", error != NULL ? error->message : "");
  note_outcome (device, "discarding", error);
  if (error != NULL && !sim_device_is_dead (device))
    return;

  /* A commit that the power was lost in may hold. */
  after = error != NULL
          ? g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL)
          : sim_token_collect (sim_reader_prepare (reader, waiting));
  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &token, NULL))
    {
      if (!g_hash_table_contains (after, token))
        sim_token_write_over (device, token);
    }
}

/**
 * sim_user_clear_up:
 * @device: a living device
 *
 * Its user tries again or gives up something that failed; rarely also
 * something that only waits.
 *
 * Returns: whether anything was there
 */
gboolean
sim_user_clear_up (SimDevice *device)
{
  g_autoptr (GPtrArray) rows = bp_store_list_queue (device->books.store, NULL);
  const BpQueueRow *row;

  if (rows == NULL || rows->len == 0)
    return FALSE;
  device->is_touched = TRUE;
  row = rows->pdata[sim_user_below (device, rows->len)];
  for (guint i = 0; i < rows->len && sim_user_below (device, 8) != 0; i++)
    {
      if (g_str_equal (((BpQueueRow *)rows->pdata[i])->status, "failed"))
        row = rows->pdata[i];
    }
  if (g_str_equal (row->status, "failed") && sim_user_below (device, 2) == 0)
    {
      bp_store_retry (device->books.store, row->op_id, NULL);
      sim_say (device->sim, "%s: retries %s %s", device->name, row->table->name, row->record_id);
    }
  else
    discard (device, row);
  return TRUE;
}

/**
 * sim_user_configure:
 * @device: a living device
 *
 * Its user chooses what is downloaded, and how.
 */
void
sim_user_configure (SimDevice *device)
{
  static const struct
  {
    const char *name;
    const char *values[3];
  } choices[] = {
    { "sync.tables", { "", "products,sales", "customers,payments,stock_movements,settings" } },
    { "sync.from", { "", "2025-11-23", "2025-11-27" } },
    { "sync.batch", { "1", "3", "100" } },
    { "sync.priorities", { "", "products=high,payments=low", "sales=low" } },
    { "sync.policy", { "server-wins", "ask", "latest-wins" } },
  };
  guint i = sim_user_below (device, G_N_ELEMENTS (choices));
  const char *value = choices[i].values[sim_user_below (device, 3)];

  if (device->sim->plan->mutant == SIM_MUTANT_CLOCK_DECIDES
      && g_str_equal (choices[i].name, "sync.policy"))
    return;
  if (g_str_equal (value, "latest-wins"))
    device->trusts_clocks = TRUE;
  if (g_str_equal (choices[i].name, "sync.from"))
    device->has_limited = TRUE;
  bp_store_set_device_setting (device->books.store, choices[i].name, value, NULL);
  device->may_go_back = TRUE;
  device->is_touched = TRUE;
  sim_say (device->sim, "%s: %s is “%s”", device->name, choices[i].name, value);
}
