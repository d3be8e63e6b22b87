#include "config.h"

#include "bp-shop-ledger.h"
#include "bp-shop-stock.h"
#include "model-fixture.h"

static BpWrite *
make_price (const char *id,
            gint64      price)
{
  BpChange *change = bp_change_new (bp_table_find ("products"));

  bp_change_set_integer (change, "price", price);
  return bp_write_new (change->table, id, BP_OPERATION_UPDATE, change);
}

static GPtrArray *
new_writes (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
}

/* (transfer full): what takes it back */
static GPtrArray *
save_all (Fixture   *fixture,
          GPtrArray *writes)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *inverse = bp_shop_save_all (fixture->shop, writes, &error);

  g_assert_no_error (error);
  g_ptr_array_unref (writes);
  return inverse;
}

static void
add_two (Fixture *fixture)
{
  g_free (fixture_add (fixture, "products", "{\"id\":\"tea\",\"name\":\"Tea\",\"price\":100}"));
  g_free (fixture_add (fixture, "products", "{\"id\":\"rice\",\"name\":\"Rice\",\"price\":200}"));
}

static gint64
get_price (Fixture    *fixture,
           const char *id)
{
  return fixture_get_integer (fixture, "products", id, "price");
}

static void
test_change_and_back (Fixture      *fixture,
                      gconstpointer data)
{
  GPtrArray *writes = new_writes ();
  g_autoptr (GPtrArray) inverse = NULL;

  add_two (fixture);
  g_ptr_array_add (writes, make_price ("tea", 150));
  g_ptr_array_add (writes, make_price ("rice", 150));
  inverse = save_all (fixture, writes);
  g_assert_cmpint (get_price (fixture, "tea"), ==, 150);
  g_assert_cmpint (get_price (fixture, "rice"), ==, 150);

  g_ptr_array_unref (save_all (fixture, g_steal_pointer (&inverse)));
  g_assert_cmpint (get_price (fixture, "tea"), ==, 100);
  g_assert_cmpint (get_price (fixture, "rice"), ==, 200);
}

static void
test_all_or_nothing (Fixture      *fixture,
                     gconstpointer data)
{
  g_autoptr (GPtrArray) writes = new_writes ();
  g_autoptr (GPtrArray) inverse = NULL;
  g_autoptr (GError) error = NULL;

  add_two (fixture);
  g_ptr_array_add (writes, make_price ("tea", 150));
  g_ptr_array_add (writes, make_price ("nobody", 150));
  inverse = bp_shop_save_all (fixture->shop, writes, &error);
  g_assert_null (inverse);
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
  g_assert_cmpint (get_price (fixture, "tea"), ==, 100);
}

/* The server may take one and refuse the other. */
static void
test_own_actions (Fixture      *fixture,
                  gconstpointer data)
{
  GPtrArray *writes = new_writes ();
  g_autoptr (GPtrArray) queue = NULL;

  g_ptr_array_add (writes, bp_write_new (bp_table_find ("customers"), "asha", BP_OPERATION_INSERT,
                                         bp_change_new (bp_table_find ("customers"))));
  g_ptr_array_add (writes, bp_write_new (bp_table_find ("customers"), "ravi", BP_OPERATION_INSERT,
                                         bp_change_new (bp_table_find ("customers"))));
  for (guint i = 0; i < writes->len; i++)
    bp_change_set_text (((BpWrite *)writes->pdata[i])->change, "name", "Somebody");
  g_ptr_array_unref (save_all (fixture, writes));

  queue = bp_store_list_queue (bp_shop_get_store (fixture->shop), NULL);
  g_assert_cmpuint (queue->len, ==, 2);
  g_assert_cmpstr (((BpQueueRow *)queue->pdata[0])->action_id, !=,
                   ((BpQueueRow *)queue->pdata[1])->action_id);
}

static void
test_delete_and_back (Fixture      *fixture,
                      gconstpointer data)
{
  GPtrArray *writes = new_writes ();
  g_autoptr (GPtrArray) inverse = NULL;

  add_two (fixture);
  g_ptr_array_add (writes, bp_write_new (bp_table_find ("products"), "tea", BP_OPERATION_DELETE,
                                         NULL));
  g_ptr_array_add (writes, bp_write_new (bp_table_find ("products"), "rice", BP_OPERATION_DELETE,
                                         NULL));
  inverse = save_all (fixture, writes);
  g_assert_cmpuint (fixture_count (fixture, "products"), ==, 0);

  g_ptr_array_unref (save_all (fixture, g_steal_pointer (&inverse)));
  g_assert_cmpuint (fixture_count (fixture, "products"), ==, 2);
  g_assert_cmpint (get_price (fixture, "rice"), ==, 200);
}

