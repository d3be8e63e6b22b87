#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-export.h"
#include "bp-id.h"
#include "bp-import.h"
#include "bp-import-undo.h"
#include "bp-line.h"
#include "model-fixture.h"

#define RETAIL_MAP \
  "InvoiceNo=number,StockCode=sku,Description=name,Quantity=quantity,InvoiceDate=sale_date," \
  "UnitPrice=unit_price,CustomerID=customer"

static BpImportResult *
run (Fixture    *fixture,
     const char *table,
     const char *path,
     const char *map,
     gboolean    dry_run)
{
  BpImportOptions options
    = { .table = bp_table_find (table), .path = path, .map = map, .dry_run = dry_run };
  g_autoptr (GError) error = NULL;
  BpImportResult *result = bp_import_run (fixture->shop, &options, NULL, &error);

  g_assert_no_error (error);
  return result;
}

static BpImportResult *
import (Fixture    *fixture,
        const char *table,
        const char *csv)
{
  g_autofree char *path = fixture_write (fixture, "some.csv", csv);

  return run (fixture, table, path, NULL, FALSE);
}

/* @counts: rows, added, changed, rejected. */
static void
expect (Fixture    *fixture,
        const char *table,
        const char *csv,
        const char *counts)
{
  g_autoptr (BpImportResult) result = import (fixture, table, csv);
  g_autofree char *found = g_strdup_printf ("%u %u %u %u", result->rows, result->added,
                                            result->changed, result->rejected);

  g_assert_cmpstr (found, ==, counts);
}

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
brings_products_in (Fixture      *fixture,
                    gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *name = NULL;

  expect (fixture, "products",
          "Name,SKU,price,Tax_Rate,tax_inclusive,stock,colour\n"
          "Rice,R1,475.50,5,yes,12.5,white\n"
          "Salt,S1,28,0,no,,\n",
          "2 2 0 0");

  id = find (fixture, "products", "sku", "R1");
  name = fixture_get_text (fixture, "products", id, "name");
  g_assert_cmpstr (name, ==, "Rice");
  g_assert_cmpint (fixture_get_integer (fixture, "products", id, "price"), ==, 47550);
  g_assert_cmpint (fixture_get_integer (fixture, "products", id, "tax_rate"), ==, 500);
  g_assert_cmpint (fixture_get_integer (fixture, "products", id, "tax_inclusive"), ==, 1);
  g_assert_cmpint (fixture_get_integer (fixture, "products", id, "stock"), ==, 12500);
  g_assert_cmpuint (fixture_count (fixture, "stock_movements"), ==, 1);
}

static void
names_the_columns_passed_over (Fixture      *fixture,
                               gconstpointer data)
{
  g_autoptr (BpImportResult) result
    = import (fixture, "products", "name,colour,Weight\nRice,white,1\n");

  g_assert_cmpuint (result->ignored->len, ==, 2);
  g_assert_cmpstr (result->ignored->pdata[0], ==, "colour");
  g_assert_cmpstr (result->ignored->pdata[1], ==, "Weight");
  g_assert_null (result->rejects_path);
}

static void
matches_by_id_then_barcode_then_sku (Fixture      *fixture,
                                     gconstpointer data)
{
  expect (fixture, "products", "id,name,sku,barcode,price\np1,A,S1,B1,1\np2,B,S2,B2,2\n",
          "2 2 0 0");
  expect (fixture, "products", "sku,price\nS1,1.50\n",
          "1 0 1 0");
  expect (fixture, "products", "barcode,price\nB2,2.50\n",
          "1 0 1 0");
  expect (fixture, "products", "id,name\np1,AA\n",
          "1 0 1 0");
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "price"), ==, 150);
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p2", "price"), ==, 250);

  /* The barcode says more than the SKU, which is another's here. */
  expect (fixture, "products", "barcode,sku,price\nB1,S2,9\n",
          "1 0 0 1");
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "price"), ==, 150);
}

