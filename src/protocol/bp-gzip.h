#pragma once

#include <glib.h>

G_BEGIN_DECLS

GBytes *bp_gzip_pack (const char *data,
                      gsize       length);
GBytes *bp_gzip_unpack (const char *data,
                        gsize       length,
                        gsize       max_length,
                        GError    **error);
gboolean bp_gzip_unpack_file (int      from,
                              int      to,
                              gint64   max_length,
                              GError **error);

G_END_DECLS
