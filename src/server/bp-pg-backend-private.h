/* What the files of the PostgreSQL backend share: see #BpBackendClass. */
#pragma once

#include "bp-pg-backend.h"
#include "bp-pg-connection.h"

G_BEGIN_DECLS

BpPgConnection *bp_pg_backend_get_connection (BpBackend *backend);
BpPgConnection *bp_pg_backend_enter (BpBackend  *backend,
                                     const char *store_id);
gboolean bp_pg_await_news (BpBackend    *backend,
                           GCancellable *cancellable,
                           GPtrArray    *news,
                           GError      **error);
gboolean bp_pg_tell_news (BpBackend *backend,
                          GPtrArray *news,
                          GError   **error);
void bp_pg_backups_set_functions (BpBackendClass *klass);
void bp_pg_devices_set_functions (BpBackendClass *klass);
void bp_pg_records_set_functions (BpBackendClass *klass);
void bp_pg_facts_set_functions (BpBackendClass *klass);

G_END_DECLS
