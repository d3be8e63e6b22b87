/* Many actions at once, in one transaction: imports, bulk edits, a count of
 * the stock. */
#include "config.h"

#include "sim.h"

typedef struct
{
  SimDevice *device; /* (unowned) */
  guint n;
  gboolean is_edit;
} Bulk;

static void
add_movement (SimDevice *device,
              GPtrArray *writes)
{
  static const char *const reasons[] = { "adjustment", "purchase", "opening", "stocktake" };
  guint reason = sim_user_below (device, G_N_ELEMENTS (reasons));
  g_autofree char *product = sim_user_make_product_id (device);
  g_autofree char *id = sim_user_make_id (device, "m");
  g_autofree char *token = sim_token_new (device, TRUE);
  g_autofree char *json
    = g_strdup_printf ("{\"product_id\":\"%s\",\"quantity\":%d,\"reason\":\"%s\","
                       "\"note\":\"%s\",\"counted\":%u,\"moved_at\":%" G_GINT64_FORMAT "}",
                       product, (int)sim_user_below (device, 9000) - 4000, reasons[reason],
                       token, reason == 3 ? sim_user_below (device, 9000) : 0,
                       SIM_START - (gint64)sim_user_below (device, 10) * SIM_DAY_MS);

  sim_user_add (writes, "stock_movements", id, BP_OPERATION_INSERT,
                sim_user_parse ("stock_movements", json));
}

/**
 * sim_user_move_stock:
 * @device: a living device
 */
void
sim_user_move_stock (SimDevice *device)
{
  guint n_tokens = device->sim->tokens->len;
  g_autoptr (GPtrArray) writes = sim_user_begin (device);

  add_movement (device, writes);
  sim_user_save (device, writes, n_tokens);
}

/* A row of a bulk action, an action of its own. One that is refused is left
 * out, as an import leaves it out. */
static gboolean
add_row (SimDevice   *device,
         const BpRow *row)
{
  guint n_tokens = device->sim->tokens->len;
  g_autoptr (GPtrArray) writes = sim_user_begin (device);

  if (row != NULL)
    sim_user_add (writes, row->state->data->table->name, row->state->id, BP_OPERATION_UPDATE,
                  sim_user_make_change (device, row->state->data->table, FALSE));
  else
    add_movement (device, writes);
  return sim_user_save (device, writes, n_tokens) || !sim_device_is_dead (device);
}

static gboolean
collect (const BpRow *row,
         gpointer     user_data)
{
  BpRow *copy = g_new0 (BpRow, 1);

  copy->row = row->row;
  copy->status = row->status;
  copy->state = bp_state_copy (row->state);
  g_ptr_array_add (user_data, copy);
  return TRUE;
}

static gboolean
do_bulk (BpStore *store,
         gpointer user_data,
         GError **error)
{
  Bulk *bulk = user_data;
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_row_free);
  BpListFilter filter = { bp_table_find ("products"), NULL, FALSE, 12 };

  if (bulk->is_edit && !bp_store_list (store, &filter, collect, rows, error))
    return FALSE;
  for (guint i = 0; i < (bulk->is_edit ? rows->len : bulk->n); i++)
    {
      if (!add_row (bulk->device, bulk->is_edit ? rows->pdata[i] : NULL))
        return FALSE;
    }

  return TRUE;
}

static void
run_bulk (SimDevice *device,
          guint      n,
          gboolean   is_edit)
{
  Bulk bulk = { device, n, is_edit };
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) was_over = g_array_new (FALSE, FALSE, sizeof (gboolean));
  guint n_tokens = device->sim->tokens->len;

  for (guint i = 0; i < n_tokens; i++)
    g_array_append_val (was_over, ((SimToken *)device->sim->tokens->pdata[i])->is_over);
  if (bp_store_transact (device->books.store, do_bulk, &bulk, &error))
    return;

  sim_token_drop_last (device->sim, n_tokens);
  for (guint i = 0; i < device->sim->tokens->len && !sim_device_is_dead (device); i++)
    ((SimToken *)device->sim->tokens->pdata[i])->is_over = g_array_index (was_over, gboolean, i);
  if (!sim_device_is_dead (device))
    sim_fail (device->sim, "I-1 %s: a bulk action failed: %s", device->name,
              error != NULL ? error->message : "");
}

/**
 * sim_user_do_many:
 * @device: a living device
 * @n: how many operations
 *
 * Brings in a file of @n rows, each an action of its own.
 */
void
sim_user_do_many (SimDevice *device,
                  guint      n)
{
  sim_say (device->sim, "%s: %u rows at once", device->name, n);
  run_bulk (device, n, FALSE);
}

/**
 * sim_user_edit_many:
 * @device: a living device
 *
 * Changes several products at once, each an action of its own.
 */
void
sim_user_edit_many (SimDevice *device)
{
  sim_say (device->sim, "%s: edits products at once", device->name);
  run_bulk (device, 0, TRUE);
}
