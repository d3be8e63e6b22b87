/* The least that an upload can cost: HTTP, and rows in a durable table. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

double bp_bare_upload (GPtrArray  *bodies,
                       const char *folder);

G_END_DECLS
