/* A fact is not deleted: another one of the opposite amount cancels it. */
#include "config.h"

#include "bp-shop-private.h"

#include "bp-id.h"

static const struct
{
  const char *table;
  const char *amount;
  const char *reason;
} opposites[] = {
  { "payments", "amount", NULL },
  { "stock_movements", "quantity", "adjustment" },
};

/**
 * bp_shop_make_opposite:
 * @fact: a record's data
 * @id: the record
 * @note: why it is cancelled
 * @opposite_id: (out) (transfer full): the id of what cancels it, made of @id,
 *   so that two devices cancel it once
 *
 * Returns: (transfer full) (nullable): what cancels @fact, at the same time;
 *   %NULL where nothing can
 */
BpChange *
bp_shop_make_opposite (const BpChange *fact,
                       const char     *id,
                       const char     *note,
                       char          **opposite_id)
{
  g_autofree char *name = g_strconcat ("undo ", id, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (opposites); i++)
    {
      BpChange *change;

      if (!g_str_equal (opposites[i].table, fact->table->name))
        continue;

      change = bp_change_copy (fact);
      bp_change_drop_projections (change);
      bp_change_set_integer (change, opposites[i].amount,
                             -bp_change_get_integer (change, opposites[i].amount));
      bp_change_set_text (change, "note", note);
      if (opposites[i].reason != NULL)
        bp_change_set_text (change, "reason", opposites[i].reason);
      *opposite_id = bp_id_new_from_name (fact->table->name, name);
      return change;
    }

  *opposite_id = NULL;
  return NULL;
}
