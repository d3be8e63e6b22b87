#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpBill:
 * @lines: (element-type BpLine): quantity, unit_price, discount, tax_rate and
 *   tax_inclusive are read; taxable, tax and total are written
 * @discount: of the whole bill, in the minor unit; read
 * @round_to: to which multiple of the minor unit the total is rounded (100 =
 *   whole rupees); 0 or 1 for not at all; read
 * @tax_split: whether the tax is split in two equal halves; read
 * @subtotal: Σ line gross; written
 * @tax_total: Σ tax; written
 * @round_off: written
 * @total_amount: Σ line total + @round_off; written
 */
typedef struct
{
  GPtrArray *lines; /* (unowned) (element-type BpLine) */
  gint64 discount;
  gint64 round_to;
  gboolean tax_split;
  gint64 subtotal;
  gint64 tax_total;
  gint64 round_off;
  gint64 total_amount;
} BpBill;

gboolean bp_tax_compute (BpBill  *bill,
                         GError **error);

G_END_DECLS
