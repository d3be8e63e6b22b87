#pragma once

#include <gio/gio.h>

#include "bp-line.h"
#include "bp-shop.h"

G_BEGIN_DECLS

#define BP_TYPE_SALE_LINE (bp_sale_line_get_type ())

/**
 * BpSaleLine:
 *
 * A line of the bill that is being made. Main thread only. Signals: "changed"
 * when it shows something else than before, "edited" when the bill has to be
 * worked out anew.
 */
G_DECLARE_FINAL_TYPE (BpSaleLine, bp_sale_line, BP, SALE_LINE, GObject)

BpSaleLine *bp_sale_line_new (const BpState *product,
                              gint64         quantity);
const char *bp_sale_line_get_name (BpSaleLine *self);
const char *bp_sale_line_get_product_id (BpSaleLine *self);
gint64 bp_sale_line_get_quantity (BpSaleLine *self);
void bp_sale_line_set_quantity (BpSaleLine *self,
                                gint64      quantity);
gint64 bp_sale_line_get_unit_price (BpSaleLine *self);
void bp_sale_line_set_unit_price (BpSaleLine *self,
                                  gint64      unit_price);
gint64 bp_sale_line_get_discount (BpSaleLine *self);
gint64 bp_sale_line_get_discount_rate (BpSaleLine *self);
void bp_sale_line_set_discount (BpSaleLine *self,
                                gint64      discount);
void bp_sale_line_set_discount_rate (BpSaleLine *self,
                                     gint64      rate);
gint64 bp_sale_line_get_tax_rate (BpSaleLine *self);
gint64 bp_sale_line_get_amount (BpSaleLine *self);
void bp_sale_line_set_worked_out (BpSaleLine   *self,
                                  const BpLine *line);
gint64 bp_sale_line_get_stock (BpSaleLine *self);
void bp_sale_line_set_stock (BpSaleLine *self,
                             gint64      stock);
gint64 bp_sale_line_get_stock_after (BpSaleLine *self);
void bp_sale_line_set_stock_after (BpSaleLine *self,
                                   gint64      stock);
gboolean bp_sale_line_is_plain (BpSaleLine *self);
BpLineDraft *bp_sale_line_make_draft (BpSaleLine *self);
const char *bp_sale_line_split_quantity (const char *text,
                                         gint64     *quantity,
                                         GError    **error);

G_END_DECLS
