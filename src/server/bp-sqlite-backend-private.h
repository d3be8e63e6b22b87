/* What the files of the SQLite backend share: see #BpBackendClass. */
#pragma once

#include "bp-database.h"
#include "bp-sqlite-backend.h"

G_BEGIN_DECLS

/**
 * BpSqliteBackend:
 * @writer: the process's one writing connection
 * @reader: for reading without waiting for writers
 * @current: (nullable): the one whose transaction is under way
 * @data_version: of the file when news were last waited for; 0 before that
 */
struct _BpSqliteBackend
{
  BpBackend parent_instance;

  BpDatabase *writer;  /* (owned) */
  BpDatabase *reader;  /* (owned) */
  BpDatabase *current; /* (unowned) (nullable) */
  gint64 data_version;
};

BpDatabase *bp_sqlite_backend_get_current (BpBackend *backend);
void bp_sqlite_backups_set_functions (BpBackendClass *klass);
void bp_sqlite_devices_set_functions (BpBackendClass *klass);
void bp_sqlite_records_set_functions (BpBackendClass *klass);
void bp_sqlite_facts_set_functions (BpBackendClass *klass);

G_END_DECLS
