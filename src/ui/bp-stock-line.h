#pragma once

#include <adwaita.h>

#include "bp-format.h"
#include "bp-shop-stock.h"

G_BEGIN_DECLS

#define BP_TYPE_STOCK_LINE_ROW (bp_stock_line_row_get_type ())

/**
 * BpStockLineRow:
 *
 * A product and how much of it came, was counted or is put right. Signals:
 * "changed", "done" when Enter is pressed, "removed".
 */
G_DECLARE_FINAL_TYPE (BpStockLineRow, bp_stock_line_row, BP, STOCK_LINE_ROW, GtkListBoxRow)

GtkWidget *bp_stock_line_row_new (BpFormat    *format,
                                  const BpRow *product,
                                  gboolean     is_count,
                                  gboolean     has_cost);
const char *bp_stock_line_row_get_product (BpStockLineRow *self);
void bp_stock_line_row_add_one (BpStockLineRow *self);
BpStockLine *bp_stock_line_row_read (BpStockLineRow *self);
void bp_stock_line_row_focus (BpStockLineRow *self);

G_END_DECLS
