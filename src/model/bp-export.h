#pragma once

#include "bp-shop.h"

G_BEGIN_DECLS

gboolean bp_export_table (BpShop        *shop,
                          const BpTable *table,
                          const char    *path,
                          GCancellable  *cancellable,
                          GError       **error);

G_END_DECLS
