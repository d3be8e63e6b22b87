#include "config.h"

#include "bp-sql-cost.h"

#include <sqlite3.h>

#define MOST_TOLD 8

typedef struct
{
  GMutex mutex;
  gboolean is_counting;
  BpSqlCost total;
  GHashTable *by_sql; /* (owned) (nullable): text → BpSqlCost */
} Meter;

/* The one meter of the process: SQLite's list of what to call for a new
 * connection is the process's, too. */
static Meter meter;

static BpSqlCost *
find_cost (const char *sql)
{
  BpSqlCost *cost = g_hash_table_lookup (meter.by_sql, sql);

  if (cost == NULL)
    {
      cost = g_new0 (BpSqlCost, 1);
      g_hash_table_insert (meter.by_sql, g_strdup (sql), cost);
    }
  return cost;
}

static void
add_cost (BpSqlCost *to,
          gint64     steps,
          gint64     scanned)
{
  to->statements++;
  to->steps += steps;
  to->scanned += scanned;
}

/* The counters of a statement go on from run to run unless they are reset. */
static int
on_statement_end (unsigned type,
                  void    *user_data,
                  void    *statement,
                  void    *nanoseconds)
{
  gint64 steps = sqlite3_stmt_status (statement, SQLITE_STMTSTATUS_VM_STEP, TRUE);
  gint64 scanned = sqlite3_stmt_status (statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, TRUE);

  g_mutex_lock (&meter.mutex);
  if (meter.is_counting)
    {
      add_cost (&meter.total, steps, scanned);
      add_cost (find_cost (sqlite3_sql (statement)), steps, scanned);
    }
  g_mutex_unlock (&meter.mutex);
  return 0;
}

static int
watch_connection (sqlite3                           *handle,
                  char                             **message,
                  const struct sqlite3_api_routines *api)
{
  return sqlite3_trace_v2 (handle, SQLITE_TRACE_PROFILE, on_statement_end, NULL);
}

/**
 * bp_sql_cost_watch:
 *
 * Each connection that the process opens from now on is watched.
 */
void
bp_sql_cost_watch (void)
{
  int code = sqlite3_auto_extension ((void (*)(void))watch_connection);

  g_assert_cmpint (code, ==, SQLITE_OK);
}

/**
 * bp_sql_cost_begin:
 *
 * Counts from 0, from now on.
 */
void
bp_sql_cost_begin (void)
{
  const BpSqlCost none = { 0 };

  g_mutex_lock (&meter.mutex);
  g_clear_pointer (&meter.by_sql, g_hash_table_unref);
  meter.by_sql = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  meter.total = none;
  meter.is_counting = TRUE;
  g_mutex_unlock (&meter.mutex);
}

/**
 * bp_sql_cost_end:
 *
 * Returns: what was done since bp_sql_cost_begin()
 */
BpSqlCost
bp_sql_cost_end (void)
{
  BpSqlCost total;

  g_mutex_lock (&meter.mutex);
  meter.is_counting = FALSE;
  total = meter.total;
  g_mutex_unlock (&meter.mutex);
  g_assert_cmpint (total.statements, >, 0);
  return total;
}

static int
compare_costs (gconstpointer a,
               gconstpointer b)
{
  const BpSqlCost *one = g_hash_table_lookup (meter.by_sql, *(char *const *)a);
  const BpSqlCost *other = g_hash_table_lookup (meter.by_sql, *(char *const *)b);

  if (one->scanned != other->scanned)
    return one->scanned < other->scanned ? 1 : -1;
  return one->steps < other->steps ? 1 : one->steps > other->steps ? -1 : 0;
}

/**
 * bp_sql_cost_tell:
 *
 * Says which statements were the dearest of those counted last.
 */
void
bp_sql_cost_tell (void)
{
  g_autofree gpointer *keys = NULL;
  guint n_keys;

  g_mutex_lock (&meter.mutex);
  keys = g_hash_table_get_keys_as_array (meter.by_sql, &n_keys);
  qsort (keys, n_keys, sizeof *keys, compare_costs);
  for (guint i = 0; i < MIN (n_keys, MOST_TOLD); i++)
    {
      const BpSqlCost *cost = g_hash_table_lookup (meter.by_sql, keys[i]);

      g_test_message ("%" G_GINT64_FORMAT " ×, %" G_GINT64_FORMAT " steps, %" G_GINT64_FORMAT
                      " scanned: %s",
                      cost->statements, cost->steps, cost->scanned, (char *)keys[i]);
    }
  g_mutex_unlock (&meter.mutex);
}
