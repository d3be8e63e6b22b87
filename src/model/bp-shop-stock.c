/* What is written when goods come in, are counted or put right. */
#include "config.h"

#include "bp-shop-stock.h"

#include "bp-id.h"

static void
set_note (BpChange   *change,
          const char *note)
{
  if (note != NULL && note[0] != '\0')
    bp_change_set_text (change, "note", note);
}

static BpChange *
make_movement (const BpStockLine *line,
               const char        *reason,
               const char        *note)
{
  BpChange *change = bp_change_new (bp_table_find ("stock_movements"));

  bp_change_set_text (change, "product_id", line->product_id);
  bp_change_set_text (change, "reason", reason);
  bp_change_set_integer (change, "quantity",
                         line->is_counted ? line->counted - line->expected : line->quantity);
  if (line->is_counted)
    bp_change_set_integer (change, "counted", line->counted);
  if (line->moved_at != 0)
    bp_change_set_integer (change, "moved_at", line->moved_at);
  set_note (change, note);
  return change;
}

/**
 * bp_stock_make_writes:
 * @clock: for the ids
 * @lines: (element-type BpStockLine): what came, went or was counted
 * @reason: why: a word of `stock_movements.reason`
 * @note: (nullable): what else there is to say
 *
 * Each line is a movement of its own; a count moves the difference between
 * what was counted and what was there then. A cost that is told becomes the
 * product's.
 *
 * Returns: (transfer full) (element-type BpWrite): for bp_shop_save_all()
 */
GPtrArray *
bp_stock_make_writes (BpClock    *clock,
                      GPtrArray  *lines,
                      const char *reason,
                      const char *note)
{
  GPtrArray *writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);

  for (guint i = 0; i < lines->len; i++)
    {
      const BpStockLine *line = lines->pdata[i];
      g_autofree char *id = bp_id_new (clock);
      BpChange *cost;

      g_ptr_array_add (writes, bp_write_new (bp_table_find ("stock_movements"), id,
                                             BP_OPERATION_INSERT,
                                             make_movement (line, reason, note)));
      if (!line->has_cost)
        continue;
      cost = bp_change_new (bp_table_find ("products"));
      bp_change_set_integer (cost, "cost", line->cost);
      g_ptr_array_add (writes, bp_write_new (cost->table, line->product_id, BP_OPERATION_UPDATE,
                                             cost));
    }

  return writes;
}

/**
 * bp_stock_line_free:
 * @line: (nullable) (transfer full): a line
 */
void
bp_stock_line_free (BpStockLine *line)
{
  if (line == NULL)
    return;

  g_free (line->product_id);
  g_free (line);
}
