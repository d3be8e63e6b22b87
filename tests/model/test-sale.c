#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-line.h"
#include "bp-shop-json.h"
#include "model-fixture.h"

static void
add_groceries (Fixture *fixture)
{
  g_free (fixture_add (fixture, "products",
                       "{\"id\":\"rice\",\"name\":\"Basmati Rice 5 kg\",\"sku\":\"BAS-5K\","
                       "\"unit\":\"bag\",\"price\":47500,\"cost\":41000,\"tax_rate\":500,"
                       "\"tax_code\":\"1006\"}"));
  g_free (fixture_add (fixture, "products",
                       "{\"id\":\"tomato\",\"name\":\"Tomato\",\"unit\":\"kg\",\"price\":4000}"));
  g_free (fixture_add (fixture, "products",
                       "{\"id\":\"soap\",\"name\":\"Soap 125 g\",\"price\":4800,"
                       "\"tax_rate\":1800,\"tax_inclusive\":true}"));
}

static GPtrArray *
get_lines (Fixture    *fixture,
           const char *id)
{
  g_autofree char *text = fixture_get_text (fixture, "sales", id, "lines");
  g_autoptr (GError) error = NULL;
  GPtrArray *lines = bp_lines_parse (text, &error);

  g_assert_no_error (error);
  return lines;
}

static void
works_out_the_bill_to_the_paisa (Fixture      *fixture,
                                 gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  const BpLine *rice;

  add_groceries (fixture);
  id = fixture_add (fixture, "sales",
                    "{\"lines\":["
                    "{\"product_id\":\"rice\",\"quantity\":2000,\"discount\":4750},"
                    "{\"product_id\":\"tomato\",\"quantity\":1250},"
                    "{\"product_id\":\"soap\",\"quantity\":1000}],"
                    "\"payments\":[{\"method\":\"upi\"}]}");

  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "subtotal"), ==, 100050);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "tax_total"), ==, 4298 + 732);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "total_amount"), ==, 100050);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "paid"), ==, 100050);

  lines = get_lines (fixture, id);
  g_assert_cmpuint (lines->len, ==, 3);
  rice = lines->pdata[0];
  g_assert_cmpstr (rice->name, ==, "Basmati Rice 5 kg");
  g_assert_cmpstr (rice->sku, ==, "BAS-5K");
  g_assert_cmpstr (rice->unit, ==, "bag");
  g_assert_cmpstr (rice->tax_code, ==, "1006");
  g_assert_cmpint (rice->cost, ==, 41000);
  g_assert_cmpint (rice->tax, ==, 4298);
  g_assert_cmpint (rice->total, ==, 90250);
  g_assert_cmpint (rice->taxable, ==, 90250 - 4298);
}

static void
rounds_the_total_where_the_shop_does (Fixture      *fixture,
                                      gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  add_groceries (fixture);
  g_assert_true (bp_shop_set_config (fixture->shop, "shop.round_off", "100", &error));
  id = fixture_add (fixture, "sales",
                    "{\"discount\":30,\"lines\":[{\"product_id\":\"tomato\",\"quantity\":1250}]}");

  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "discount"), ==, 30);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "round_off"), ==, 30);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "total_amount"), ==, 5000);
}

static void
completes_what_a_line_leaves_out (Fixture      *fixture,
                                  gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  const BpLine *line;

  add_groceries (fixture);
  id = fixture_add (fixture, "sales",
                    "{\"lines\":["
                    "{\"sku\":\"BAS-5K\",\"quantity\":1000},"
                    "{\"name\":\"Carry bag\",\"unit_price\":500,\"quantity\":1000},"
                    "{\"product_id\":\"soap\",\"quantity\":1000,\"unit_price\":4000,"
                    "\"tax_rate\":0,\"tax_inclusive\":false}]}");

  lines = get_lines (fixture, id);
  line = lines->pdata[0];
  g_assert_cmpstr (line->product_id, ==, "rice");
  line = lines->pdata[1];
  g_assert_null (line->product_id);
  g_assert_cmpint (line->total, ==, 500);
  g_assert_true (line->tax_inclusive);
  line = lines->pdata[2];
  g_assert_cmpint (line->total, ==, 4000);
  g_assert_cmpint (line->tax, ==, 0);
  g_assert_false (line->tax_inclusive);
}

