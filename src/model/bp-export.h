#pragma once

#include "bp-shop.h"

G_BEGIN_DECLS

gboolean bp_export_table (BpShop        *shop,
                          const BpTable *table,
                          const char    *path,
                          GCancellable  *cancellable,
                          GError       **error);
void bp_export_table_async (BpShop             *shop,
                            const BpTable      *table,
                            const char         *path,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data);
gboolean bp_export_table_finish (BpShop       *shop,
                                 GAsyncResult *result,
                                 GError      **error);

G_END_DECLS
