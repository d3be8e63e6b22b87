/* What PostgreSQL itself keeps from a statement that asks for too much. */
#include "config.h"

#include <string.h>

#include "bp-fixture.h"
#include "bp-pg-connection.h"

typedef struct
{
  Fixture fixture;
  BpPgConnection *connection;
  char *other_id;
} Walls;

static void
set_up (Walls        *walls,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *code = NULL;
  g_autofree char *is_bound = NULL;

  fixture_set_up (&walls->fixture, data);
  walls->other_id = fixture_add_store (&walls->fixture, "Other", &code);
  add_basics (&walls->fixture);
  is_bound = fixture_ask (&walls->fixture, "SELECT NOT rolsuper AND NOT rolbypassrls FROM pg_roles"
                          " WHERE rolname = current_user");
  g_assert_cmpstr (is_bound, ==, "t");
  walls->connection = bp_pg_connection_new (walls->fixture.address, &error);
  g_assert_no_error (error);
  g_assert_true (bp_pg_begin (walls->connection, TRUE, NULL));
}

static void
tear_down (Walls        *walls,
           gconstpointer data)
{
  bp_pg_rollback (walls->connection);
  bp_pg_connection_free (walls->connection);
  g_free (walls->other_id);
  fixture_tear_down (&walls->fixture, data);
}

static char *
ask (Walls      *walls,
     const char *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPgResult) result = bp_pg_query (walls->connection, &error, sql, "");

  g_assert_no_error (error);
  return PQntuples (result) > 0 ? g_strdup (bp_pg_get_text (result, 0, 0)) : NULL;
}

#define assert_told(walls, sql, expected) \
  do \
    { \
      g_autofree char *told_ = ask (walls, sql); \
      g_assert_cmpstr (told_, ==, expected); \
    } \
  while (0)

/* No statement here names a store. */
static void
forgotten_condition (Walls        *walls,
                     gconstpointer data)
{
  static const char in_all[] = "SELECT (SELECT count (*) FROM stores) || ' ' ||"
                               " (SELECT count (*) FROM devices) || ' ' ||"
                               " (SELECT count (*) FROM pairing_codes) || ' ' ||"
                               " (SELECT count (*) FROM products) || ' ' ||"
                               " (SELECT count (*) FROM operations)";

  assert_told (walls, in_all, "0 0 0 0 0");
  bp_pg_enter (walls->connection, walls->other_id);
  assert_told (walls, in_all, "1 0 1 0 0");
  bp_pg_enter (walls->connection, walls->fixture.store_id);
  assert_told (walls, in_all, "1 0 1 0 0");
  bp_pg_rollback (walls->connection);
  g_assert_true (bp_pg_begin (walls->connection, TRUE, NULL));
  assert_told (walls, in_all, "0 0 0 0 0");
  bp_pg_enter (walls->connection, walls->fixture.store_id);
  assert_told (walls, in_all, "1 1 1 1 2");
  bp_pg_leave (walls->connection);
  assert_told (walls, in_all, "0 0 0 0 0");
  bp_pg_enter (walls->connection, "*");
  assert_told (walls, in_all, "0 0 0 0 0");
  bp_pg_enter_every_store (walls->connection);
  assert_told (walls, in_all, "2 1 2 1 2");
}

static void
assert_refused (Walls      *walls,
                const char *sql)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (bp_pg_execute (walls->connection, &error, sql, "s", walls->fixture.store_id));
  g_assert_error (error, BP_PG_ERROR, BP_PG_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "42501"));
  bp_pg_rollback (walls->connection);
  g_assert_true (bp_pg_begin (walls->connection, TRUE, NULL));
  bp_pg_enter (walls->connection, walls->other_id);
}

