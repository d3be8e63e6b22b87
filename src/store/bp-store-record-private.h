/* What the files that write rows of *_local share. */
#pragma once

#include "bp-store-private.h"

G_BEGIN_DECLS

/* The parameter, and the column, of a table's first field. */
#define BP_FIRST_FIELD 10

/**
 * BpTableSql:
 * @figures: writes seq and projections
 * @find: (nullable): row and searched fields of an id
 * @index: (nullable): adds to the search index
 * @unindex: (nullable): takes from it, given the same values
 * @searched: (array length=n_searched): fields that are searched
 *
 * Made once, the same for ever.
 */
typedef struct
{
  char *columns;
  char *select;
  char *add;
  char *upsert;
  char *figures;
  char *remove;
  char *find;
  char *index;
  char *unindex;
  guint searched[BP_MAX_FIELDS];
  guint n_searched;
  gboolean has_lines;
} BpTableSql;

/* bp-store-record.c */
const BpTableSql *bp_table_get_sql (const BpTable *table);
const char *bp_state_get_lines (const BpState *state);
void bp_store_bind_state (sqlite3_stmt  *statement,
                          const BpState *state,
                          BpRecordStatus status);
gboolean bp_store_run_index (BpStore          *self,
                             const BpTableSql *sql,
                             sqlite3_stmt     *statement,
                             gint64            row,
                             const BpState    *state,
                             GError          **error);
gboolean bp_store_write_lines (BpStore    *self,
                               gint64      row,
                               const char *text,
                               GError    **error);

G_END_DECLS
