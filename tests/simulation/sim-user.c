/* What people do with a device. */
#include "config.h"

#include "sim.h"

#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-merge.h"

static guint
below (SimDevice *self,
       guint      bound)
{
  return sim_random_below (&self->sim->work, bound);
}

static gboolean
is_free_text (const BpField *field)
{
  return (field->type == BP_FIELD_TEXT || field->type == BP_FIELD_NOTE)
         && !(field->flags & (BP_FIELD_KEY | BP_FIELD_PROJECTION));
}

/* Ids are people's own now and then, so that they meet. */
static char *
make_id (SimDevice  *self,
         const char *letter)
{
  if (below (self, 4) == 0)
    return g_strdup_printf ("%s%u", letter, below (self, 4));
  return bp_id_new (BP_CLOCK (self->clock));
}

/* A record of the table as this device has it; %NULL where there is none. */
static BpRow *
pick (SimDevice  *self,
      const char *table,
      const char *where)
{
  g_autofree char *sql = g_strdup_printf ("SELECT id FROM %s_local WHERE %s ORDER BY row", table,
                                          where);
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement = NULL;

  sqlite3_prepare_v2 (sim_device_read (self), sql, -1, &statement, NULL);
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (ids, g_strdup ((const char *)sqlite3_column_text (statement, 0)));
  sqlite3_finalize (statement);
  if (ids->len == 0)
    return NULL;

  return bp_store_get (self->store, bp_table_find (table), ids->pdata[below (self, ids->len)],
                       NULL);
}

static void
write_over (SimDevice      *self,
            const BpState  *state,
            const BpChange *change)
{
  for (guint i = 0; i < state->data->table->n_fields; i++)
    {
      if (change == NULL || bp_change_has (change, i))
        sim_token_write_over (self, state->data->values[i].text);
    }
}

static void
add (GPtrArray      *writes,
     const char     *table,
     const char     *id,
     BpOperationKind kind,
     BpChange       *change)
{
  g_ptr_array_add (writes, bp_write_new (bp_table_find (table), id, kind, change));
}

/* A deletion of what the server did not know is remembered without fields: who
 * restores it must say all that is needed. */
static gboolean
is_empty_grave (GPtrArray    *before,
                const GError *error)
{
  if (!g_error_matches (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD))
    return FALSE;
  for (guint i = 0; i < before->len; i++)
    {
      const BpRow *row = before->pdata[i];

      if (row != NULL && row->state->is_deleted)
        return TRUE;
    }

  return FALSE;
}

/* An edit counts from the moment it was acknowledged. */
static gboolean
save (SimDevice *self,
      GPtrArray *writes,
      guint      n_tokens)
{
  g_autoptr (GPtrArray) before = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_row_free);
  g_autoptr (GError) error = NULL;
  gboolean saved;

  for (guint i = 0; i < writes->len; i++)
    {
      const BpWrite *write = writes->pdata[i];

      g_ptr_array_add (before, bp_store_get (self->store, write->table, write->id, NULL));
    }
  saved = bp_store_save (self->store, writes, self->name, &error);
  for (guint i = 0; i < writes->len; i++)
    {
      const BpWrite *write = writes->pdata[i];
      g_autofree char *text = write->change != NULL ? bp_change_to_text (write->change) : NULL;
      const BpRow *row = before->pdata[i];

      sim_say (self->sim, "%s: %s %s %s %s%s%s", self->name,
               bp_operation_kind_to_string (write->kind), write->table->name, write->id,
               text != NULL ? text : "", saved ? "" : ": ", saved ? "" : error->message);
      if (saved && row != NULL)
        write_over (self, row->state, row->state->is_deleted ? NULL : write->change);
    }

  if (!saved)
    {
      sim_token_drop_last (self->sim, n_tokens);
      if (!self->is_dead && error->domain != BP_STORE_ERROR && !is_empty_grave (before, error))
        sim_fail (self->sim, "%s: an edit failed: %s", self->name, error->message);
    }
  return saved;
}

static GPtrArray *
begin (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
}