static void
writes (Walls        *walls,
        gconstpointer data)
{
  bp_pg_enter (walls->connection, walls->other_id);
  assert_told (walls, "WITH gone AS (DELETE FROM products RETURNING 1) SELECT count (*) FROM gone",
               "0");
  assert_told (walls, "WITH changed AS (UPDATE devices SET revoked_at = 1 RETURNING 1)"
               " SELECT count (*) FROM changed", "0");
  assert_refused (walls, "INSERT INTO pulls (store_id, device_id, table_name, began_at)"
                  " VALUES ($1, 'd', 't', 1)");
  assert_refused (walls, "UPDATE stores SET store_id = $1");
}

/* The rules ask for another store than the one whose transaction it is. */
static void
wrong_store (Walls        *walls,
             gconstpointer data)
{
  BpBackend *backend = walls->fixture.backend;
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autoptr (GPtrArray) states = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  g_autoptr (BpStore) store = NULL;
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (ids, (gpointer)"p1");
  bp_backend_call (backend, begin_write, walls->other_id, &error);
  bp_backend_call (backend, load_states, walls->fixture.store_id, bp_table_find ("products"), ids,
                   states, &error);
  bp_backend_call (backend, load_store, walls->fixture.store_id, &store, &error);
  bp_backend_rollback (backend);
  g_assert_no_error (error);
  g_assert_cmpuint (states->len, ==, 0);
  g_assert_null (store);
}

/* Whoever adds a table has to wall it in. */
static void
every_table (Walls        *walls,
             gconstpointer data)
{
  assert_told (walls, "SELECT string_agg (c.relname, ' ' ORDER BY c.relname) FROM pg_class AS c"
               " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'store_id'"
               " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema ()::regnamespace"
               " AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM"
               " pg_policy AS p WHERE p.polrelid = c.oid AND p.polname = 'one_store'"
               " AND p.polcmd = '*' AND p.polqual IS NOT NULL))", NULL);
  assert_told (walls, "SELECT string_agg (c.relname, ' ' ORDER BY c.relname) FROM pg_class AS c"
               " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema ()::regnamespace"
               " AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid"
               " AND a.attname = 'store_id')", "bizpulse_schema");
}

/* Behind the wall an index serves only what leaks nothing: a key is still found
 * by it, and not by reading all of the store. */
static void
keys_by_index (Walls        *walls,
               gconstpointer data)
{
  static const struct
  {
    const char *table;
    const char *field;
  } keys[] = {
    { "products", "sku" }, { "products", "barcode" }, { "sales", "number" },
    { "sales", "refers_to" },
  };

  bp_pg_enter (walls->connection, walls->fixture.store_id);
  g_assert_true (bp_pg_run_script (walls->connection, "SET LOCAL enable_seqscan = off;"
                                   " SET LOCAL enable_bitmapscan = off", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char *field = keys[i].field;
      g_autofree char *sql = g_strdup_printf ("EXPLAIN (FORMAT JSON, COSTS off) "
                                              BP_PG_FIND ("%s", "%s"), field, keys[i].table,
                                              field, field);
      g_autofree char *index = g_strdup_printf ("%s_by_%s", keys[i].table, field);
      g_autofree char *start = g_strdup_printf ("(%s_start = ", field);
      g_autoptr (BpPgResult) result = NULL;
      g_autoptr (GError) error = NULL;
      const char *plan;
      const char *by;

      result = bp_pg_query (walls->connection, &error, sql, "ss", walls->fixture.store_id, "{x}");
      g_assert_no_error (error);
      plan = bp_pg_get_text (result, 0, 0);
      g_test_message ("%s", plan);
      g_assert_nonnull (strstr (plan, index));
      by = strstr (plan, "\"Index Cond\"");
      g_assert_nonnull (by);
      g_assert_nonnull (g_strstr_len (by, (gssize)strcspn (by, "\n"), start));
    }
}

#define ADD(name, function) \
  g_test_add ("/server/walls/" name, Walls, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("a-forgotten-condition-shows-one-store", forgotten_condition);
  ADD ("nothing-is-written-into-another-store", writes);
  ADD ("a-transaction-stays-in-its-store", wrong_store);
  ADD ("every-table-is-walled-in", every_table);
  ADD ("keys-are-found-by-an-index", keys_by_index);
  return g_test_run ();
}