static void
refuses_what_is_not_a_sale (Fixture      *fixture,
                            gconstpointer data)
{
  static const struct
  {
    const char *json;
    int code;
  } bad[] = {
    { "{}", BP_DATA_ERROR_MISSING_FIELD },
    { "{\"lines\":[]}", BP_DATA_ERROR_MISSING_FIELD },
    { "{\"lines\":[{\"quantity\":1000}]}", BP_DATA_ERROR_MISSING_FIELD },
    { "{\"lines\":[{\"product_id\":\"soap\"}]}", BP_DATA_ERROR_MISSING_FIELD },
    { "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":\"1\"}]}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000,\"total\":1}]}",
      BP_DATA_ERROR_UNKNOWN_FIELD },
    { "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000,\"unit_price\":-1}]}",
      BP_DATA_ERROR_INVALID_VALUE },
    { "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000,\"discount\":4801}]}",
      BP_DATA_ERROR_INVALID_VALUE },
    { "{\"total_amount\":1,\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000}]}",
      BP_DATA_ERROR_UNKNOWN_FIELD },
    { "{\"status\":\"void\",\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000}]}",
      BP_DATA_ERROR_INVALID_VALUE },
    { "{\"kind\":\"gift\",\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000}]}",
      BP_DATA_ERROR_INVALID_VALUE },
    { "{\"kind\":\"return\",\"lines\":[{\"product_id\":\"soap\",\"quantity\":-1000}]}",
      BP_DATA_ERROR_INVALID_VALUE },
    { "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000}],"
      "\"payments\":[{\"method\":\"shells\"}]}", BP_DATA_ERROR_INVALID_VALUE },
  };

  add_groceries (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    fixture_refuse_add (fixture, "sales", bad[i].json, BP_DATA_ERROR, bad[i].code);

  fixture_refuse_add (fixture, "sales", "{\"lines\":[{\"product_id\":\"no\",\"quantity\":1000}]}",
                      BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
  fixture_refuse_add (fixture, "sales", "{\"lines\":[{\"sku\":\"NO\",\"quantity\":1000}]}",
                      BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
}

static char *
sell_soap (Fixture    *fixture,
           const char *more)
{
  g_autofree char *json = g_strdup_printf ("{\"lines\":[{\"product_id\":\"soap\","
                                           "\"quantity\":3000}]%s%s}",
                                           more[0] != '\0' ? "," : "", more);

  return fixture_add (fixture, "sales", json);
}

static void
numbers_go_on_for_each_year (Fixture      *fixture,
                             gconstpointer data)
{
  g_autofree char *march = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *march_number = NULL;
  g_autofree char *first_number = NULL;
  g_autofree char *second_number = NULL;
  g_autofree char *prefix = NULL;
  g_autofree char *expected = NULL;

  add_groceries (fixture);
  /* 2025-03-31 23:59:59 in Kolkata */
  march = sell_soap (fixture, "\"sale_date\":1743445799000");
  first = sell_soap (fixture, "\"sale_date\":1743445800000");
  second = sell_soap (fixture, "");
  march_number = fixture_get_text (fixture, "sales", march, "number");
  first_number = fixture_get_text (fixture, "sales", first, "number");
  second_number = fixture_get_text (fixture, "sales", second, "number");

  prefix = bp_store_get_value (bp_shop_get_store (fixture->shop), "device.prefix");
  g_assert_nonnull (prefix);
  g_assert_cmpuint (strlen (prefix), ==, 3);
  expected = g_strdup_printf ("%s/24-25/000001", prefix);
  g_assert_cmpstr (march_number, ==, expected);
  g_free (expected);
  expected = g_strdup_printf ("%s/25-26/000001", prefix);
  g_assert_cmpstr (first_number, ==, expected);
  g_free (expected);
  expected = g_strdup_printf ("%s/25-26/000002", prefix);
  g_assert_cmpstr (second_number, ==, expected);
}

static void
a_refused_sale_takes_no_number (Fixture      *fixture,
                                gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *number = NULL;

  add_groceries (fixture);
  first = sell_soap (fixture, "");
  fixture_refuse_add (fixture, "sales",
                      "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000}],"
                      "\"payments\":[{\"amount\":4801}]}",
                      BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  second = sell_soap (fixture, "");
  number = fixture_get_text (fixture, "sales", second, "number");
  g_assert_true (g_str_has_suffix (number, "/000002"));
}

static void
a_given_number_stays_and_is_not_given_again (Fixture      *fixture,
                                             gconstpointer data)
{
  g_autofree char *given = NULL;
  g_autofree char *own = NULL;
  g_autofree char *number = NULL;

  add_groceries (fixture);
  g_assert_true (bp_store_set_value (bp_shop_get_store (fixture->shop), "device.prefix", "KQX",
                                     NULL));
  given = sell_soap (fixture, "\"number\":\"KQX/25-26/000001\"");
  own = sell_soap (fixture, "");
  number = fixture_get_text (fixture, "sales", own, "number");
  g_assert_cmpstr (number, ==, "KQX/25-26/000002");
  fixture_refuse_add (fixture, "sales",
                      "{\"number\":\"KQX/25-26/000001\",\"lines\":[{\"product_id\":\"soap\","
                      "\"quantity\":1000}]}",
                      BP_STORE_ERROR, BP_STORE_ERROR_DUPLICATE);
}

static void
the_night_belongs_to_the_day_before (Fixture      *fixture,
                                     gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *date = NULL;

  add_groceries (fixture);
  g_assert_true (bp_shop_set_config (fixture->shop, "shop.day_cutoff", "4", NULL));
  /* 2025-06-01 03:59:59 in Kolkata */
  id = sell_soap (fixture, "\"sale_date\":1748730599000");
  date = fixture_get_text (fixture, "sales", id, "business_date");
  g_assert_cmpstr (date, ==, "2025-05-31");
}

static void
payments_take_what_is_left (Fixture      *fixture,
                            gconstpointer data)
{
  g_autofree char *split = NULL;
  g_autofree char *due = NULL;
  g_autofree char *free_of_charge = NULL;

  add_groceries (fixture);
  split = sell_soap (fixture, "\"payments\":[{\"method\":\"card\",\"amount\":10000},{}]");
  g_assert_cmpint (fixture_get_integer (fixture, "sales", split, "paid"), ==, 14400);
  g_assert_cmpuint (fixture_count (fixture, "payments"), ==, 2);

  due = sell_soap (fixture, "\"payments\":[{\"amount\":1}]");
  g_assert_cmpint (fixture_get_integer (fixture, "sales", due, "paid"), ==, 1);

  free_of_charge = fixture_add (fixture, "sales",
                                "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000,"
                                "\"unit_price\":0}],\"payments\":[{}]}");
  g_assert_cmpint (fixture_get_integer (fixture, "sales", free_of_charge, "total_amount"), ==, 0);
  g_assert_cmpuint (fixture_count (fixture, "payments"), ==, 3);
}

static void
a_later_payment_is_at_most_what_is_due (Fixture      *fixture,
                                        gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *paid = NULL;
  g_autofree char *good = NULL;
  g_autofree char *bad = NULL;
  g_autofree char *date = NULL;

  add_groceries (fixture);
  id = sell_soap (fixture, "");
  bad = g_strdup_printf ("{\"sale_id\":\"%s\",\"amount\":14401,\"method\":\"cash\"}", id);
  good = g_strdup_printf ("{\"sale_id\":\"%s\",\"amount\":14400,\"method\":\"cash\"}", id);
  fixture_refuse_add (fixture, "payments", bad, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  paid = fixture_add (fixture, "payments", good);
  fixture_refuse_add (fixture, "payments", good, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);

  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "paid"), ==, 14400);
  g_assert_cmpint (fixture_get_integer (fixture, "payments", paid, "paid_at"), ==, FIXTURE_NOW);
  date = fixture_get_text (fixture, "payments", paid, "business_date");
  g_assert_cmpstr (date, ==, "2025-06-01");
}

static void
sale_and_payments_are_one_action (Fixture      *fixture,
                                  gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  const BpQueueRow *sale = NULL;
  const BpQueueRow *payment = NULL;

  add_groceries (fixture);
  id = sell_soap (fixture, "\"payments\":[{}]");
  rows = bp_store_list_queue (bp_shop_get_store (fixture->shop), NULL);
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (g_str_equal (row->table->name, "sales"))
        sale = row;
      if (g_str_equal (row->table->name, "payments"))
        payment = row;
    }
  g_assert_nonnull (sale);
  g_assert_nonnull (payment);
  g_assert_cmpstr (sale->action_id, ==, payment->action_id);
  g_assert_cmpstr (sale->record_id, ==, id);
}

static void
selling_moves_stock_and_balance (Fixture      *fixture,
                                 gconstpointer data)
{
  g_autofree char *customer = NULL;
  g_autofree char *id = NULL;
  g_autofree char *more = NULL;
  g_autofree char *name = NULL;

  add_groceries (fixture);
  customer = fixture_add (fixture, "customers", "{\"name\":\"Asha\"}");
  g_free (fixture_add (fixture, "stock_movements",
                       "{\"product_id\":\"soap\",\"quantity\":10000,\"reason\":\"opening\"}"));
  more = g_strdup_printf ("\"customer_id\":\"%s\",\"payments\":[{\"amount\":400}]", customer);
  id = sell_soap (fixture, more);

  g_assert_cmpint (fixture_get_integer (fixture, "products", "soap", "stock"), ==, 7000);
  g_assert_cmpint (fixture_get_integer (fixture, "customers", customer, "balance"), ==, 14000);
  name = fixture_get_text (fixture, "sales", id, "customer_name");
  g_assert_cmpstr (name, ==, "Asha");
}

static void
a_return_gives_goods_and_money_back (Fixture      *fixture,
                                     gconstpointer data)
{
  g_autofree char *sale = NULL;
  g_autofree char *back = NULL;
  g_autofree char *json = NULL;
  g_autofree char *too_much = NULL;

  add_groceries (fixture);
  sale = sell_soap (fixture, "\"payments\":[{}]");
  fixture_set (fixture, "products", "soap", "{\"price\":9900}");
  json = g_strdup_printf ("{\"kind\":\"return\",\"refers_to\":\"%s\",\"lines\":["
                          "{\"product_id\":\"soap\",\"quantity\":2000}],\"payments\":[{}]}",
                          sale);
  back = fixture_add (fixture, "sales", json);

  g_assert_cmpint (fixture_get_integer (fixture, "sales", back, "total_amount"), ==, 9600);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", back, "paid"), ==, -9600);
  g_assert_cmpint (fixture_get_integer (fixture, "products", "soap", "stock"), ==, -1000);

  too_much = g_strdup_printf ("{\"kind\":\"return\",\"refers_to\":\"%s\",\"lines\":["
                              "{\"product_id\":\"soap\",\"quantity\":1001}]}",
                              sale);
  fixture_refuse_add (fixture, "sales", too_much, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  fixture_refuse_add (fixture, "sales", json, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  fixture_refuse_set (fixture, "sales", sale, "{\"status\":\"void\",\"note\":\"no\"}",
                      BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);

  fixture_set (fixture, "sales", back, "{\"status\":\"void\",\"note\":\"typo\"}");
  g_assert_cmpint (fixture_get_integer (fixture, "products", "soap", "stock"), ==, -3000);
  fixture_set (fixture, "sales", sale, "{\"status\":\"void\",\"note\":\"now it goes\"}");
}

static void
a_void_keeps_its_number_and_cannot_be_returned (Fixture      *fixture,
                                                gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *number = NULL;
  g_autofree char *kept = NULL;
  g_autofree char *json = NULL;

  add_groceries (fixture);
  id = sell_soap (fixture, "");
  number = fixture_get_text (fixture, "sales", id, "number");
  fixture_refuse_set (fixture, "sales", id, "{\"total_amount\":1}", BP_STORE_ERROR,
                      BP_STORE_ERROR_POSTED);
  fixture_refuse_set (fixture, "sales", id, "{\"status\":\"draft\"}", BP_STORE_ERROR,
                      BP_STORE_ERROR_POSTED);
  fixture_set (fixture, "sales", id, "{\"status\":\"void\",\"note\":\"wrong item\"}");

  kept = fixture_get_text (fixture, "sales", id, "number");
  g_assert_cmpstr (kept, ==, number);
  g_assert_cmpint (fixture_get_integer (fixture, "products", "soap", "stock"), ==, 0);
  fixture_refuse_set (fixture, "sales", id, "{\"status\":\"posted\"}", BP_STORE_ERROR,
                      BP_STORE_ERROR_POSTED);
  json = g_strdup_printf ("{\"kind\":\"return\",\"refers_to\":\"%s\",\"lines\":["
                          "{\"product_id\":\"soap\",\"quantity\":1000}]}",
                          id);
  fixture_refuse_add (fixture, "sales", json, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_assert_false (bp_shop_delete (fixture->shop, bp_table_find ("sales"), id, NULL));
}

static void
a_held_sale_waits_for_its_number (Fixture      *fixture,
                                  gconstpointer data)
{
  g_autofree char *held = NULL;
  g_autofree char *posted = NULL;
  g_autofree char *number = NULL;
  g_autofree char *json = NULL;
  guint before;

  add_groceries (fixture);
  before = fixture_count_queue (fixture);
  held = sell_soap (fixture, "\"status\":\"draft\"");
  g_assert_cmpuint (fixture_count_queue (fixture), ==, before);
  number = fixture_get_text (fixture, "sales", held, "number");
  g_assert_null (number);

  json = g_strdup_printf ("\"id\":\"%s\",\"payments\":[{}]", held);
  posted = sell_soap (fixture, json);
  g_assert_cmpstr (posted, ==, held);
  g_free (number);
  number = fixture_get_text (fixture, "sales", held, "number");
  g_assert_true (g_str_has_suffix (number, "/25-26/000001"));
  g_assert_cmpuint (fixture_count_queue (fixture), ==, before + 2);
  g_assert_cmpuint (fixture_count (fixture, "sales"), ==, 1);
}

static void
stock_blocks_only_where_the_shop_says_so (Fixture      *fixture,
                                          gconstpointer data)
{
  g_autofree char *id = NULL;

  add_groceries (fixture);
  id = sell_soap (fixture, "");
  g_assert_cmpint (fixture_get_integer (fixture, "products", "soap", "stock"), ==, -3000);

  g_assert_true (bp_shop_set_config (fixture->shop, "shop.stock_policy", "block", NULL));
  g_free (fixture_add (fixture, "stock_movements",
                       "{\"product_id\":\"soap\",\"quantity\":5000,\"reason\":\"purchase\"}"));
  fixture_refuse_add (fixture, "sales",
                      "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000},"
                      "{\"product_id\":\"soap\",\"quantity\":1001}]}",
                      BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_free (fixture_add (fixture, "sales",
                       "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":1000},"
                       "{\"product_id\":\"soap\",\"quantity\":1000}]}"));
  g_assert_cmpint (fixture_get_integer (fixture, "products", "soap", "stock"), ==, 0);
}

static void
an_exchange_pays_the_difference (Fixture      *fixture,
                                 gconstpointer data)
{
  g_autofree char *id = NULL;

  add_groceries (fixture);
  id = fixture_add (fixture, "sales",
                    "{\"lines\":[{\"product_id\":\"soap\",\"quantity\":-2000},"
                    "{\"product_id\":\"tomato\",\"quantity\":1000}],\"payments\":[{}]}");
  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "total_amount"), ==, -5600);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "paid"), ==, -5600);
  g_assert_cmpint (fixture_get_integer (fixture, "products", "soap", "stock"), ==, 2000);
}

static void
works_out_without_saving (Fixture      *fixture,
                          gconstpointer data)
{
  g_autoptr (BpSaleDraft) draft = bp_sale_draft_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (BpChange) sale = NULL;
  BpLineDraft *line = bp_line_draft_new ();

  add_groceries (fixture);
  line->product_id = g_strdup ("rice");
  line->quantity = 1000;
  g_ptr_array_add (draft->lines, line);
  sale = bp_shop_work_out_sale (fixture->shop, draft, &error);
  g_assert_no_error (error);
  g_assert_cmpint (bp_change_get_integer (sale, "total_amount"), ==, 47500);
  g_assert_null (bp_change_get_text (sale, "number"));
  g_assert_cmpuint (fixture_count (fixture, "sales"), ==, 0);
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
    { "/model/sale/works-out-the-bill-to-the-paisa", works_out_the_bill_to_the_paisa },
    { "/model/sale/rounds-the-total-where-the-shop-does", rounds_the_total_where_the_shop_does },
    { "/model/sale/completes-what-a-line-leaves-out", completes_what_a_line_leaves_out },
    { "/model/sale/refuses-what-is-not-a-sale", refuses_what_is_not_a_sale },
    { "/model/sale/numbers-go-on-for-each-year", numbers_go_on_for_each_year },
    { "/model/sale/a-refused-sale-takes-no-number", a_refused_sale_takes_no_number },
    { "/model/sale/a-given-number-stays-and-is-not-given-again",
      a_given_number_stays_and_is_not_given_again },
    { "/model/sale/the-night-belongs-to-the-day-before", the_night_belongs_to_the_day_before },
    { "/model/sale/payments-take-what-is-left", payments_take_what_is_left },
    { "/model/sale/a-later-payment-is-at-most-what-is-due",
      a_later_payment_is_at_most_what_is_due },
    { "/model/sale/sale-and-payments-are-one-action", sale_and_payments_are_one_action },
    { "/model/sale/selling-moves-stock-and-balance", selling_moves_stock_and_balance },
    { "/model/sale/a-return-gives-goods-and-money-back", a_return_gives_goods_and_money_back },
    { "/model/sale/a-void-keeps-its-number-and-cannot-be-returned",
      a_void_keeps_its_number_and_cannot_be_returned },
    { "/model/sale/a-held-sale-waits-for-its-number", a_held_sale_waits_for_its_number },
    { "/model/sale/stock-blocks-only-where-the-shop-says-so",
      stock_blocks_only_where_the_shop_says_so },
    { "/model/sale/an-exchange-pays-the-difference", an_exchange_pays_the_difference },
    { "/model/sale/works-out-without-saving", works_out_without_saving },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, fixture_set_up, tests[i].test, fixture_tear_down);
  return g_test_run ();
}
