/* Saves that a user sees as one and can take back as one. */
#pragma once

#include <gtk/gtk.h>

#include "bp-shop.h"

G_BEGIN_DECLS

/**
 * BpBulkFunc:
 * @done: whether it is saved; nothing has changed where not
 *
 * Told when a save has ended.
 */
typedef void (*BpBulkFunc) (gpointer object,
                            gboolean done);

void bp_bulk_save (GtkWidget  *widget,
                   BpShop     *shop,
                   GPtrArray  *writes,
                   const char *text,
                   BpBulkFunc  func,
                   gpointer    object);

G_END_DECLS
