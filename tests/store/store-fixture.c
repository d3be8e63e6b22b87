#include "config.h"

#include "store-fixture.h"

#include <glib/gstdio.h>

/**
 * store_fixture_init:
 * @fixture: filled
 * @data: (nullable): not used; fits g_test_add()
 */
void
store_fixture_init (StoreFixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("bp-store-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->clock = bp_test_clock_new (1000, 1);
  fixture->store = bp_store_open (fixture->folder, BP_CLOCK (fixture->clock), &error);
  g_assert_no_error (error);
}

/**
 * store_fixture_clear:
 * @fixture: its store is closed, its folder removed
 * @data: (nullable): not used; fits g_test_add()
 */
void
store_fixture_clear (StoreFixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  g_assert_finalize_object (fixture->store);
  g_clear_object (&fixture->clock);
  dir = g_dir_open (fixture->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
}

/**
 * store_fixture_reopen:
 * @fixture: its store is closed and opened again
 */
void
store_fixture_reopen (StoreFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_finalize_object (fixture->store);
  fixture->store = bp_store_open (fixture->folder, BP_CLOCK (fixture->clock), &error);
  g_assert_no_error (error);
}

/**
 * writes_new:
 *
 * Returns: (transfer full) (element-type BpWrite): an action of nothing yet
 */
GPtrArray *
writes_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
}

/**
 * writes_add:
 * @writes: an action
 * @kind: what is done
 * @table: a table's name
 * @id: a record
 * @json: (nullable): its fields, as on the wire
 */
void
writes_add (GPtrArray      *writes,
            BpOperationKind kind,
            const char     *table,
            const char     *id,
            const char     *json)
{
  const BpTable *found = bp_table_find (table);
  g_autoptr (GError) error = NULL;
  BpChange *change = NULL;

  g_assert_nonnull (found);
  if (json != NULL)
    {
      change = bp_change_new_from_text (found, json, BP_CHANGE_STRICT, &error);
      g_assert_no_error (error);
    }
  g_ptr_array_add (writes, bp_write_new (found, id, kind, change));
}

/**
 * try_save:
 * @fixture: a fixture
 * @kind: what is done
 * @table: a table's name
 * @id: a record
 * @json: (nullable): its fields, as on the wire
 * @error: of bp_store_save()
 *
 * Returns: whether the action of this one write is saved
 */
gboolean
try_save (StoreFixture   *fixture,
          BpOperationKind kind,
          const char     *table,
          const char     *id,
          const char     *json,
          GError        **error)
{
  g_autoptr (GPtrArray) writes = writes_new ();

  writes_add (writes, kind, table, id, json);
  return bp_store_save (fixture->store, writes, "Asha", error);
}

/**
 * save_writes:
 * @fixture: a fixture
 * @writes: (element-type BpWrite): one action, which must succeed
 */
void
save_writes (StoreFixture *fixture,
             GPtrArray    *writes)
{
  g_autoptr (GError) error = NULL;

  bp_store_save (fixture->store, writes, "Asha", &error);
  g_assert_no_error (error);
}

/**
 * save:
 * @fixture: a fixture
 * @kind: what is done
 * @table: a table's name
 * @id: a record
 * @json: (nullable): its fields, as on the wire
 *
 * Saves an action of this one write, which must succeed.
 */
void
save (StoreFixture   *fixture,
      BpOperationKind kind,
      const char     *table,
      const char     *id,
      const char     *json)
{
  g_autoptr (GError) error = NULL;

  try_save (fixture, kind, table, id, json, &error);
  g_assert_no_error (error);
}

static gboolean
run_inside (BpStore *store,
            gpointer user_data,
            GError **error)
{
  return bp_database_run_sql (bp_store_get_database (store), user_data, error);
}

/**
 * run_sql:
 * @fixture: a fixture
 * @sql: run in one transaction
 */
void
run_sql (StoreFixture *fixture,
         const char   *sql)
{
  g_autoptr (GError) error = NULL;

  bp_store_transact (fixture->store, run_inside, (gpointer)sql, &error);
  g_assert_no_error (error);
}

/**
 * ask:
 * @fixture: a fixture
 * @sql: a query of one integer
 *
 * Returns: the answer; −1 where there is no row or it is null
 */
gint64
ask (StoreFixture *fixture,
     const char   *sql)
{
  g_autoptr (GError) error = NULL;
  gint64 answer = -1;

  bp_store_ask (fixture->store, &answer, &error, sql, "");
  g_assert_no_error (error);
  return answer;
}

/**
 * ask_text:
 * @fixture: a fixture
 * @sql: a query of one text
 *
 * Returns: (transfer full) (nullable): the answer
 */
char *
ask_text (StoreFixture *fixture,
          const char   *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpStatement) statement = bp_store_prepare (fixture->store, &error, sql, "");
  gboolean has_row;

  g_assert_no_error (error);
  bp_database_step (bp_store_get_database (fixture->store), statement, &has_row, &error);
  g_assert_no_error (error);
  return has_row ? bp_column_dup_text (statement, 0) : NULL;
}

/**
 * describe_queue:
 * @fixture: a fixture
 *
 * Returns: (transfer full): a line for each operation that is not answered,
 *   oldest first: kind, `!` where it restores, record, status unless pending,
 *   data. Actions are lettered in the order they first appear
 */
char *
describe_queue (StoreFixture *fixture)
{
  return ask_text (fixture,
                   "SELECT coalesce (group_concat (line, char (10)), '') FROM ("
                   " SELECT char (64 + (SELECT count (DISTINCT o.action_id) FROM sync_queue o"
                   "   WHERE o.status <> 'synced' AND o.id <= (SELECT min (f.id) FROM sync_queue f"
                   "    WHERE f.status <> 'synced' AND f.action_id = q.action_id)))"
                   "  || ' ' || operation || iif (restore, '! ', ' ') || record_id"
                   "  || iif (status = 'pending', '', ' ' || status)"
                   "  || coalesce (' ' || data, '') AS line"
                   " FROM sync_queue q WHERE status <> 'synced' ORDER BY id)");
}

/**
 * assert_queue:
 * @fixture: a fixture
 * @expected: what describe_queue() must say
 */
void
assert_queue (StoreFixture *fixture,
              const char   *expected)
{
  g_autofree char *found = describe_queue (fixture);

  g_assert_cmpstr (found, ==, expected);
}

/**
 * assert_status:
 * @fixture: a fixture
 * @table: a table's name
 * @id: a record
 * @expected: (nullable): its `sync_status`; %NULL where there must be no record
 */
void
assert_status (StoreFixture *fixture,
               const char   *table,
               const char   *id,
               const char   *expected)
{
  g_autoptr (BpRow) row = bp_store_get (fixture->store, bp_table_find (table), id, NULL);

  g_assert_cmpstr (row != NULL ? bp_record_status_to_string (row->status) : NULL, ==, expected);
}

/**
 * assert_field:
 * @fixture: a fixture
 * @table: a table's name
 * @id: a record
 * @field: one of its fields
 * @expected: (nullable): its value as text
 */
void
assert_field (StoreFixture *fixture,
              const char   *table,
              const char   *id,
              const char   *field,
              const char   *expected)
{
  g_autofree char *sql = g_strdup_printf ("SELECT CAST (%s AS TEXT) FROM %s_local WHERE id = '%s'",
                                          field, table, id);
  g_autofree char *found = ask_text (fixture, sql);

  g_assert_cmpstr (found, ==, expected);
}
