/* A first download in bulk. */
#pragma once

#include "bp-sync-batch.h"

G_BEGIN_DECLS

guint bp_sync_engine_choose_snapshot (BpSyncEngine  *self,
                                      const BpBatch *batch);
BpStep bp_sync_engine_take_snapshot (BpSyncEngine *self,
                                     guint         tables,
                                     GError      **error);

G_END_DECLS
