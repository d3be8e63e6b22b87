#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_STOCK_WINDOW (bp_stock_window_get_type ())

/**
 * BpStockTask:
 * @BP_STOCK_RECEIVE: goods came in
 * @BP_STOCK_ADJUST: the stock is put right, with a reason
 * @BP_STOCK_COUNT: what there is was counted
 */
typedef enum
{
  BP_STOCK_RECEIVE,
  BP_STOCK_ADJUST,
  BP_STOCK_COUNT,
} BpStockTask;

/**
 * BpStockWindow:
 *
 * A window in which products are scanned or typed that came in, were counted
 * or are put right.
 */
G_DECLARE_FINAL_TYPE (BpStockWindow, bp_stock_window, BP, STOCK_WINDOW, AdwWindow)

void bp_stock_window_show (GtkWidget  *widget,
                           BpFormat   *format,
                           BpStockTask task,
                           const char *product_id);

G_END_DECLS