static void
an_empty_cell_leaves_what_is_there (Fixture      *fixture,
                                    gconstpointer data)
{
  expect (fixture, "products", "id,name,price,unit\np1,A,1,kg\n",
          "1 1 0 0");
  expect (fixture, "products", "id,name,price,unit\np1,B,,\n",
          "1 0 1 0");
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "price"), ==, 100);
}

static void
the_stock_column_is_a_figure_to_reach (Fixture      *fixture,
                                       gconstpointer data)
{
  const char *csv = "id,name,stock\np1,A,10\n";

  expect (fixture, "products", csv,
          "1 1 0 0");
  expect (fixture, "products", csv,
          "1 0 0 0");
  expect (fixture, "products", "id,name,stock\np1,A,7.5\n",
          "1 0 1 0");
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, 7500);
  g_assert_cmpint (fixture_sum (fixture, "stock_movements", "quantity"), ==, 7500);
}

static void
the_same_file_again_adds_nothing (Fixture      *fixture,
                                  gconstpointer data)
{
  const char *products = "name,sku\nRice,R1\nLoose,\nLoose,\n";
  const char *payments = "amount,method,paid_at\n5.00,cash,2025-05-01\n5.00,cash,2025-05-01\n";
  guint queue;

  expect (fixture, "products", products,
          "3 3 0 0");
  expect (fixture, "payments", payments,
          "2 2 0 0");
  queue = fixture_count_queue (fixture);
  expect (fixture, "products", products,
          "3 0 0 0");
  expect (fixture, "payments", payments,
          "2 0 0 0");
  g_assert_cmpuint (fixture_count_queue (fixture), ==, queue);
}

static void
bad_rows_go_to_a_file_with_the_reason (Fixture      *fixture,
                                       gconstpointer data)
{
  g_autofree char *path = fixture_write (fixture, "goods.csv",
                                         "name,price,note\n"
                                         "Good,1.00,\n"
                                         "Precise,1.005,=1+1\n"
                                         "Wrong,abc,\"two\nlines\"\n"
                                         ",5.00,\n");
  g_autofree char *rejects = g_build_filename (fixture->folder, "goods.rejects.csv", NULL);
  g_autofree char *text = NULL;
  g_autoptr (BpImportResult) result = run (fixture, "products", path, NULL, FALSE);

  g_assert_cmpuint (result->rows, ==, 4);
  g_assert_cmpuint (result->added, ==, 1);
  g_assert_cmpuint (result->rejected, ==, 3);
  g_assert_cmpstr (result->rejects_path, ==, rejects);
  g_assert_true (g_file_get_contents (rejects, &text, NULL, NULL));
  g_assert_true (g_str_has_prefix (text, "\357\273\277name,price,note,reason\r\n"
                                   "Precise,1.005,'=1+1,"));
  g_assert_nonnull (strstr (text, "\r\nWrong,abc,\"two\nlines\",“price”: "));
  g_assert_nonnull (strstr (text, "\r\n\"\",5.00,,"));
  g_assert_null (strstr (text, "Good"));
}

static void
a_try_changes_nothing (Fixture      *fixture,
                       gconstpointer data)
{
  g_autofree char *path
    = fixture_write (fixture, "goods.csv", "name,price,stock\nA,1,5\nB,bad,5\nC,2,\n");
  g_autofree char *rejects = g_build_filename (fixture->folder, "goods.rejects.csv", NULL);
  g_autoptr (BpImportResult) result = run (fixture, "products", path, NULL, TRUE);

  g_assert_cmpuint (result->added, ==, 2);
  g_assert_cmpuint (result->rejected, ==, 1);
  g_assert_cmpuint (fixture_count (fixture, "products"), ==, 0);
  g_assert_cmpuint (fixture_count_queue (fixture), ==, 0);
  g_assert_false (g_file_test (rejects, G_FILE_TEST_EXISTS));
}

