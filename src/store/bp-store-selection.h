/* What this device's user has chosen to see of a table. */
#pragma once

#include "bp-database.h"
#include "bp-table.h"

G_BEGIN_DECLS

/**
 * BpSelection:
 * @table: (unowned): of which table
 * @groups: (owned) (nullable): a JSON array of the groups that are shown
 * @from: (owned) (nullable): the first day that is shown
 * @time_zone: (owned) (nullable): where that day begins
 *
 * On the stack; begun by bp_selection_read().
 */
typedef struct
{
  const BpTable *table;
  char *groups;
  char *from;
  char *time_zone;
} BpSelection;

gboolean bp_selection_read (BpSelection   *self,
                            BpDatabase    *database,
                            const BpTable *table,
                            GError       **error);
void bp_selection_clear (BpSelection *self);
char *bp_selection_to_sql (const BpSelection *self);
void bp_selection_bind (const BpSelection *self,
                        sqlite3_stmt      *statement);
gboolean bp_selection_depends_on (const BpTable *table,
                                  const char    *setting);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BpSelection, bp_selection_clear)

G_END_DECLS
