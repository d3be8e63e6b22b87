#pragma once

#include <gtk/gtk.h>

#include "bp-format.h"
#include "bp-sale-line.h"

G_BEGIN_DECLS

/**
 * BpSaleCell:
 *
 * What can be edited of a line.
 */
typedef enum
{
  BP_SALE_CELL_QUANTITY,
  BP_SALE_CELL_RATE,
  BP_SALE_CELL_DISCOUNT,
} BpSaleCell;

#define BP_N_SALE_CELLS 3

#define BP_TYPE_SALE_LINE_ROW (bp_sale_line_row_get_type ())

/**
 * BpSaleLineRow:
 *
 * A line of the bill that is being made. Signals: "done" when editing a cell
 * has ended, "remove" when the line shall go.
 */
G_DECLARE_FINAL_TYPE (BpSaleLineRow, bp_sale_line_row, BP, SALE_LINE_ROW, GtkListBoxRow)

GtkWidget *bp_sale_line_row_new (BpSaleLine *line,
                                 BpFormat   *format);
BpSaleLine *bp_sale_line_row_get_line (BpSaleLineRow *self);
void bp_sale_line_row_edit (BpSaleLineRow *self,
                            BpSaleCell     cell);

G_END_DECLS
