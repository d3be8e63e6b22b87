#include "config.h"

#include "bp-store-reader.h"
#include "store-fixture.h"

static gboolean
note_id (const BpRow *row,
         gpointer     user_data)
{
  GString *ids = user_data;

  if (ids->len > 0)
    g_string_append_c (ids, ' ');
  g_string_append (ids, row->state->id);
  return TRUE;
}

static void
assert_list (StoreFixture *fixture,
             const char   *table,
             const char   *search,
             const char   *expected)
{
  g_autoptr (GString) ids = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  bp_store_list (fixture->store, &(BpListFilter){ bp_table_find (table), search, FALSE, -1 },
                 note_id, ids, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ids->str, ==, expected);
}

static void
save_products (StoreFixture *fixture)
{
  save (fixture, BP_OPERATION_INSERT, "products", "p1",
        "{\"name\":\"Assam Tea 500 g\",\"sku\":\"TEA-500-A\",\"barcode\":\"8901234567890\","
        "\"category\":\"Drinks\",\"reorder_level\":5000}");
  save (fixture, BP_OPERATION_INSERT, "products", "p2",
        "{\"name\":\"Café crème 100% \\\"pure\\\"\",\"sku\":\"a_b\",\"reorder_level\":0}");
  save (fixture, BP_OPERATION_INSERT, "products", "p3",
        "{\"name\":\"rice AND lentils\",\"sku\":\"R*1\",\"category\":\"Food\"}");
  save (fixture, BP_OPERATION_INSERT, "products", "p4", "{\"name\":\"चावल बासमती\"}");
}

static void
test_words (StoreFixture *fixture,
            gconstpointer data)
{
  save_products (fixture);
  assert_list (fixture, "products", NULL, "p1 p2 p3 p4");
  assert_list (fixture, "products", "  ", "p1 p2 p3 p4");
  assert_list (fixture, "products", "te", "p1");
  assert_list (fixture, "products", "TEA assam", "p1");
  assert_list (fixture, "products", "tea rice", "");
  assert_list (fixture, "products", "ssam", "");
  assert_list (fixture, "products", "cafe", "p2");
  assert_list (fixture, "products", "890123", "p1");
  assert_list (fixture, "products", "TEA-500", "p1");
  assert_list (fixture, "products", "tea-500-a", "p1");
  assert_list (fixture, "products", "a_b", "p2");
  assert_list (fixture, "products", "drin", "p1");
  assert_list (fixture, "products", "बास", "p4");
  assert_list (fixture, "settings", "te", "");
}

static void
test_hostile (StoreFixture *fixture,
              gconstpointer data)
{
  static const char *const typed[] = {
    "\"", "\"\"", "'", "*", "tea*\"", "%", "_", "(", ")", "NEAR(tea rice)", "name:", "-tea", "^tea",
    "{name}: x", "a\"b", "\\", ";DROP TABLE products_local", "\x01", "\xff\xfe", "NOT", "+",
    "tea OR", "!@#$%^&*()[]{}|<>?/~`", "''; --",
  };

  save_products (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (typed); i++)
    {
      g_autoptr (GString) ids = g_string_new (NULL);
      g_autoptr (GError) error = NULL;

      bp_store_list (fixture->store,
                     &(BpListFilter){ bp_table_find ("products"), typed[i], FALSE, -1 }, note_id,
                     ids, &error);
      g_assert_no_error (error);
    }
  assert_list (fixture, "products", "AND", "p3");
  assert_list (fixture, "products", "OR", "");
  assert_list (fixture, "products", "\"pure\"", "p2");
  assert_list (fixture, "products", "%", "");
  assert_list (fixture, "products", "% tea", "p1");
}

static void
test_follows_changes (StoreFixture *fixture,
                      gconstpointer data)
{
  save_products (fixture);
  save (fixture, BP_OPERATION_UPDATE, "products", "p1", "{\"name\":\"Coffee\",\"sku\":null}");
  assert_list (fixture, "products", "tea", "");
  assert_list (fixture, "products", "coff", "p1");
  assert_list (fixture, "products", "890", "p1");
  save (fixture, BP_OPERATION_DELETE, "products", "p1", NULL);
  assert_list (fixture, "products", "coff", "");
  save (fixture, BP_OPERATION_INSERT, "products", "p1", "{\"name\":\"Again\"}");
  assert_list (fixture, "products", "aga", "p1");
  run_sql (fixture, "INSERT INTO products_search (products_search, rank)"
           " VALUES ('integrity-check', 1)");
}

