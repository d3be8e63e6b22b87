/* A main database by its address. */
#pragma once

#include "bp-backend.h"

G_BEGIN_DECLS

gboolean bp_backend_is_address (const char *address);
guint bp_backend_get_n_useful (const char *address,
                               guint       n_threads);
BpBackend *bp_backend_open (const char *address,
                            GError    **error);

G_END_DECLS
