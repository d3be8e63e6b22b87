/* The server's file: opened, copied, put back, looked into. */
#include "config.h"

#include "sim-server.h"

#include "bp-check.h"
#include "bp-rules.h"
#include "bp-sqlite-backend.h"

static void
note_fault (const char *fault,
            const char *table,
            const char *id,
            gpointer    user_data)
{
  g_ptr_array_add (user_data, g_strdup_printf ("%s %s: %s", table, id, fault));
}

/**
 * sim_server_find_faults:
 * @path: the server's database
 *
 * Returns: (transfer full) (element-type utf8): what the server's check finds
 */
GPtrArray *
sim_server_find_faults (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpBackend) backend = bp_sqlite_backend_new (path, &error);
  GPtrArray *faults = g_ptr_array_new_with_free_func (g_free);

  g_assert_no_error (error);
  bp_check_backend (backend, note_fault, faults, &error);
  g_assert_no_error (error);
  return faults;
}

/**
 * sim_server_forget_deletions:
 * @path: the server's database
 * @clock: the server's
 *
 * What the server does once a day.
 */
void
sim_server_forget_deletions (const char *path,
                             BpClock    *clock)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpBackend) backend = bp_sqlite_backend_new (path, &error);

  g_assert_no_error (error);
  bp_rules_forget_deletions (backend, clock, &error);
  g_assert_no_error (error);
}
