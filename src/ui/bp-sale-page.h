#pragma once

#include <gtk/gtk.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_SALE_PAGE (bp_sale_page_get_type ())

/**
 * BpSalePage:
 *
 * Where a sale is made, by scanner and keyboard. Signals: "saved" (id, what to
 * tell the user) after which the page is ready for the next sale, and "closed"
 * when the user is done here.
 */
G_DECLARE_FINAL_TYPE (BpSalePage, bp_sale_page, BP, SALE_PAGE, GtkWidget)

GtkWidget *bp_sale_page_new (BpFormat *format);
gboolean bp_sale_page_is_empty (BpSalePage *self);

G_END_DECLS
