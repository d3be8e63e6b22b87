/* What people do with a device. */
#include "config.h"

#include "sim.h"

static void
edit_record (SimDevice *device)
{
  static const char *const tables[] = { "products", "products", "customers", "settings" };
  const char *table = tables[sim_user_below (device, G_N_ELEMENTS (tables))];
  guint kind = sim_user_below (device, 10);
  guint n_tokens = device->sim->tokens->len;
  g_autoptr (GPtrArray) writes = sim_user_begin (device);
  g_autofree char *id = NULL;
  g_autoptr (BpRow) row = sim_user_pick (device, table, kind == 9 ? "is_deleted = 1"
                                                                  : "is_deleted = 0");

  if (row == NULL || kind < 3)
    {
      id = g_str_equal (table, "settings")
           ? g_strdup_printf ("s%u", sim_user_below (device, 3))
           : sim_user_make_id (device, g_str_equal (table, "products") ? "p" : "c");
      sim_user_add (writes, table, id, BP_OPERATION_INSERT,
                    sim_user_make_change (device, bp_table_find (table), TRUE));
    }
  else if (kind == 3)
    sim_user_add (writes, table, row->state->id, BP_OPERATION_DELETE, NULL);
  else
    sim_user_add (writes, table, row->state->id, BP_OPERATION_UPDATE,
                  sim_user_make_change (device, bp_table_find (table), FALSE));
  sim_user_save (device, writes, n_tokens);
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
  guint kind = sim_user_below (device, 24);

  device->is_touched = TRUE;
  if (kind < 12)
    edit_record (device);
  else if (kind < 17)
    sim_user_sell (device);
  else if (kind < 20)
    sim_user_move_stock (device);
  else if (kind < 21)
    sim_user_do_many (device, 2 + sim_user_below (device, 8));
  else if (kind < 22)
    sim_user_edit_many (device);
  else
    sim_user_measure (device);
}
