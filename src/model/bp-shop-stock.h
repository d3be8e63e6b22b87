/* Goods that come in, stock-takes and adjustments. */
#pragma once

#include "bp-shop.h"

G_BEGIN_DECLS

/**
 * BpStockLine:
 * @product_id: (transfer full): of which product
 * @quantity: what came, in thousandths; negative where it went. Not of a count
 * @is_counted: whether it was counted
 * @counted: what was counted, in thousandths
 * @expected: what was thought to be there when it was counted, in thousandths
 * @moved_at: when it was, in milliseconds; 0 for now
 * @has_cost: whether @cost is told
 * @cost: of one unit, in the minor unit
 */
typedef struct
{
  char *product_id;
  gint64 quantity;
  gboolean is_counted;
  gint64 counted;
  gint64 expected;
  gint64 moved_at;
  gboolean has_cost;
  gint64 cost;
} BpStockLine;

GPtrArray *bp_stock_make_writes (BpClock    *clock,
                                 GPtrArray  *lines,
                                 const char *reason,
                                 const char *note);
void bp_stock_line_free (BpStockLine *line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpStockLine, bp_stock_line_free)

G_END_DECLS
