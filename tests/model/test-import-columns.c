/* An import as an assistant makes it: columns chosen one by one, seen before,
 * stopped half way. */
#include "config.h"

#include "bp-error.h"
#include "bp-import-preview.h"
#include "bp-import-undo.h"
#include "model-fixture.h"

static char *
find (Fixture    *fixture,
      const char *table,
      const char *field,
      const char *value)
{
  return bp_store_find_by_key (bp_shop_get_store (fixture->shop), bp_table_find (table), field,
                               value, NULL);
}

static void
takes_columns_as_chosen (Fixture      *fixture,
                         gconstpointer data)
{
  /* The header “sku” is the barcode here, “a,b” could not be said in a map. */
  const char *const fields[] = { "name", "barcode", "", "price", NULL };
  g_autofree char *path = fixture_write (fixture, "some.csv",
                                         "\"a,b\",sku,category,cost\n"
                                         "Rice,B1,Food,10.50\n");
  BpImportOptions options
    = { .table = bp_table_find ("products"), .path = path, .fields = fields, .id = "here" };
  g_autoptr (GError) error = NULL;
  g_autoptr (BpImportResult) result = bp_import_run (fixture->shop, &options, NULL, &error);
  g_autofree char *id = find (fixture, "products", "barcode", "B1");
  g_autofree char *category = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (result->id, ==, "here");
  g_assert_cmpuint (result->added, ==, 1);
  g_assert_cmpuint (result->ignored->len, ==, 1);
  g_assert_nonnull (id);
  category = fixture_get_text (fixture, "products", id, "category");
  g_assert_null (category);
  g_assert_cmpint (fixture_get_integer (fixture, "products", id, "price"), ==, 1050);
}

static void
refuses_a_field_for_two_columns (Fixture      *fixture,
                                 gconstpointer data)
{
  const char *const fields[] = { "name", "name", NULL };
  g_autofree char *path = fixture_write (fixture, "some.csv", "a,b\nRice,Salt\n");
  BpImportOptions options
    = { .table = bp_table_find ("products"), .path = path, .fields = fields };
  g_autoptr (GError) error = NULL;

  g_assert_null (bp_import_run (fixture->shop, &options, NULL, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD);
}

static void
shows_what_is_in_a_file (Fixture      *fixture,
                         gconstpointer data)
{
  g_autofree char *path = fixture_write (fixture, "some.csv",
                                         "Item, SKU ,sku,Price\nRice,R1,R2,1\nSalt\nTea\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (BpImportPreview) preview
    = bp_import_preview_read (fixture->shop, bp_table_find ("products"), path, 2, &error);
  g_autofree char *guess = NULL;
  g_autofree char *second = NULL;

  g_assert_no_error (error);
  guess = g_strjoinv ("|", preview->guess);
  g_assert_cmpstr (guess, ==, "|sku||price");
  g_assert_cmpuint (preview->n_rows, ==, 3);
  g_assert_cmpuint (preview->rows->len, ==, 2);
  second = g_strjoinv ("|", preview->rows->pdata[1]);
  g_assert_cmpstr (second, ==, "Salt|||");
  g_assert_true (g_strv_contains ((const char *const *)preview->names, "stock"));
  g_assert_cmpuint (g_strv_length (preview->names), ==, g_strv_length (preview->labels));
}

static void
cancel (guint    done,
        guint    total,
        gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static void
takes_back_what_was_stopped (Fixture      *fixture,
                             gconstpointer data)
{
  g_autoptr (GString) csv = g_string_new ("name\n");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpImportUndone) undone = NULL;
  guint n_added;

  for (guint i = 0; i < 600; i++)
    g_string_append_printf (csv, "Product %u\n", i);
  path = fixture_write (fixture, "some.csv", csv->str);
  g_assert_null (bp_import_run (fixture->shop,
                                &(BpImportOptions){ .table = bp_table_find ("products"),
                                                    .path = path,
                                                    .id = "stopped",
                                                    .progress = cancel,
                                                    .progress_data = cancellable },
                                cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  n_added = fixture_count (fixture, "products");
  g_assert_cmpuint (n_added, >, 0);
  g_assert_cmpuint (n_added, <, 600);

  undone = bp_import_undo (fixture->shop, "stopped", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (undone->deleted, ==, n_added);
  g_assert_cmpuint (fixture_count (fixture, "products"), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture      *fixture,
                  gconstpointer data);
  } tests[] = {
    { "/model/import-columns/takes-columns-as-chosen", takes_columns_as_chosen },
    { "/model/import-columns/refuses-a-field-for-two-columns", refuses_a_field_for_two_columns },
    { "/model/import-columns/shows-what-is-in-a-file", shows_what_is_in_a_file },
    { "/model/import-columns/takes-back-what-was-stopped", takes_back_what_was_stopped },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, fixture_set_up, tests[i].test, fixture_tear_down);
  return g_test_run ();
}
