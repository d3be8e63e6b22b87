#pragma once

#include "bp-backend.h"

G_BEGIN_DECLS

#define BP_TYPE_PG_BACKEND (bp_pg_backend_get_type ())

G_DECLARE_FINAL_TYPE (BpPgBackend, bp_pg_backend, BP, PG_BACKEND, BpBackend)

BpBackend *bp_pg_backend_new (const char *url,
                              GError    **error);

G_END_DECLS
