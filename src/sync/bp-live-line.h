/* A device's end of the server's live socket. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * BP_LIVE_CONNECTED:
 *
 * Instead of a seq: from now on the server tells of changes.
 */
#define BP_LIVE_CONNECTED (-1)

/**
 * BpLiveHeardFunc:
 * @seq: a hint: what the store has got to; or %BP_LIVE_CONNECTED
 * @bytes: of what came, so far
 * @user_data: of #BpLiveTerms
 *
 * In the thread that listens.
 */
typedef void (*BpLiveHeardFunc) (gint64   seq,
                                 gint64   bytes,
                                 gpointer user_data);

/**
 * BpLiveTerms:
 * @url: (unowned): as of bp_http_check_address()
 * @trusted: (unowned) (nullable): as of bp_http_session_new()
 * @token: (unowned): the device's
 * @ping_ms: how often the server is asked whether it is there; who says
 *   nothing for two and a half times as long is gone
 * @heard: is told
 * @user_data: for @heard
 */
typedef struct
{
  const char *url;
  GTlsDatabase *trusted;
  const char *token;
  guint ping_ms;
  BpLiveHeardFunc heard;
  gpointer user_data;
} BpLiveTerms;

gboolean bp_live_line_listen (const BpLiveTerms *terms,
                              gint64            *retry_after,
                              GCancellable      *cancellable,
                              GError           **error);

G_END_DECLS