static void
refuses_files_and_maps_that_do_not_fit (Fixture      *fixture,
                                        gconstpointer data)
{
  g_autofree char *path = fixture_write (fixture, "some.csv", "colour,weight\nred,5\n");
  static const struct
  {
    const char *table;
    const char *map;
    int code;
  } bad[] = {
    { "products", NULL, BP_DATA_ERROR_MISSING_FIELD },
    { "products", "colour", BP_DATA_ERROR_MALFORMED },
    { "products", "colour=hue", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "products", "Colours=name", BP_DATA_ERROR_INVALID_VALUE },
    { "sales", "colour=number", BP_DATA_ERROR_MISSING_FIELD },
    { "customers", "colour=balance", BP_DATA_ERROR_UNKNOWN_FIELD },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      BpImportOptions options
        = { .table = bp_table_find (bad[i].table), .path = path, .map = bad[i].map };
      g_autoptr (GError) error = NULL;

      g_assert_null (bp_import_run (fixture->shop, &options, NULL, &error));
      g_assert_error (error, BP_DATA_ERROR, bad[i].code);
    }
}

static void
each_row_is_an_action_of_its_own (Fixture      *fixture,
                                  gconstpointer data)
{
  g_autoptr (GHashTable) actions = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) rows = NULL;

  expect (fixture, "products", "name,stock\nA,5\nB,\n",
          "2 2 0 0");
  rows = bp_store_list_queue (bp_shop_get_store (fixture->shop), NULL);
  g_assert_cmpuint (rows->len, ==, 3);
  for (guint i = 0; i < rows->len; i++)
    g_hash_table_add (actions, ((BpQueueRow *)rows->pdata[i])->action_id);
  g_assert_cmpuint (g_hash_table_size (actions), ==, 2);
}

static void
groups_rows_into_bills (Fixture      *fixture,
                        gconstpointer data)
{
  const char *csv = "number,sale_date,sku,name,quantity,unit_price,discount,customer\n"
                    "B1,2025-05-01 10:00:00,A,Apple,2,10.00,1.00,Asha\n"
                    "B2,2025-05-02,C,,1,0,,\n"
                    " B1 ,,B,Pear ,1.5,4,,\n";
  g_autofree char *bill = NULL;
  g_autofree char *lines_text = NULL;
  g_autofree char *customer = NULL;
  g_autofree char *product = NULL;
  g_autofree char *name = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  const BpLine *line;

  expect (fixture, "sales", csv,
          "3 2 0 0");
  bill = find (fixture, "sales", "number", "B1");
  g_assert_cmpint (fixture_get_integer (fixture, "sales", bill, "total_amount"), ==, 1900 + 600);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", bill, "paid"), ==, 2500);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", bill, "sale_date"), ==,
                   G_GINT64_CONSTANT (1746073800000));
  lines_text = fixture_get_text (fixture, "sales", bill, "lines");
  lines = bp_lines_parse (lines_text, NULL);
  g_assert_cmpuint (lines->len, ==, 2);
  line = lines->pdata[1];
  g_assert_cmpint (line->quantity, ==, 1500);
  g_assert_cmpstr (line->name, ==, "Pear");

  customer = fixture_get_text (fixture, "sales", bill, "customer_id");
  name = fixture_get_text (fixture, "customers", customer, "name");
  g_assert_cmpstr (name, ==, "Asha");
  product = find (fixture, "products", "sku", "C");
  g_free (name);
  name = fixture_get_text (fixture, "products", product, "name");
  g_assert_cmpstr (name, ==, "C");
  /* The bill of nothing is posted, but nothing was paid. */
  g_assert_cmpuint (fixture_count (fixture, "payments"), ==, 1);

  expect (fixture, "sales", csv,
          "3 0 0 0");
  g_assert_cmpuint (fixture_count (fixture, "products"), ==, 3);
}

static void
a_bill_of_negatives_is_a_return (Fixture      *fixture,
                                 gconstpointer data)
{
  g_autofree char *back = NULL;
  g_autofree char *kind = NULL;
  g_autofree char *mixed = NULL;
  g_autofree char *product = NULL;

  expect (fixture, "sales",
          "number,sku,quantity,unit_price,discount\nR1,A,-2,10,1\nM1,A,-1,10,1\nM1,B,1,15,\n",
          "3 2 0 0");
  back = find (fixture, "sales", "number", "R1");
  kind = fixture_get_text (fixture, "sales", back, "kind");
  g_assert_cmpstr (kind, ==, "return");
  g_assert_cmpint (fixture_get_integer (fixture, "sales", back, "total_amount"), ==, 1900);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", back, "paid"), ==, -1900);

  mixed = find (fixture, "sales", "number", "M1");
  g_assert_cmpint (fixture_get_integer (fixture, "sales", mixed, "total_amount"), ==, 600);
  product = find (fixture, "products", "sku", "A");
  g_assert_cmpint (fixture_get_integer (fixture, "products", product, "stock"), ==, 3000);
}

