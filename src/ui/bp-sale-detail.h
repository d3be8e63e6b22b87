#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_SALE_DETAIL (bp_sale_detail_get_type ())

/**
 * BpSaleDetail:
 *
 * A bill to be looked at: its lines, what was paid, its way to the server; and
 * to be voided.
 */
G_DECLARE_FINAL_TYPE (BpSaleDetail, bp_sale_detail, BP, SALE_DETAIL, AdwBin)

GtkWidget *bp_sale_detail_new (BpFormat *format);
void bp_sale_detail_set_record (BpSaleDetail *self,
                                BpRecord     *record);

G_END_DECLS
