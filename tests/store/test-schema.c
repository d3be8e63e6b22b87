/* A released schema never changes: each kept version opens, becomes the same as
 * a new file, and keeps what it holds. */
#include "config.h"

#include "store-fixture.h"

#include <glib/gstdio.h>

#define EFFECT \
  "INSERT INTO sync_effects (table_name, record_id, field, op_id, amount, seq)" \
  " VALUES ('products', 'p9', 'stock', 'o1', -5000, 7)"

#define SCHEMA \
  "SELECT coalesce (group_concat (sql || ';', char (10)), '') FROM (SELECT sql FROM sqlite_schema" \
  " WHERE sql IS NOT NULL AND name NOT GLOB '*_search_*' AND name NOT GLOB 'sqlite_*'" \
  " ORDER BY type DESC, name)"

static char *
get_kept (gint64 version)
{
  g_autofree char *name = g_strdup_printf ("v%" G_GINT64_FORMAT ".sql", version);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  char *text;

  path = g_test_build_filename (G_TEST_DIST, "store", "data", "schema", name, NULL);
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
test_newest_is_kept (StoreFixture *fixture,
                     gconstpointer data)
{
  g_autofree char *kept = get_kept (ask (fixture, "PRAGMA user_version"));
  g_autofree char *found = ask_text (fixture, SCHEMA);
  g_autofree char *line = g_strconcat (found, "\n", NULL);

  g_assert_cmpstr (line, ==, kept);
}

static void
make_old_file (StoreFixture *fixture,
               const char   *path,
               gint64        version,
               gint64        application_id)
{
  g_autofree char *kept = get_kept (version);
  g_autofree char *stamp = NULL;
  sqlite3 *handle;

  stamp = g_strdup_printf ("PRAGMA application_id = %" G_GINT64_FORMAT "; PRAGMA user_version = %"
                           G_GINT64_FORMAT, application_id, version);
  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, kept, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, stamp, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, EFFECT, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (handle);
}

static void
test_each_version_opens (StoreFixture *fixture,
                         gconstpointer data)
{
  gint64 newest = ask (fixture, "PRAGMA user_version");
  gint64 application_id = ask (fixture, "PRAGMA application_id");
  g_autofree char *expected = ask_text (fixture, SCHEMA);

  for (gint64 version = 1; version <= newest; version++)
    {
      StoreFixture old = { NULL, NULL, NULL };
      g_autofree char *path = NULL, *found = NULL, *before = NULL;

      store_fixture_init (&old, NULL);
      g_assert_finalize_object (old.store);
      path = g_build_filename (old.folder, BP_STORE_FILE, NULL);
      g_assert_cmpint (g_unlink (path), ==, 0);
      make_old_file (&old, path, version, application_id);
      old.store = bp_store_open (old.folder, BP_CLOCK (old.clock), NULL);
      g_assert_nonnull (old.store);

      found = ask_text (&old, SCHEMA);
      g_assert_cmpstr (found, ==, expected);
      g_assert_cmpint (ask (&old, "SELECT amount FROM sync_effects WHERE record_id = 'p9'"
                            " AND field = 'stock' AND op_id = 'o1' AND seq = 7"), ==, -5000);
      save (&old, BP_OPERATION_INSERT, "products", "p1", "{\"name\":\"Tea\"}");
      store_fixture_clear (&old, NULL);
    }
}

static void
test_columns_are_fields (StoreFixture *fixture,
                         gconstpointer data)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      for (guint k = 0; k < table->n_fields; k++)
        {
          const BpField *field = &table->fields[k];
          g_autofree char *sql = NULL;

          sql = g_strdup_printf ("SELECT count (*) FROM pragma_table_info ('%s_local')"
                                 " WHERE name = '%s' AND type = '%s'", table->name, field->name,
                                 bp_field_is_text (field) ? "TEXT" : "INTEGER");
          g_assert_cmpint (ask (fixture, sql), ==, 1);
        }
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/store/schema/" path, StoreFixture, NULL, store_fixture_init, func, \
              store_fixture_clear)
  ADD ("newest-version-is-kept", test_newest_is_kept);
  ADD ("each-kept-version-becomes-the-newest", test_each_version_opens);
  ADD ("every-field-has-its-column", test_columns_are_fields);
#undef ADD

  return g_test_run ();
}