static void
what_was_paid_is_believed (Fixture      *fixture,
                           gconstpointer data)
{
  g_autofree char *part = NULL;
  g_autofree char *none = NULL;

  expect (fixture, "sales",
          "number,sku,quantity,unit_price,paid\nP,A,1,10,4\nN,A,1,10,0\nX,A,1,10,10.01\n",
          "3 2 0 1");
  part = find (fixture, "sales", "number", "P");
  none = find (fixture, "sales", "number", "N");
  g_assert_cmpint (fixture_get_integer (fixture, "sales", part, "paid"), ==, 400);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", none, "paid"), ==, 0);
}

static void
one_bad_row_rejects_its_bill (Fixture      *fixture,
                              gconstpointer data)
{
  g_autoptr (BpImportResult) result
    = import (fixture, "sales",
              "number,sku,name,quantity,unit_price,customer\n"
              "G,A,Apple,1,10,\n"
              "B,N,New,1,10,Nobody\n"
              "B,A,Apple,1,10.005,\n"
              ",A,Apple,1,10,\n"
              "Z,A,Apple,0,10,\n"
              "U,Q,Quince,1,,\n"
              "K,A,,1,,\n");

  g_assert_cmpuint (result->added, ==, 2);
  g_assert_cmpuint (result->rejected, ==, 5);
  g_assert_null (find (fixture, "products", "sku", "N"));
  g_assert_cmpuint (fixture_count (fixture, "customers"), ==, 0);
}

/* What a bill that is refused only when it is saved had made goes with it, and
 * is made again by the next that needs it. */
static void
a_refused_bill_leaves_nothing (Fixture      *fixture,
                               gconstpointer data)
{
  g_autofree char *product = NULL;
  g_autofree char *customer = NULL;

  expect (fixture, "sales",
          "number,sku,quantity,unit_price,paid,customer\n"
          "BAD,N,1,10,99,Asha\nGOOD,N,1,10,,Asha\n",
          "2 1 0 1");
  product = find (fixture, "products", "sku", "N");
  g_assert_nonnull (product);
  g_assert_cmpint (fixture_get_integer (fixture, "products", product, "stock"), ==, -1000);
  customer = find (fixture, "customers", "name", "Asha");
  g_assert_nonnull (customer);
  g_assert_cmpuint (fixture_count (fixture, "customers"), ==, 1);
}

static void
two_devices_make_the_same_records (Fixture      *fixture,
                                   gconstpointer data)
{
  const char *csv = "number,sku,name,quantity,unit_price,customer\nB1,A,Apple,1,10,Asha\n";
  Fixture other;
  static const char *const tables[] = { "sales", "products", "customers" };
  static const char *const keys[] = { "number", "sku", "name" };
  static const char *const values[] = { "B1", "A", "Asha" };

  fixture_set_up (&other, NULL);
  expect (fixture, "sales", csv,
          "1 1 0 0");
  expect (&other, "sales", csv,
          "1 1 0 0");
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_autofree char *id = find (fixture, tables[i], keys[i], values[i]);
      g_autofree char *other_id = find (&other, tables[i], keys[i], values[i]);

      g_assert_nonnull (id);
      g_assert_cmpstr (id, ==, other_id);
    }
  fixture_tear_down (&other, NULL);
}

static void
a_bill_of_many_lines_goes_in (Fixture      *fixture,
                              gconstpointer data)
{
  g_autoptr (GString) csv = g_string_new ("number,sku,name,quantity,unit_price\n");
  g_autofree char *bill = NULL;

  for (guint i = 0; i < 1114; i++)
    g_string_append_printf (csv, "BIG,SKU%05u,A rather long name of a product %u,3,1.25\n", i, i);
  expect (fixture, "sales", csv->str,
          "1114 1 0 0");
  bill = find (fixture, "sales", "number", "BIG");
  g_assert_cmpint (fixture_get_integer (fixture, "sales", bill, "total_amount"), ==, 1114 * 375);
}

