/* What SQLite does for a process, counted over all of its connections: not how
 * long it takes, which depends on the machine, but how many steps it makes. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpSqlCost:
 * @statements: how many ran
 * @steps: of SQLite's virtual machine
 * @scanned: rows stepped over because no index told which were wanted
 */
typedef struct
{
  gint64 statements;
  gint64 steps;
  gint64 scanned;
} BpSqlCost;

void bp_sql_cost_watch (void);
void bp_sql_cost_begin (void);
BpSqlCost bp_sql_cost_end (void);
void bp_sql_cost_tell (void);

G_END_DECLS
