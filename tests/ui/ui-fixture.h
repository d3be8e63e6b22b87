/* A shop in a folder of its own, and ways to look at a window that shows it. */
#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

/**
 * UiShop:
 *
 * Real books in a temporary folder.
 */
typedef struct
{
  char *folder;     /* (owned) */
  BpShop *shop;     /* (owned) */
  BpFormat *format; /* (owned) */
} UiShop;

void ui_shop_open (UiShop *shop);
void ui_shop_close (UiShop *shop);

GtkWidget *ui_find (GtkWidget  *widget,
                    GType       type,
                    const char *property,
                    const char *value);
gboolean ui_has_text (GtkWidget  *widget,
                      const char *text);
void ui_wait_for_text (GtkWidget  *widget,
                       const char *text);

G_END_DECLS
