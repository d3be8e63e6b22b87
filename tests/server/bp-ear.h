/* A device's end of a live socket: everything blocks, on a context of its own. */
#pragma once

#include <libsoup/soup.h>

typedef struct
{
  GMainContext *context;
  SoupSession *session;
  SoupWebsocketConnection *connection; /* NULL where it was refused */
  guint status;                        /* of the answer */
  char *retry_after;
  char *protocol;
  gint64 seq;                          /* of the last hint */
  guint n_hints;
  gboolean is_closed;
} Ear;

Ear *ear_new (guint16     port,
              const char *token);
void ear_free (Ear *ear);
void ear_wait_seq (Ear   *ear,
                   gint64 seq);
void ear_wait_closed (Ear *ear);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ear, ear_free)
