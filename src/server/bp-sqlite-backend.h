#pragma once

#include "bp-backend.h"

G_BEGIN_DECLS

#define BP_TYPE_SQLITE_BACKEND (bp_sqlite_backend_get_type ())

G_DECLARE_FINAL_TYPE (BpSqliteBackend, bp_sqlite_backend, BP, SQLITE_BACKEND, BpBackend)

BpBackend *bp_sqlite_backend_new (const char *path,
                                  GError    **error);

G_END_DECLS
