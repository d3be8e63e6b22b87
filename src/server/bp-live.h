/* The sockets that are told of changes: see `live` in the contract. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * BpLiveLimits:
 * @max_sockets: of all stores
 * @max_of_device: a further one takes the place of its oldest
 * @ping_s: how often each is asked whether it is there, in seconds; who says
 *   nothing for two and a half times as long is dropped
 */
typedef struct
{
  guint max_sockets;
  guint max_of_device;
  guint ping_s;
} BpLiveLimits;

#define BP_TYPE_LIVE (bp_live_get_type ())

/**
 * BpLive:
 *
 * Of the main context of the thread it was made in. Signal "store-changed"
 * (store id, whether anybody listens to it) when the first one begins to listen
 * to a store, whenever another one does, and when the last one ends; signal
 * "empty" when no socket is left.
 */
G_DECLARE_FINAL_TYPE (BpLive, bp_live, BP, LIVE, GObject)

BpLive *bp_live_new (const BpLiveLimits *limits);
gboolean bp_live_has_room (BpLive *self);
guint bp_live_get_n_sockets (BpLive *self);
void bp_live_add (BpLive                  *self,
                  SoupWebsocketConnection *connection,
                  GSocket                 *line,
                  const char              *store_id,
                  const char              *device_id,
                  gint64                   seq);
void bp_live_tell (BpLive     *self,
                   const char *store_id,
                   gint64      seq);
void bp_live_shut_others (BpLive     *self,
                          const char *store_id,
                          GHashTable *device_ids);
void bp_live_stop (BpLive *self);

G_END_DECLS