static BpStockLine *
make_line (const char *product_id,
           gint64      quantity)
{
  BpStockLine *line = g_new0 (BpStockLine, 1);

  line->product_id = g_strdup (product_id);
  line->quantity = quantity;
  return line;
}

static GPtrArray *
move (Fixture     *fixture,
      BpStockLine *line,
      const char  *reason)
{
  g_autoptr (GPtrArray) lines
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_stock_line_free);

  g_ptr_array_add (lines, line);
  return save_all (fixture, bp_stock_make_writes (bp_shop_get_clock (fixture->shop), lines, reason,
                                                  "by the van"));
}

static void
test_receive_and_back (Fixture      *fixture,
                       gconstpointer data)
{
  BpStockLine *line = make_line ("tea", 12000);
  g_autoptr (GPtrArray) inverse = NULL;

  add_two (fixture);
  line->has_cost = TRUE;
  line->cost = 80;
  inverse = move (fixture, line, "purchase");
  g_assert_cmpint (fixture_get_integer (fixture, "products", "tea", "stock"), ==, 12000);
  g_assert_cmpint (fixture_get_integer (fixture, "products", "tea", "cost"), ==, 80);
  g_assert_cmpint (fixture_sum (fixture, "stock_movements", "quantity"), ==, 12000);

  g_ptr_array_unref (save_all (fixture, g_steal_pointer (&inverse)));
  g_assert_cmpint (fixture_get_integer (fixture, "products", "tea", "stock"), ==, 0);
  g_assert_cmpint (fixture_get_integer (fixture, "products", "tea", "cost"), ==, 0);
  g_assert_cmpuint (fixture_count (fixture, "stock_movements"), ==, 2);
}

/* What is sold between the count and its posting is no variance. */
static void
test_count (Fixture      *fixture,
            gconstpointer data)
{
  BpStockLine *count = make_line ("tea", 0);

  add_two (fixture);
  g_ptr_array_unref (move (fixture, make_line ("tea", 10000), "purchase"));
  count->is_counted = TRUE;
  count->expected = 10000;
  count->counted = 9000;
  count->moved_at = FIXTURE_NOW - 1000;
  g_free (fixture_add (fixture, "stock_movements",
                       "{\"product_id\":\"tea\",\"quantity\":-2000,\"reason\":\"transfer\"}"));
  g_ptr_array_unref (move (fixture, count, "stocktake"));
  g_assert_cmpint (fixture_get_integer (fixture, "products", "tea", "stock"), ==, 7000);
}

static gboolean
on_impatience (gpointer data)
{
  g_error ("The answer is not there within a minute");
  return G_SOURCE_REMOVE;
}

static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static GPtrArray *
read_ledger (Fixture    *fixture,
             const char *table,
             const char *id)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint source = g_timeout_add_seconds (60, on_impatience, NULL);
  GPtrArray *entries;

  bp_shop_read_ledger_async (fixture->shop, &(BpLedgerKey){ bp_table_find (table), id }, 100, NULL,
                             on_answer, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
  entries = bp_shop_read_ledger_finish (fixture->shop, result, &error);
  g_assert_no_error (error);
  return entries;
}

static void
assert_entry (GPtrArray  *entries,
              guint       index,
              const char *word,
              gint64      amount,
              gint64      figure)
{
  const BpLedgerEntry *entry = entries->pdata[index];

  g_assert_cmpstr (entry->word, ==, word);
  g_assert_cmpint (entry->amount, ==, amount);
  g_assert_cmpint (entry->figure, ==, figure);
}

static char *
sell (Fixture    *fixture,
      const char *customer,
      const char *kind,
      int         day)
{
  g_autofree char *json
    = g_strdup_printf ("{\"customer_id\":\"%s\",\"kind\":\"%s\",\"sale_date\":%" G_GINT64_FORMAT
                       ",\"lines\":[{\"product_id\":\"tea\",\"quantity\":2000}]}", customer, kind,
                       FIXTURE_NOW - FIXTURE_DAY * (10 - day));

  return fixture_add (fixture, "sales", json);
}