static void
what_is_exported_comes_back_the_same (Fixture      *fixture,
                                      gconstpointer data)
{
  static const char *const tables[] = { "products", "customers", "payments", "stock_movements" };
  g_autofree char *folder = g_strdup (fixture->folder);

  expect (fixture, "products",
          "name,sku,price,tax_rate,stock,note\n"
          "\"Rice, raw\",'=R1,475.50,5,12.5,\"a\nb\"\n",
          "1 1 0 0");
  expect (fixture, "sales", "number,sku,quantity,unit_price,customer\nB1,X,1,10,Asha\n",
          "1 1 0 0");
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_autofree char *path = g_build_filename (folder, "out.csv", NULL);
      guint queue = fixture_count_queue (fixture);
      g_autoptr (GError) error = NULL;
      g_autoptr (BpImportResult) result = NULL;

      bp_export_table (fixture->shop, bp_table_find (tables[i]), path, NULL, &error);
      g_assert_no_error (error);
      result = run (fixture, tables[i], path, NULL, FALSE);
      g_assert_cmpuint (result->rejected, ==, 0);
      g_assert_cmpuint (result->added + result->changed, ==, 0);
      g_assert_cmpuint (result->rows, ==, fixture_count (fixture, tables[i]));
      g_assert_cmpuint (fixture_count_queue (fixture), ==, queue);
    }
}

static gint64
sum_kind (Fixture    *fixture,
          const char *kind,
          guint      *n_bills)
{
  g_autoptr (GPtrArray) rows = bp_store_list_queue (bp_shop_get_store (fixture->shop), NULL);
  gint64 sum = 0;

  *n_bills = 0;
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];
      g_autofree char *found = NULL;

      if (!g_str_equal (row->table->name, "sales"))
        continue;
      found = fixture_get_text (fixture, "sales", row->record_id, "kind");
      if (!g_str_equal (found, kind))
        continue;
      sum += fixture_get_integer (fixture, "sales", row->record_id, "total_amount");
      (*n_bills)++;
    }

  return sum;
}

static void
retail_data_goes_in_to_the_penny (Fixture      *fixture,
                                  gconstpointer data)
{
  static const char *const days[] = { "2010-12-01.csv", "2010-12-02.csv", "2010-12-03.csv" };
  const char *folder = g_getenv ("BIZPULSE_RETAIL_DATA");
  guint rows = 0, bills = 0, n_sales, n_returns;
  g_autoptr (GTimer) timer = NULL;

  if (folder == NULL)
    {
      g_test_skip ("BIZPULSE_RETAIL_DATA is not set");
      return;
    }

  g_assert_true (bp_shop_set_config (fixture->shop, "shop.currency", "GBP", NULL));
  g_assert_true (bp_shop_set_config (fixture->shop, "shop.time_zone", "Europe/London", NULL));
  timer = g_timer_new ();
  for (guint i = 0; i < G_N_ELEMENTS (days); i++)
    {
      g_autofree char *path = g_build_filename (folder, days[i], NULL);
      g_autoptr (BpImportResult) result = run (fixture, "sales", path, RETAIL_MAP, FALSE);

      rows += result->rows;
      bills += result->added;
      g_assert_cmpuint (result->rejected, ==, 0);
    }
  g_test_message ("%u lines in %.2f s", rows, g_timer_elapsed (timer, NULL));
  g_assert_cmpuint (rows, ==, 7419);
  g_assert_cmpuint (bills, ==, 418);
  g_assert_cmpint (sum_kind (fixture, "sale", &n_sales), ==, 15365288);
  g_assert_cmpint (sum_kind (fixture, "return", &n_returns), ==, 318958);
  g_assert_cmpuint (n_returns, ==, 66);
  g_assert_cmpuint (n_sales, ==, 352);
  g_assert_cmpint (fixture_sum (fixture, "sales", "paid"), ==, 15046330);
  g_assert_cmpint (fixture_sum (fixture, "customers", "balance"), ==, 0);
}