static void
test_damaged_index (StoreFixture *fixture,
                    gconstpointer data)
{
  save_products (fixture);
  run_sql (fixture, "INSERT INTO products_search (products_search) VALUES ('delete-all')");
  assert_list (fixture, "products", "tea", "");
  save (fixture, BP_OPERATION_UPDATE, "products", "p2", "{\"name\":\"Salt\"}");
  assert_list (fixture, "products", "tea", "p1");
  assert_list (fixture, "products", "sal", "p2");
  run_sql (fixture, "INSERT INTO products_search (products_search, rank)"
           " VALUES ('integrity-check', 1)");
}

static void
test_old_number (StoreFixture *fixture,
                 gconstpointer data)
{
  save (fixture, BP_OPERATION_INSERT, "sales", "s1",
        "{\"number\":\"KQX/25-26/000002\",\"kind\":\"sale\",\"status\":\"posted\","
        "\"currency\":\"INR\",\"sale_date\":1,\"business_date\":\"2026-01-02\","
        "\"total_amount\":0,\"lines\":[],\"customer_name\":\"Ravi\"}");
  run_sql (fixture, "INSERT INTO sync_aliases VALUES ('sales', 'ABC/25-26/000001', 's1')");
  assert_list (fixture, "sales", "ABC/25-26/000001", "s1");
  assert_list (fixture, "sales", " ABC/25 ", "s1");
  assert_list (fixture, "sales", "KQX/25-26/000002", "s1");
  assert_list (fixture, "sales", "rav", "s1");
  assert_list (fixture, "sales", "ABD", "");
}

static void
test_list_options (StoreFixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  save_products (fixture);
  run_sql (fixture, "UPDATE products_local SET is_deleted = 1 WHERE id = 'p2'");
  assert_list (fixture, "products", NULL, "p1 p3 p4");
  bp_store_list (fixture->store, &(BpListFilter){ bp_table_find ("products"), NULL, TRUE, 2 },
                 note_id, ids, NULL);
  g_assert_cmpstr (ids->str, ==, "p1 p2");
  g_string_truncate (ids, 0);
  bp_store_list (fixture->store, &(BpListFilter){ bp_table_find ("products"), "tea", FALSE, 0 },
                 note_id, ids, NULL);
  g_assert_cmpstr (ids->str, ==, "");
}

static void
assert_read (BpStoreReader     *reader,
             const BpListQuery *query,
             guint              limit,
             const char        *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) rows = bp_store_reader_list (reader, query, limit, &error);
  g_autoptr (GPtrArray) read = NULL;
  g_autoptr (GString) ids = g_string_new (NULL);

  g_assert_no_error (error);
  read = bp_store_reader_read (reader, query->table, (guint32 *)(gpointer)rows->data, rows->len,
                               &error);
  g_assert_no_error (error);
  g_assert_cmpuint (read->len, ==, rows->len);
  for (guint i = 0; i < read->len; i++)
    note_id (read->pdata[i], ids);
  g_assert_cmpstr (ids->str, ==, expected);
}

static const BpCondition low[] = {
  { "reorder_level", BP_COMPARE_ABOVE, NULL, NULL, 0 },
  { "stock", BP_COMPARE_AT_MOST, "reorder_level", NULL, 0 },
};

static void
test_reader (StoreFixture *fixture,
             gconstpointer data)
{
  BpListQuery query = { .table = bp_table_find ("products"), .status = -1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (fixture->folder, &error);
  gint64 version;

  g_assert_no_error (error);
  version = bp_store_reader_get_version (reader);
  g_assert_cmpint (bp_store_reader_get_version (reader), ==, version);
  save_products (fixture);
  g_assert_cmpint (bp_store_reader_get_version (reader), !=, version);

  assert_read (reader, &query, 0, "p1 p2 p3 p4");
  query.descending = TRUE;
  assert_read (reader, &query, 0, "p4 p3 p2 p1");
  query.sort = "sku";
  query.descending = FALSE;
  assert_read (reader, &query, 0, "p4 p2 p3 p1");
  query.sort = "reorder_level";
  query.descending = TRUE;
  assert_read (reader, &query, 2, "p1 p4");
  query.sort = "no such field; DROP TABLE products_local";
  query.descending = FALSE;
  assert_read (reader, &query, 0, "p1 p2 p3 p4");
  query.sort = NULL;
  query.search = "te";
  assert_read (reader, &query, 0, "p1");
  query.search = "%\"";
  assert_read (reader, &query, 0, "");
  query.search = NULL;
  query.conditions = low;
  query.n_conditions = G_N_ELEMENTS (low);
  assert_read (reader, &query, 0, "p1");
  query.n_conditions = 0;
  query.status = BP_RECORD_FAILED;
  assert_read (reader, &query, 0, "");
  query.status = BP_RECORD_PENDING;
  assert_read (reader, &query, 1, "p1");
  query.status = -1;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      query.table = bp_table_get (i);
      query.n_conditions = g_str_equal (query.table->name, "products") ? G_N_ELEMENTS (low) : 0;
      query.descending = !query.descending;
      query.search = i % 2 ? "x" : NULL;
      assert_read (reader, &query, 0, g_str_equal (query.table->name, "products") ? "p1" : "");
    }
}

