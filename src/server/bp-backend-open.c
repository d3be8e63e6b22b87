#include "config.h"

#include "bp-backend-open.h"

#include <string.h>

#include "bp-pg-backend.h"
#include "bp-sqlite-backend.h"

#define SQLITE_SCHEME "sqlite:"

static gboolean
is_postgresql (const char *address)
{
  return g_str_has_prefix (address, "postgresql://") || g_str_has_prefix (address, "postgres://");
}

/**
 * bp_backend_is_address:
 * @address: any text
 *
 * Returns: whether it is `sqlite:FILE` or `postgresql://…`
 */
gboolean
bp_backend_is_address (const char *address)
{
  return is_postgresql (address)
         || (g_str_has_prefix (address, SQLITE_SCHEME) && address[strlen (SQLITE_SCHEME)] != '\0');
}

/**
 * bp_backend_get_n_useful:
 * @address: of a main database
 * @n_threads: how many there could be
 *
 * Returns: how many threads, each with a backend of its own, get more done than
 *   one: SQLite has one writer
 */
guint
bp_backend_get_n_useful (const char *address,
                         guint       n_threads)
{
  return is_postgresql (address) ? n_threads : 1;
}

/**
 * bp_backend_open:
 * @address: as of bp_backend_is_address()
 * @error: of the backend
 *
 * Opens, or makes, a main database, and brings it to the newest version.
 *
 * Returns: (transfer full): a backend for one thread
 */
BpBackend *
bp_backend_open (const char *address,
                 GError    **error)
{
  g_return_val_if_fail (bp_backend_is_address (address), NULL);

  return is_postgresql (address)
           ? bp_pg_backend_new (address, error)
           : bp_sqlite_backend_new (address + strlen (SQLITE_SCHEME), error);
}
