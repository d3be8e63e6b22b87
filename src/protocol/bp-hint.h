/* What a live socket tells: that the store has got so far. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *bp_hint_to_text (gint64 seq);
gboolean bp_hint_parse (const char *text,
                        gsize       length,
                        gint64     *seq,
                        GError    **error);

G_END_DECLS