/* What refers to others is shown, found and sorted by what people read of
 * them. */
static void
test_reader_references (StoreFixture *fixture,
                        gconstpointer data)
{
  BpListQuery query = { .table = bp_table_find ("stock_movements"), .status = -1 };
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (fixture->folder, NULL);
  g_autoptr (GArray) rows = NULL;
  g_autoptr (GPtrArray) read = NULL;
  int field = bp_table_find_field (query.table, "product_id");

  save_products (fixture);
  save (fixture, BP_OPERATION_INSERT, "stock_movements", "m1",
        "{\"product_id\":\"p3\",\"quantity\":1000,\"reason\":\"purchase\"}");
  save (fixture, BP_OPERATION_INSERT, "stock_movements", "m2",
        "{\"product_id\":\"p1\",\"quantity\":1000,\"reason\":\"purchase\"}");
  save (fixture, BP_OPERATION_INSERT, "stock_movements", "m3",
        "{\"product_id\":\"gone\",\"quantity\":1000,\"reason\":\"purchase\"}");
  query.sort = "product_id";
  assert_read (reader, &query, 0, "m3 m2 m1");
  query.descending = TRUE;
  assert_read (reader, &query, 0, "m1 m2 m3");
  query.search = "tea";
  assert_read (reader, &query, 0, "m2");
  assert_list (fixture, "stock_movements", "tea-500", "m2");

  query.search = NULL;
  rows = bp_store_reader_list (reader, &query, 0, NULL);
  read = bp_store_reader_read (reader, query.table, (guint32 *)(gpointer)rows->data, rows->len,
                               NULL);
  g_assert_cmpstr (((BpRow *)read->pdata[0])->titles->pdata[field], ==, "rice AND lentils");
  g_assert_null (((BpRow *)read->pdata[2])->titles->pdata[field]);
}

static void
test_reader_counts (StoreFixture *fixture,
                    gconstpointer data)
{
  BpListQuery query = { .table = bp_table_find ("products"), .status = -1, .conditions = low,
                        .n_conditions = G_N_ELEMENTS (low) };
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (fixture->folder, NULL);
  g_autoptr (GError) error = NULL;
  BpListCounts counts;

  save_products (fixture);
  g_assert_true (bp_store_reader_count (reader, &query, &counts, &error));
  g_assert_no_error (error);
  g_assert_cmpint (counts.n_matching, ==, 1);
  g_assert_cmpint (counts.by_status[BP_RECORD_PENDING], ==, 4);
  g_assert_cmpint (counts.by_status[BP_RECORD_FAILED], ==, 0);
  query.n_conditions = 0;
  g_assert_true (bp_store_reader_count (reader, &query, &counts, &error));
  g_assert_cmpint (counts.n_matching, ==, 0);
}

static void
test_reader_missing_rows (StoreFixture *fixture,
                          gconstpointer data)
{
  static const guint32 rows[] = { 3, 99, 1 };
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (fixture->folder, NULL);
  g_autoptr (GPtrArray) read = NULL;

  save_products (fixture);
  read = bp_store_reader_read (reader, bp_table_find ("products"), rows, 3, NULL);
  g_assert_cmpuint (read->len, ==, 3);
  g_assert_cmpstr (((BpRow *)read->pdata[0])->state->id, ==, "p3");
  g_assert_null (read->pdata[1]);
  g_assert_cmpstr (((BpRow *)read->pdata[2])->state->id, ==, "p1");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/store/search/" path, StoreFixture, NULL, store_fixture_init, func, \
              store_fixture_clear)
  ADD ("finds-word-beginnings", test_words);
  ADD ("hostile-input-is-harmless", test_hostile);
  ADD ("follows-changes", test_follows_changes);
  ADD ("damaged-index-is-made-anew", test_damaged_index);
  ADD ("finds-old-numbers", test_old_number);
  ADD ("limit-and-deleted", test_list_options);
#undef ADD
#define ADD(path, func) \
  g_test_add ("/store/reader/" path, StoreFixture, NULL, store_fixture_init, func, \
              store_fixture_clear)
  ADD ("sorts-filters-and-reads", test_reader);
  ADD ("row-that-is-gone-is-null", test_reader_missing_rows);
  ADD ("references-are-shown-found-and-sorted", test_reader_references);
  ADD ("counts-what-needs-attention", test_reader_counts);
#undef ADD

  return g_test_run ();
}