/* A few fields of a product or customer, one of them with a token. */
static BpChange *
make_change (SimDevice     *self,
             const BpTable *table,
             gboolean       whole)
{
  BpChange *change = bp_change_new (table);
  guint first = below (self, table->n_fields);
  g_autofree char *token = sim_token_new (self, FALSE);
  gboolean is_written = FALSE;

  if (table->keyed)
    {
      g_autofree char *value = g_strdup_printf ("\"%s\"", token);

      bp_change_set_text (change, "value", value);
      return change;
    }
  for (guint i = 0; i < table->n_fields; i++)
    {
      guint place = (whole ? i : (first + i) % table->n_fields);
      const BpField *field = &table->fields[place];

      if (is_free_text (field) && !is_written)
        {
          bp_change_set_text (change, field->name, token);
          is_written = TRUE;
        }
      else if ((field->type == BP_FIELD_MONEY && !(field->flags & BP_FIELD_PROJECTION))
               && below (self, 3) == 0)
        bp_change_set_integer (change, field->name, below (self, 1000));
      else if ((field->flags & BP_FIELD_KEY) && below (self, 3) == 0)
        {
          g_autofree char *key = g_strdup_printf ("K%u", below (self, 12));

          bp_change_set_text (change, field->name, key);
        }
    }

  return change;
}

static void
edit_record (SimDevice *self)
{
  static const char *const tables[] = { "products", "products", "customers", "settings" };
  const char *table = tables[below (self, G_N_ELEMENTS (tables))];
  guint kind = below (self, 10);
  guint n_tokens = self->sim->tokens->len;
  g_autoptr (GPtrArray) writes = begin ();
  g_autofree char *id = NULL;
  g_autoptr (BpRow) row = pick (self, table, kind == 9 ? "is_deleted = 1" : "is_deleted = 0");

  if (row == NULL || kind < 3)
    {
      id = g_str_equal (table, "settings") ? g_strdup_printf ("s%u", below (self, 3))
                                           : make_id (self, g_str_equal (table, "products") ? "p"
                                                                                            : "c");
      add (writes, table, id, BP_OPERATION_INSERT, make_change (self, bp_table_find (table), TRUE));
    }
  else if (kind == 3)
    add (writes, table, row->state->id, BP_OPERATION_DELETE, NULL);
  else
    add (writes, table, row->state->id, BP_OPERATION_UPDATE,
         make_change (self, bp_table_find (table), FALSE));
  save (self, writes, n_tokens);
}

static BpChange *
parse (const char *table,
       const char *json)
{
  g_autoptr (GError) error = NULL;
  BpChange *change = bp_change_new_from_text (bp_table_find (table), json, BP_CHANGE_STRICT,
                                              &error);

  g_assert_no_error (error);
  return change;
}

static char *
make_product_id (SimDevice *self)
{
  g_autoptr (BpRow) product = pick (self, "products", "is_deleted = 0");

  if (product == NULL || below (self, 5) == 0)
    return g_strdup_printf ("p%u", below (self, 4));
  return g_strdup (product->state->id);
}

static void
add_payment (SimDevice  *self,
             GPtrArray  *writes,
             const char *sale_id,
             const char *customer_id,
             int         amount)
{
  g_autofree char *id = make_id (self, "y");
  g_autofree char *token = sim_token_new (self, TRUE);
  g_autofree char *json
    = g_strdup_printf ("{\"amount\":%d,\"method\":\"cash\",\"note\":\"%s\","
                       "\"paid_at\":%" G_GINT64_FORMAT ",\"business_date\":\"2025-11-2%u\"}",
                       amount, token, SIM_START, below (self, 10));
  BpChange *change = parse ("payments", json);

  if (sale_id != NULL)
    bp_change_set_text (change, "sale_id", sale_id);
  if (customer_id != NULL)
    bp_change_set_text (change, "customer_id", customer_id);
  add (writes, "payments", id, BP_OPERATION_INSERT, change);
}