static BpImportUndone *
undo (Fixture    *fixture,
      const char *import_id)
{
  g_autoptr (GError) error = NULL;
  BpImportUndone *undone = bp_import_undo (fixture->shop, import_id, NULL, &error);

  g_assert_no_error (error);
  return undone;
}

/* @counts: voided, restored, deleted, reversed, kept. */
static void
expect_undone (Fixture              *fixture,
               const BpImportResult *result,
               const char           *counts)
{
  g_autoptr (BpImportUndone) undone = undo (fixture, result->id);
  g_autofree char *found = g_strdup_printf ("%u %u %u %u %u", undone->voided, undone->restored,
                                            undone->deleted, undone->reversed, undone->kept);

  for (guint i = 0; i < undone->reasons->len; i++)
    g_test_message ("%s", (char *)undone->reasons->pdata[i]);
  g_assert_cmpstr (found, ==, counts);
}

static void
check_books (Fixture *fixture)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  bp_store_check (bp_shop_get_store (fixture->shop), faults, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < faults->len; i++)
    g_test_message ("%s", (char *)faults->pdata[i]);
  g_assert_cmpuint (faults->len, ==, 0);
}

static void
takes_bills_back (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr (BpImportResult) result = NULL;
  g_autofree char *tea = fixture_add (fixture, "products",
                                      "{\"name\":\"Tea\",\"sku\":\"T1\",\"price\":100}");
  g_autofree char *sale = NULL;
  g_autofree char *status = NULL;
  g_autofree char *customer = NULL;
  g_autofree char *rice = NULL;
  g_autofree char *gone = NULL;

  result = import (fixture, "sales",
                   "number,sku,name,quantity,unit_price,customer,paid\n"
                   "B1,T1,Tea,2,1.00,Asha,\n"
                   "B1,R1,Rice,1,5.00,Asha,\n"
                   "B2,T1,Tea,1,1.00,Asha,0\n"
                   "B3,T1,Tea,-1,1.00,,\n");
  g_assert_cmpuint (result->added, ==, 3);
  sale = find (fixture, "sales", "number", "B1");
  rice = find (fixture, "products", "sku", "R1");
  customer = bp_id_new_from_name ("customers", "Asha");
  g_assert_cmpint (fixture_get_integer (fixture, "customers", customer, "balance"), ==, 100);

  /* Three bills, their two payments, a product and a customer. */
  expect_undone (fixture, result, "3 0 2 2 0");
  status = fixture_get_text (fixture, "sales", sale, "status");
  g_assert_cmpstr (status, ==, "void");
  g_assert_cmpint (fixture_get_integer (fixture, "products", tea, "stock"), ==, 0);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", sale, "paid"), ==, 0);
  g_assert_cmpint (fixture_sum (fixture, "payments", "amount"), ==, 0);
  g_assert_nonnull (rice);
  gone = find (fixture, "products", "sku", "R1");
  g_assert_null (gone);
  check_books (fixture);
}

static void
takes_products_back_to_what_they_were (Fixture      *fixture,
                                       gconstpointer data)
{
  g_autofree char *tea = fixture_add (fixture, "products",
                                      "{\"name\":\"Tea\",\"sku\":\"T1\",\"price\":100}");
  g_autofree char *old = fixture_add (fixture, "products",
                                      "{\"name\":\"Salt\",\"sku\":\"S1\",\"price\":7}");
  g_autofree char *name = NULL;
  g_autoptr (BpImportResult) result = NULL;

  result = import (fixture, "products",
                   "name,sku,price,stock\nGreen tea,T1,2.00,5\nRice,R1,3.00,\nSea salt,S1,8,\n");

  expect_undone (fixture, result, "0 2 1 1 0");
  name = fixture_get_text (fixture, "products", tea, "name");
  g_assert_cmpstr (name, ==, "Tea");
  g_assert_cmpint (fixture_get_integer (fixture, "products", tea, "price"), ==, 100);
  g_assert_cmpint (fixture_get_integer (fixture, "products", tea, "stock"), ==, 0);
  g_assert_cmpint (fixture_get_integer (fixture, "products", old, "price"), ==, 7);
  check_books (fixture);
}

