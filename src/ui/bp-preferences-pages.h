/* The pages of the preferences. Each function makes one, (transfer floating). */
#pragma once

#include <adwaita.h>

#include "bp-preferences.h"

G_BEGIN_DECLS

GtkWidget *bp_preferences_create_shop_page (BpPreferences *preferences);
GtkWidget *bp_preferences_create_selling_page (BpPreferences *preferences);
GtkWidget *bp_preferences_create_taxes_page (BpPreferences *preferences);
GtkWidget *bp_preferences_create_sync_page (BpPreferences *preferences);

G_END_DECLS