static void
test_statement (Fixture      *fixture,
                gconstpointer data)
{
  g_autofree char *sale = NULL;
  g_autofree char *other = NULL;
  g_autofree char *returned = NULL;
  g_autofree char *json = NULL;
  g_autoptr (GPtrArray) entries = NULL;

  add_two (fixture);
  g_free (fixture_add (fixture, "customers", "{\"id\":\"asha\",\"name\":\"Asha\"}"));
  g_free (fixture_add (fixture, "customers", "{\"id\":\"ravi\",\"name\":\"Ravi\"}"));
  sale = sell (fixture, "asha", "sale", 1);
  other = sell (fixture, "ravi", "sale", 2);
  returned = sell (fixture, "asha", "return", 3);
  json = g_strdup_printf ("{\"sale_id\":\"%s\",\"amount\":50,\"method\":\"upi\"}", sale);
  g_free (fixture_add (fixture, "payments", json));
  g_free (fixture_add (fixture, "payments",
                       "{\"customer_id\":\"asha\",\"amount\":20,\"method\":\"cash\","
                       "\"paid_at\":1748752199000}"));

  entries = read_ledger (fixture, "customers", "asha");
  g_assert_cmpuint (entries->len, ==, 4);
  assert_entry (entries, 0, "upi", -50, -70);
  assert_entry (entries, 1, "cash", -20, -20);
  assert_entry (entries, 2, "return", -200, 0);
  assert_entry (entries, 3, "sale", 200, 200);
  g_assert_cmpint (fixture_get_integer (fixture, "customers", "asha", "balance"), ==, -70);
}

static void
test_stock_history (Fixture      *fixture,
                    gconstpointer data)
{
  g_autofree char *sale = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  BpStockLine *count = make_line ("tea", 0);

  add_two (fixture);
  sale = sell (fixture, "asha", "sale", 1);
  count->is_counted = TRUE;
  count->expected = -2000;
  count->counted = 3000;
  g_ptr_array_unref (move (fixture, count, "stocktake"));
  g_free (fixture_add (fixture, "stock_movements",
                       "{\"product_id\":\"rice\",\"quantity\":5,\"reason\":\"purchase\"}"));

  entries = read_ledger (fixture, "products", "tea");
  g_assert_cmpuint (entries->len, ==, 2);
  assert_entry (entries, 0, "stocktake", 5000, 3000);
  g_assert_true (((BpLedgerEntry *)entries->pdata[0])->has_counted);
  g_assert_cmpint (((BpLedgerEntry *)entries->pdata[0])->counted, ==, 3000);
  assert_entry (entries, 1, "sale", -2000, -2000);
  g_assert_false (((BpLedgerEntry *)entries->pdata[1])->has_counted);
}

static void
test_unpaid (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *paid = NULL;
  g_autofree char *due = NULL;
  g_autofree char *other = NULL;
  g_autofree char *returned = NULL;
  g_autofree char *json = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GPtrArray) bills = NULL;
  g_autoptr (GError) error = NULL;
  guint source = g_timeout_add_seconds (60, on_impatience, NULL);

  add_two (fixture);
  paid = sell (fixture, "asha", "sale", 1);
  due = sell (fixture, "asha", "sale", 2);
  other = sell (fixture, "ravi", "sale", 2);
  returned = sell (fixture, "asha", "return", 3);
  json = g_strdup_printf ("{\"sale_id\":\"%s\",\"amount\":200,\"method\":\"upi\"}", paid);
  g_free (fixture_add (fixture, "payments", json));

  bp_shop_find_unpaid_async (fixture->shop, "asha", NULL, on_answer, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
  bills = bp_shop_find_unpaid_finish (fixture->shop, result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (bills->len, ==, 1);
  g_assert_cmpstr (((BpRow *)bills->pdata[0])->state->id, ==, due);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/model/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("bulk/changes-and-takes-back", test_change_and_back);
  ADD ("bulk/saves-all-or-nothing", test_all_or_nothing);
  ADD ("bulk/each-is-an-action", test_own_actions);
  ADD ("bulk/deletes-and-brings-back", test_delete_and_back);
  ADD ("stock/receives-and-cancels", test_receive_and_back);
  ADD ("stock/a-count-posts-the-difference-then", test_count);
  ADD ("ledger/statement-runs-to-the-balance", test_statement);
  ADD ("ledger/stock-holds-sales-and-counts", test_stock_history);
  ADD ("find/unpaid-bills-of-a-customer", test_unpaid);
#undef ADD

  return g_test_run ();
}