static void
add_sale (SimDevice   *self,
          GPtrArray   *writes,
          const BpRow *original,
          gboolean     is_draft)
{
  g_autofree char *id = make_id (self, "z");
  g_autofree char *token = sim_token_new (self, TRUE);
  g_autofree char *product = make_product_id (self);
  g_autofree char *number = NULL;
  g_autofree char *json = NULL;
  g_autoptr (BpRow) customer = pick (self, "customers", "is_deleted = 0");
  int total = (int)below (self, 900) + 1;
  BpChange *change;

  number = below (self, 4) == 0 ? g_strdup_printf ("N/25-26/%u", below (self, 6))
                                : g_strdup_printf ("T%u/25-26/%u", self->index, ++self->n_numbers);
  json = g_strdup_printf (
    "{\"number\":\"%s\",\"kind\":\"%s\",\"status\":\"%s\",\"currency\":\"INR\","
    "\"sale_date\":%" G_GINT64_FORMAT ",\"business_date\":\"2025-11-2%u\","
    "\"customer_name\":\"%s\",\"subtotal\":%d,\"total_amount\":%d,"
    "\"lines\":[{\"product_id\":\"%s\",\"name\":\"Rice\",\"quantity\":%u,\"unit_price\":%d,"
    "\"taxable\":%d,\"total\":%d}]}",
    number, original != NULL ? "return" : "sale", is_draft ? "draft" : "posted", SIM_START,
    below (self, 10), token, total, total, product, 1000 * (1 + below (self, 3)), total,
    total, total);
  change = parse ("sales", json);
  if (customer != NULL && below (self, 2) == 0)
    bp_change_set_text (change, "customer_id", customer->state->id);
  if (original != NULL)
    bp_change_set_text (change, "refers_to", original->state->id);
  add (writes, "sales", id, BP_OPERATION_INSERT, change);
  if (is_draft)
    {
      sim_token_write_over (self, token);
      return;
    }
  for (guint n = below (self, 3); n > 0; n--)
    add_payment (self, writes, id, NULL, original != NULL ? -total : total);
}

static void
sell (SimDevice *self)
{
  guint n_tokens = self->sim->tokens->len;
  guint kind = below (self, 10);
  g_autoptr (GPtrArray) writes = begin ();
  g_autoptr (BpRow) sale = pick (self, "sales", kind == 0 ? "status = 'draft' AND is_deleted = 0"
                                                          : "status <> 'draft' AND kind = 'sale'");

  if (kind == 0 && sale != NULL)
    add (writes, "sales", sale->state->id, BP_OPERATION_UPDATE,
         parse ("sales", "{\"status\":\"posted\"}"));
  else if (kind == 1 && sale != NULL)
    add (writes, "sales", sale->state->id, BP_OPERATION_UPDATE,
         parse ("sales", "{\"status\":\"void\"}"));
  else if (kind == 2 && sale != NULL)
    {
      g_autofree char *token = sim_token_new (self, FALSE);
      BpChange *change = bp_change_new (bp_table_find ("sales"));

      bp_change_set_text (change, "note", token);
      add (writes, "sales", sale->state->id, BP_OPERATION_UPDATE, change);
    }
  else
    {
      g_autofree char *id = make_id (self, "c");

      if (below (self, 6) == 0)
        add (writes, "customers", id, BP_OPERATION_INSERT,
             make_change (self, bp_table_find ("customers"), TRUE));
      add_sale (self, writes, kind == 3 ? sale : NULL, kind == 4);
    }
  save (self, writes, n_tokens);
}

static void
move_stock (SimDevice *self)
{
  guint n = below (self, 12) == 0 ? 30 : 1;

  for (guint i = 0; i < n; i++)
    {
      guint n_tokens = self->sim->tokens->len;
      g_autoptr (GPtrArray) writes = begin ();
      g_autofree char *product = make_product_id (self);
      g_autofree char *id = make_id (self, "m");
      g_autofree char *token = sim_token_new (self, TRUE);
      g_autofree char *json
        = g_strdup_printf ("{\"product_id\":\"%s\",\"quantity\":%d,\"reason\":\"adjustment\","
                           "\"note\":\"%s\",\"moved_at\":%" G_GINT64_FORMAT "}",
                           product, (int)below (self, 9000) - 4000, token,
                           SIM_START - (gint64)below (self, 10) * SIM_DAY_MS);

      add (writes, "stock_movements", id, BP_OPERATION_INSERT, parse ("stock_movements", json));
      save (self, writes, n_tokens);
    }
}

static void
measure (SimDevice *self)
{
  guint n_tokens = self->sim->tokens->len;
  g_autoptr (GPtrArray) writes = begin ();
  g_autofree char *token = sim_token_new (self, FALSE);
  g_autofree char *id = g_strdup_printf ("%s-%u", self->name, below (self, 50));
  g_autofree char *json = NULL;
  const char *table = below (self, 2) == 0 ? "reports" : "analytics";

  if (g_str_equal (table, "reports"))
    json = g_strdup_printf ("{\"kind\":\"day_close\",\"business_date\":\"2025-11-20\","
                            "\"data\":\"{\\\"t\\\":\\\"%s\\\"}\"}", token);
  else
    json = g_strdup_printf ("{\"metric\":\"%s\",\"business_date\":\"2025-11-20\",\"value\":%u}",
                            token, below (self, 100));
  add (writes, table, id, BP_OPERATION_INSERT, parse (table, json));
  if (below (self, 3) == 0)
    add_payment (self, writes, NULL, NULL, 5);
  save (self, writes, n_tokens);
}

