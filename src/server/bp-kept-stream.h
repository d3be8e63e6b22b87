#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BP_TYPE_KEPT_STREAM (bp_kept_stream_get_type ())

/**
 * BpKeptStream:
 *
 * A connection whose end is seen between two requests, too. Before libsoup 3.3
 * SoupServer never gives up a connection that ends where a request would have
 * begun (libsoup commit d20c6601); one that ends within a request it does. So
 * such an end is preceded by a byte, the beginning of a request.
 */
G_DECLARE_FINAL_TYPE (BpKeptStream, bp_kept_stream, BP, KEPT_STREAM, GIOStream)

GIOStream *bp_kept_stream_new (GIOStream *base,
                               GSocket   *socket);
GIOStream *bp_kept_stream_get_base (BpKeptStream *self);
void bp_kept_stream_begin_wait (GSocket *socket);

G_END_DECLS
