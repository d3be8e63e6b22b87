/* One connection to PostgreSQL that comes back after it was lost. */
#pragma once

#include <gio/gio.h>
#include <libpq-fe.h>

G_BEGIN_DECLS

#define BP_PG_ERROR (bp_pg_error_quark ())

/**
 * BpPgError:
 * @BP_PG_ERROR_LOST: no connection, or it was lost; what a commit did is then
 *   unknown
 * @BP_PG_ERROR_BUSY: another transaction was in the way, or the server has no
 *   room or is going down; trying again can help
 * @BP_PG_ERROR_TOO_NEW: the tables were made by a newer version of the program
 * @BP_PG_ERROR_FAILED: anything else
 */
typedef enum
{
  BP_PG_ERROR_LOST,
  BP_PG_ERROR_BUSY,
  BP_PG_ERROR_TOO_NEW,
  BP_PG_ERROR_FAILED,
} BpPgError;

GQuark bp_pg_error_quark (void);

typedef struct _BpPgConnection BpPgConnection;

/* What servers tell each other of commits over. */
#define BP_PG_CHANNEL "bizpulse"

/**
 * BP_PG_LOOK_UP:
 * @columns: of @table
 * @table: (after from): where to look
 * @condition: by `wanted.id`, an element of the array `$2`
 *
 * A statement that looks each of them up by itself. What the planner makes of
 * `= ANY ($2)` depends on how large it believes the table to be, which it only
 * knows some time after it has grown: it may read all of a store.
 */
#define BP_PG_LOOK_UP(columns, table, condition) \
  BP_PG_LOOK_UP_EACH ("unnest ($2::text[]) AS wanted (id)", columns, table, condition)

#define BP_PG_LOOK_UP_EACH(wanted, columns, table, condition) \
  "SELECT found.* FROM " wanted " CROSS JOIN LATERAL (SELECT " columns \
  " FROM " table " WHERE store_id = $1 AND " condition " OFFSET 0) AS found ORDER BY 1"

/**
 * BP_PG_FIND:
 * @field: of text, with a column that holds its beginning
 * @table: (after from): where to look
 *
 * A statement that looks for living records by a text. The index goes by
 * beginnings, because a text may be longer than its entries; and those are cut
 * off before they are compared, because behind the wall between stores an index
 * serves only what leaks nothing.
 */
#define BP_PG_FIND(field, table) \
  BP_PG_LOOK_UP_EACH ("(SELECT id, left (id, 64) AS start" \
                      " FROM unnest ($2::text[]) AS given (id) OFFSET 0) AS wanted", \
                      field ", id", table, \
                      field "_start = wanted.start AND " field " = wanted.id" \
                      " AND is_deleted = 0") \
  ", 2"

BpPgConnection *bp_pg_connection_new (const char *url,
                                      GError    **error);
void bp_pg_connection_free (BpPgConnection *self);

gboolean bp_pg_begin (BpPgConnection *self,
                      gboolean        writes,
                      GError        **error);
gboolean bp_pg_commit (BpPgConnection *self,
                       GError        **error);
void bp_pg_rollback (BpPgConnection *self);
gboolean bp_pg_is_writing (BpPgConnection *self);

void bp_pg_enter (BpPgConnection *self,
                  const char     *store_id);
void bp_pg_enter_every_store (BpPgConnection *self);
void bp_pg_leave (BpPgConnection *self);

gboolean bp_pg_listen (BpPgConnection *self,
                       gboolean       *is_new,
                       GError        **error);
int bp_pg_get_socket (BpPgConnection *self);
gboolean bp_pg_take_word (BpPgConnection *self,
                          char          **word,
                          GError        **error);

PGresult *bp_pg_query (BpPgConnection *self,
                       GError        **error,
                       const char     *sql,
                       const char     *format,
                       ...);
gboolean bp_pg_execute (BpPgConnection *self,
                        GError        **error,
                        const char     *sql,
                        const char     *format,
                        ...);
gboolean bp_pg_execute_with (BpPgConnection *self,
                             const char     *sql,
                             GPtrArray      *parameters,
                             GError        **error);
gboolean bp_pg_run_script (BpPgConnection *self,
                           const char     *sql,
                           GError        **error);

gint64 bp_pg_get_integer (const PGresult *result,
                          int             row,
                          int             column);
const char *bp_pg_get_text (const PGresult *result,
                            int             row,
                            int             column);

void bp_pg_array_add_text (GString    *array,
                           const char *text);
void bp_pg_array_add_integer (GString *array,
                              gint64   integer);
char *bp_pg_array_from_texts (GPtrArray *texts);

/**
 * BpPgResult:
 *
 * A result that is freed when it goes out of scope.
 */
typedef PGresult BpPgResult;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPgResult, PQclear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPgConnection, bp_pg_connection_free)

G_END_DECLS