/**
 * sim_user_act:
 * @device: a living device
 *
 * Its user does something.
 */
void
sim_user_act (SimDevice *device)
{
  guint kind = below (device, 12);

  if (kind < 6)
    edit_record (device);
  else if (kind < 9)
    sell (device);
  else if (kind < 11)
    move_stock (device);
  else
    measure (device);
}

/**
 * sim_user_decide:
 * @device: a living device
 *
 * Its user decides an open conflict, if there is one.
 */
void
sim_user_decide (SimDevice *device)
{
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (device->store, FALSE, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpChange) merged = NULL;
  const BpConflict *conflict;
  BpDecision decision;

  if (conflicts == NULL || conflicts->len == 0)
    return;
  conflict = conflicts->pdata[below (device, conflicts->len)];
  if (conflict->type == BP_CONFLICT_ID_COLLISION)
    return;
  decision = below (device, 2) == 0 ? BP_DECISION_LOCAL : BP_DECISION_SERVER;
  g_hash_table_add (device->decided, GSIZE_TO_POINTER (conflict->id));
  bp_store_decide (device->store, conflict->id,
                   conflict->server != NULL ? conflict->server->version : 0, decision, NULL,
                   &error);
  sim_say (device->sim, "%s: decides %s %s %s: %s%s", device->name, conflict->table->name,
           conflict->record_id, bp_conflict_type_to_string (conflict->type),
           bp_decision_to_string (decision), error != NULL ? error->message : "");
  if (error != NULL && !device->is_dead && error->domain != BP_STORE_ERROR)
    sim_fail (device->sim, "%s: a decision failed: %s", device->name, error->message);
}

static const char waiting[] = "SELECT data FROM sync_queue WHERE status <> 'synced' ORDER BY id";

static void
discard (SimDevice        *self,
         const BpQueueRow *row)
{
  g_autoptr (GHashTable) before = sim_token_collect (sim_device_read (self), waiting, NULL);
  g_autoptr (GHashTable) after = NULL;
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer token;

  bp_store_discard (self->store, row->op_id, &error);
  sim_say (self->sim, "%s: discards %s %s%s%s", self->name, row->table->name, row->record_id,
           error != NULL ? ": " : "", error != NULL ? error->message : "");
  if (error != NULL && !self->is_dead && error->domain != BP_STORE_ERROR)
    sim_fail (self->sim, "%s: discarding failed: %s", self->name, error->message);
  if (error != NULL)
    return;

  after = sim_token_collect (sim_device_read (self), waiting, NULL);
  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &token, NULL))
    {
      if (!g_hash_table_contains (after, token))
        sim_token_write_over (self, token);
    }
}

/**
 * sim_user_clear_up:
 * @device: a living device
 *
 * Its user tries again or gives up something that failed; rarely also
 * something that only waits.
 */
void
sim_user_clear_up (SimDevice *device)
{
  g_autoptr (GPtrArray) rows = bp_store_list_queue (device->store, NULL);
  const BpQueueRow *row;

  if (rows == NULL || rows->len == 0)
    return;
  row = rows->pdata[below (device, rows->len)];
  for (guint i = 0; i < rows->len && below (device, 8) != 0; i++)
    {
      if (g_str_equal (((BpQueueRow *)rows->pdata[i])->status, "failed"))
        row = rows->pdata[i];
    }
  if (g_str_equal (row->status, "failed") && below (device, 2) == 0)
    {
      bp_store_retry (device->store, row->op_id, NULL);
      sim_say (device->sim, "%s: retries %s %s", device->name, row->table->name, row->record_id);
    }
  else
    discard (device, row);
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
  };
  guint i = below (device, G_N_ELEMENTS (choices));
  const char *value = choices[i].values[below (device, 3)];

  bp_store_set_device_setting (device->store, choices[i].name, value, NULL);
  device->may_go_back = TRUE;
  sim_say (device->sim, "%s: %s is “%s”", device->name, choices[i].name, value);
}
