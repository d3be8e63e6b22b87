/* What GTK does not tell a screen reader by itself. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void bp_accessible_name_drop_down (GtkDropDown *drop_down,
                                   const char  *label);

G_END_DECLS
