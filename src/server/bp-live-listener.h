/* Hears what others commit to the main database, and tells them what was
 * committed here, in a thread of its own. */
#pragma once

#include "bp-live.h"
#include "bp-rules.h"

G_BEGIN_DECLS

typedef struct _BpLiveListener BpLiveListener;

BpLiveListener *bp_live_listener_new (BpBackend *backend,
                                      BpLive    *live);
void bp_live_listener_tell (BpLiveListener *self,
                            const char     *store_id,
                            gint64          seq);
void bp_live_listener_free (BpLiveListener *self);

G_END_DECLS
