/* Selling, being paid, closing the day. */
#include "config.h"

#include "sim.h"

static void
add_payment (SimDevice  *device,
             GPtrArray  *writes,
             const char *sale_id,
             int         amount)
{
  g_autofree char *id = sim_user_make_id (device, "y");
  g_autofree char *token = sim_token_new (device, TRUE);
  g_autofree char *json
    = g_strdup_printf ("{\"amount\":%d,\"method\":\"cash\",\"note\":\"%s\","
                       "\"paid_at\":%" G_GINT64_FORMAT ",\"business_date\":\"2025-11-2%u\"}",
                       amount, token, SIM_START, sim_user_below (device, 10));
  BpChange *change = sim_user_parse ("payments", json);
  g_autoptr (BpRow) customer = NULL;

  if (sale_id != NULL)
    bp_change_set_text (change, "sale_id", sale_id);
  else if (sim_user_below (device, 2) == 0)
    customer = sim_user_pick (device, "customers", "is_deleted = 0");
  if (customer != NULL)
    bp_change_set_text (change, "customer_id", customer->state->id);
  sim_user_add (writes, "payments", id, BP_OPERATION_INSERT, change);
}

/* From the series, by hand, or one that others may take, too. */
static char *
make_number (SimDevice *device)
{
  guint kind = sim_user_below (device, 8);

  if (kind < 2)
    return g_strdup_printf ("N/25-26/%u", sim_user_below (device, 6));
  if (kind < 5)
    {
      g_autoptr (GError) error = NULL;
      char *number = bp_store_take_number (device->books.store, device->name, "25-26", &error);

      if (number != NULL)
        return number;
    }
  return g_strdup_printf ("T%u/25-26/%u", device->index, ++device->n_numbers);
}

static void
add_sale (SimDevice   *device,
          GPtrArray   *writes,
          const BpRow *original,
          gboolean     is_draft)
{
  g_autofree char *id = sim_user_make_id (device, "z");
  g_autofree char *token = sim_token_new (device, TRUE);
  g_autofree char *product = sim_user_make_product_id (device);
  g_autofree char *number = make_number (device);
  g_autofree char *json = NULL;
  g_autoptr (BpRow) customer = sim_user_pick (device, "customers", "is_deleted = 0");
  int total = (int)sim_user_below (device, 900) + 1;
  BpChange *change;

  json = g_strdup_printf (
    "{\"number\":\"%s\",\"kind\":\"%s\",\"status\":\"%s\",\"currency\":\"INR\","
    "\"sale_date\":%" G_GINT64_FORMAT ",\"business_date\":\"2025-11-2%u\","
    "\"customer_name\":\"%s\",\"subtotal\":%d,\"total_amount\":%d,"
    "\"lines\":[{\"product_id\":\"%s\",\"name\":\"Rice\",\"quantity\":%u,\"unit_price\":%d,"
    "\"taxable\":%d,\"total\":%d}]}",
    number, original != NULL ? "return" : "sale", is_draft ? "draft" : "posted", SIM_START,
    sim_user_below (device, 10), token, total, total, product,
    1000 * (1 + sim_user_below (device, 3)), total, total, total);
  change = sim_user_parse ("sales", json);
  if (customer != NULL && sim_user_below (device, 2) == 0)
    bp_change_set_text (change, "customer_id", customer->state->id);
  if (original != NULL)
    bp_change_set_text (change, "refers_to", original->state->id);
  sim_user_add (writes, "sales", id, BP_OPERATION_INSERT, change);
  if (is_draft)
    {
      sim_token_write_over (device, token);
      return;
    }
  for (guint n = sim_user_below (device, 3); n > 0; n--)
    add_payment (device, writes, id, original != NULL ? -total : total);
}

static void
write_note (SimDevice  *device,
            GPtrArray  *writes,
            const char *id)
{
  g_autofree char *token = sim_token_new (device, FALSE);
  BpChange *change = bp_change_new (bp_table_find ("sales"));

  bp_change_set_text (change, "note", token);
  sim_user_add (writes, "sales", id, BP_OPERATION_UPDATE, change);
}

/**
 * sim_user_sell:
 * @device: a living device
 *
 * Its user posts, holds, voids, notes or takes back a sale.
 */
void
sim_user_sell (SimDevice *device)
{
  guint n_tokens = device->sim->tokens->len;
  guint kind = sim_user_below (device, 10);
  g_autoptr (GPtrArray) writes = sim_user_begin (device);
  g_autoptr (BpRow) sale = sim_user_pick (device, "sales",
                                          kind == 0 ? "status = 'draft' AND is_deleted = 0"
                                                    : "status <> 'draft' AND kind = 'sale'");

  if (kind == 0 && sale != NULL)
    sim_user_add (writes, "sales", sale->state->id, BP_OPERATION_UPDATE,
                  sim_user_parse ("sales", "{\"status\":\"posted\"}"));
  else if (kind == 1 && sale != NULL)
    sim_user_add (writes, "sales", sale->state->id, BP_OPERATION_UPDATE,
                  sim_user_parse ("sales", "{\"status\":\"void\"}"));
  else if (kind == 2 && sale != NULL)
    write_note (device, writes, sale->state->id);
  else
    {
      g_autofree char *id = sim_user_make_id (device, "c");

      if (sim_user_below (device, 6) == 0)
        sim_user_add (writes, "customers", id, BP_OPERATION_INSERT,
                      sim_user_make_change (device, bp_table_find ("customers"), TRUE));
      add_sale (device, writes, kind == 3 ? sale : NULL, kind == 4);
    }
  sim_user_save (device, writes, n_tokens);
}

/**
 * sim_user_measure:
 * @device: a living device
 *
 * What it works out for itself: a day's close, a figure; and money that comes
 * in without a sale.
 */
void
sim_user_measure (SimDevice *device)
{
  guint n_tokens = device->sim->tokens->len;
  g_autoptr (GPtrArray) writes = sim_user_begin (device);
  g_autofree char *token = sim_token_new (device, FALSE);
  g_autofree char *id = g_strdup_printf ("%s-%u", device->name, sim_user_below (device, 50));
  g_autofree char *json = NULL;
  const char *table = sim_user_below (device, 2) == 0 ? "reports" : "analytics";

  if (g_str_equal (table, "reports"))
    json = g_strdup_printf ("{\"kind\":\"day_close\",\"business_date\":\"2025-11-20\","
                            "\"data\":\"{\\\"t\\\":\\\"%s\\\"}\"}", token);
  else
    json = g_strdup_printf ("{\"metric\":\"%s\",\"business_date\":\"2025-11-20\",\"value\":%u}",
                            token, sim_user_below (device, 100));
  sim_user_add (writes, table, id, BP_OPERATION_INSERT, sim_user_parse (table, json));
  if (sim_user_below (device, 3) == 0)
    add_payment (device, writes, NULL, 5);
  sim_user_save (device, writes, n_tokens);
}
