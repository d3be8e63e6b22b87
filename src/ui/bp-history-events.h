/* What was done to a record, by whom, when and on which device, in words. */
#pragma once

#include "bp-format.h"

G_BEGIN_DECLS

void bp_history_read_async (BpShop             *shop,
                            const BpTable      *table,
                            const char         *id,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data);
GPtrArray *bp_history_read_finish (BpShop       *shop,
                                   GAsyncResult *result,
                                   gboolean     *is_whole,
                                   GError      **error);
GPtrArray *bp_history_to_events (GPtrArray     *entries,
                                 const BpTable *table,
                                 BpFormat      *format);

G_END_DECLS
