#pragma once

#include "bp-shop.h"

G_BEGIN_DECLS

gboolean bp_demo_fill (BpShop  *shop,
                       GError **error);

G_END_DECLS
