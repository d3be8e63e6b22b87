#pragma once

#include "bp-sale-line.h"

G_BEGIN_DECLS

/**
 * BpSaleTotals:
 * @gross: Σ quantity × price, in the minor unit, as all below
 * @discount: Σ of what was taken off
 * @tax: Σ tax
 * @inclusive: whether all of it is inside the prices
 * @round_off: what rounding adds
 * @total: what is to be paid
 */
typedef struct
{
  gint64 gross;
  gint64 discount;
  gint64 tax;
  gboolean inclusive;
  gint64 round_off;
  gint64 total;
} BpSaleTotals;

#define BP_TYPE_SALE_CART (bp_sale_cart_get_type ())

/**
 * BpSaleCart:
 *
 * The bill that is being made: its lines, and what they come to, worked out in
 * a thread after each change. Main thread only. Signal "changed" when lines or
 * totals are others than before.
 */
G_DECLARE_FINAL_TYPE (BpSaleCart, bp_sale_cart, BP, SALE_CART, GObject)

BpSaleCart *bp_sale_cart_new (BpShop *shop);
GListModel *bp_sale_cart_get_lines (BpSaleCart *self);
BpSaleLine *bp_sale_cart_add (BpSaleCart    *self,
                              const BpState *product,
                              gint64         quantity);
void bp_sale_cart_insert (BpSaleCart *self,
                          guint       position,
                          BpSaleLine *line);
guint bp_sale_cart_remove (BpSaleCart *self,
                           BpSaleLine *line);
GPtrArray *bp_sale_cart_take (BpSaleCart *self);
gboolean bp_sale_cart_is_empty (BpSaleCart *self);
gboolean bp_sale_cart_is_settled (BpSaleCart *self);
const BpSaleTotals *bp_sale_cart_get_totals (BpSaleCart *self);
const char *bp_sale_cart_get_fault (BpSaleCart *self);
BpSaleDraft *bp_sale_cart_make_draft (BpSaleCart *self);

G_END_DECLS
