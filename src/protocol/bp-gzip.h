#pragma once

#include <glib.h>

G_BEGIN_DECLS

GBytes *bp_gzip_pack (const char *data,
                      gsize       length);
GBytes *bp_gzip_unpack (const char *data,
                        gsize       length,
                        gsize       max_length,
                        GError    **error);

G_END_DECLS