static void
keeps_a_bill_with_a_return (Fixture      *fixture,
                            gconstpointer data)
{
  g_autoptr (BpImportResult) result = NULL;
  g_autofree char *sale = NULL;
  g_autofree char *back = NULL;
  g_autofree char *json = NULL;
  g_autofree char *status = NULL;

  result = import (fixture, "sales", "number,sku,name,quantity,unit_price\nB1,T1,Tea,2,1.00\n");
  sale = find (fixture, "sales", "number", "B1");
  json = g_strdup_printf ("{\"kind\":\"return\",\"refers_to\":\"%s\",\"lines\":[{\"sku\":\"T1\","
                          "\"quantity\":1000}]}", sale);
  back = fixture_add (fixture, "sales", json);

  expect_undone (fixture, result, "0 0 1 1 1");
  status = fixture_get_text (fixture, "sales", sale, "status");
  g_assert_cmpstr (status, ==, "posted");
  check_books (fixture);
}

static void
is_taken_back_once (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr (BpImportResult) result = import (fixture, "products", "name,sku\nTea,T1\n");
  g_autoptr (GError) again = NULL;
  g_autoptr (GError) unknown = NULL;

  expect_undone (fixture, result, "0 0 1 0 0");
  g_assert_null (bp_import_undo (fixture->shop, result->id, NULL, &again));
  g_assert_error (again, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_assert_null (bp_import_undo (fixture->shop, "nobody", NULL, &unknown));
  g_assert_error (unknown, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
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
    { "/model/import/brings-products-in", brings_products_in },
    { "/model/import/names-the-columns-passed-over", names_the_columns_passed_over },
    { "/model/import/matches-by-id-then-barcode-then-sku", matches_by_id_then_barcode_then_sku },
    { "/model/import/an-empty-cell-leaves-what-is-there", an_empty_cell_leaves_what_is_there },
    { "/model/import/the-stock-column-is-a-figure-to-reach",
      the_stock_column_is_a_figure_to_reach },
    { "/model/import/the-same-file-again-adds-nothing", the_same_file_again_adds_nothing },
    { "/model/import/bad-rows-go-to-a-file-with-the-reason",
      bad_rows_go_to_a_file_with_the_reason },
    { "/model/import/a-try-changes-nothing", a_try_changes_nothing },
    { "/model/import/refuses-files-and-maps-that-do-not-fit",
      refuses_files_and_maps_that_do_not_fit },
    { "/model/import/each-row-is-an-action-of-its-own", each_row_is_an_action_of_its_own },
    { "/model/import/groups-rows-into-bills", groups_rows_into_bills },
    { "/model/import/a-bill-of-negatives-is-a-return", a_bill_of_negatives_is_a_return },
    { "/model/import/what-was-paid-is-believed", what_was_paid_is_believed },
    { "/model/import/one-bad-row-rejects-its-bill", one_bad_row_rejects_its_bill },
    { "/model/import/a-refused-bill-leaves-nothing", a_refused_bill_leaves_nothing },
    { "/model/import/two-devices-make-the-same-records", two_devices_make_the_same_records },
    { "/model/import/a-bill-of-many-lines-goes-in", a_bill_of_many_lines_goes_in },
    { "/model/import/what-is-exported-comes-back-the-same", what_is_exported_comes_back_the_same },
    { "/model/import/takes-bills-back", takes_bills_back },
    { "/model/import/takes-products-back-to-what-they-were",
      takes_products_back_to_what_they_were },
    { "/model/import/keeps-a-bill-with-a-return", keeps_a_bill_with_a_return },
    { "/model/import/is-taken-back-once", is_taken_back_once },
    { "/model/import/retail-data-goes-in-to-the-penny", retail_data_goes_in_to_the_penny },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, fixture_set_up, tests[i].test, fixture_tear_down);
  return g_test_run ();
}
