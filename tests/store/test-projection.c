#include "config.h"

#include "store-fixture.h"

#define SALE(id, number, kind, quantity, total) \
  "{\"number\":\"" number "\",\"kind\":\"" kind "\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"customer_id\":\"c1\",\"sale_date\":1000,\"business_date\":\"2026-01-02\"," \
  "\"total_amount\":" total ",\"lines\":[{\"product_id\":\"p1\",\"quantity\":" quantity "," \
  "\"total\":" total "}]}"

static void
assert_figures (StoreFixture *fixture,
                const char   *stock,
                const char   *balance,
                const char   *paid)
{
  assert_field (fixture, "products", "p1", "stock", stock);
  assert_field (fixture, "customers", "c1", "balance", balance);
  assert_field (fixture, "sales", "s1", "paid", paid);
}

static void
save_shop (StoreFixture *fixture)
{
  save (fixture, BP_OPERATION_INSERT, "products", "p1", "{\"name\":\"Tea\"}");
  save (fixture, BP_OPERATION_INSERT, "customers", "c1", "{\"name\":\"Ravi\"}");
  save (fixture, BP_OPERATION_INSERT, "stock_movements", "m1",
        "{\"product_id\":\"p1\",\"quantity\":10000,\"reason\":\"opening\"}");
}

static void
save_sale (StoreFixture *fixture)
{
  g_autoptr (GPtrArray) writes = writes_new ();

  writes_add (writes, BP_OPERATION_INSERT, "sales", "s1", SALE ("s1", "1", "sale", "2000", "5000"));
  writes_add (writes, BP_OPERATION_INSERT, "payments", "y1",
              "{\"sale_id\":\"s1\",\"amount\":3000,\"method\":\"cash\"}");
  save_writes (fixture, writes);
}

static void
test_own_operations (StoreFixture *fixture,
                     gconstpointer data)
{
  save_shop (fixture);
  save_sale (fixture);
  assert_figures (fixture, "8000", "2000", "3000");

  save (fixture, BP_OPERATION_INSERT, "sales", "s2", SALE ("s2", "2", "return", "1000", "2500"));
  assert_figures (fixture, "9000", "-500", "3000");
  save (fixture, BP_OPERATION_INSERT, "payments", "y2",
        "{\"customer_id\":\"c1\",\"amount\":-500,\"method\":\"cash\"}");
  assert_figures (fixture, "9000", "0", "3000");

  /* Folds into the sale's own operation: its effect goes. */
  save (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"status\":\"void\"}");
  assert_figures (fixture, "11000", "-5000", "3000");
  g_assert_cmpint (ask (fixture, "SELECT sum (amount) FROM sync_effects"
                        " WHERE table_name = 'products'"), ==, 11000);
}

static void
test_void_of_sent_sale (StoreFixture *fixture,
                        gconstpointer data)
{
  save_shop (fixture);
  save_sale (fixture);
  run_sql (fixture, "UPDATE sync_queue SET status = 'syncing'");
  save (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"status\":\"void\"}");
  assert_figures (fixture, "10000", "-3000", "3000");
  g_assert_cmpint (ask (fixture, "SELECT count (DISTINCT op_id) FROM sync_effects"
                        " WHERE table_name = 'products'"), ==, 3);
}

static void
test_target_comes_later (StoreFixture *fixture,
                         gconstpointer data)
{
  save_sale (fixture);
  save (fixture, BP_OPERATION_INSERT, "products", "p1", "{\"name\":\"Tea\"}");
  save (fixture, BP_OPERATION_INSERT, "customers", "c1", "{\"name\":\"Ravi\"}");
  assert_figures (fixture, "-2000", "2000", "3000");
}

static void
test_draft_counts_nothing (StoreFixture *fixture,
                           gconstpointer data)
{
  save_shop (fixture);
  save (fixture, BP_OPERATION_INSERT, "sales", "s1",
        "{\"kind\":\"sale\",\"status\":\"draft\",\"customer_id\":\"c1\",\"total_amount\":5000,"
        "\"lines\":[{\"product_id\":\"p1\",\"quantity\":2000,\"total\":5000}]}");
  assert_figures (fixture, "10000", "0", "0");
  save (fixture, BP_OPERATION_UPDATE, "sales", "s1", SALE ("s1", "1", "sale", "2000", "5000"));
  assert_figures (fixture, "8000", "5000", "0");
}

static void
test_edit_keeps_figure (StoreFixture *fixture,
                        gconstpointer data)
{
  save_shop (fixture);
  save (fixture, BP_OPERATION_UPDATE, "products", "p1", "{\"price\":100}");
  assert_field (fixture, "products", "p1", "stock", "10000");
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue"
                        " WHERE data ->> 'stock' IS NOT NULL"), ==, 0);
}

typedef struct
{
  gint64 seq;
  gint64 stock;
} Pulled;

static gboolean
show_pulled (BpStore *store,
             gpointer user_data,
             GError **error)
{
  const Pulled *pulled = user_data;
  const BpTable *table = bp_table_find ("products");
  g_autoptr (BpState) state = bp_state_new (table, "p1");

  bp_change_set_text (state->data, "name", "Tea");
  bp_change_complete (state->data);
  bp_change_set_integer (state->data, "stock", pulled->stock);
  state->seq = pulled->seq;
  state->version = 1;
  return bp_store_settle_projections (store, table, state, error)
         && bp_store_write_row (store, table, state, BP_RECORD_SYNCED, error);
}

static void
pull (StoreFixture *fixture,
      gint64        seq,
      gint64        stock)
{
  Pulled pulled = { seq, stock };
  g_autoptr (GError) error = NULL;

  bp_store_transact (fixture->store, show_pulled, &pulled, &error);
  g_assert_no_error (error);
}

typedef struct
{
  const char *record_id;
  gint64 seq;
} Answer;

static gboolean
answer_inside (BpStore *store,
               gpointer user_data,
               GError **error)
{
  const Answer *answer = user_data;
  g_autoptr (GPtrArray) rows = NULL;

  rows = bp_store_list_record_queue (store, bp_table_find ("stock_movements"), answer->record_id,
                                     error);
  g_assert_cmpuint (rows->len, ==, 1);
  return bp_store_answer_effects (store, ((BpQueueRow *)rows->pdata[0])->op_id, answer->seq,
                                  G_MAXINT64, error);
}

static void
answer (StoreFixture *fixture,
        const char   *record_id,
        gint64        seq)
{
  Answer given = { record_id, seq };
  g_autoptr (GError) error = NULL;

  bp_store_transact (fixture->store, answer_inside, &given, &error);
  g_assert_no_error (error);
}

static void
move (StoreFixture *fixture,
      const char   *id)
{
  save (fixture, BP_OPERATION_INSERT, "stock_movements", id,
        "{\"product_id\":\"p1\",\"quantity\":1000,\"reason\":\"purchase\"}");
}

/* Whatever the order of answer and pull, each movement is seen exactly once. */
static void
test_pull_and_answer (StoreFixture *fixture,
                      gconstpointer data)
{
  pull (fixture, 10, 50000);
  move (fixture, "m1");
  move (fixture, "m2");
  assert_field (fixture, "products", "p1", "stock", "52000");

  /* Another device's movement comes first: both still wait. */
  pull (fixture, 11, 57000);
  assert_field (fixture, "products", "p1", "stock", "59000");

  /* Answered, the figure not yet pulled. */
  answer (fixture, "m1", 12);
  assert_field (fixture, "products", "p1", "stock", "59000");
  pull (fixture, 13, 58000);
  assert_field (fixture, "products", "p1", "stock", "59000");
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_effects"), ==, 1);

  /* Pulled with the effect in it before the (lost) answer comes. */
  pull (fixture, 15, 59000);
  answer (fixture, "m2", 14);
  assert_field (fixture, "products", "p1", "stock", "59000");
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_effects"), ==, 0);
}

static void
test_answer_without_target (StoreFixture *fixture,
                            gconstpointer data)
{
  move (fixture, "m1");
  move (fixture, "m2");
  answer (fixture, "m1", 12);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_effects"), ==, 1);
  pull (fixture, 13, 1000);
  assert_field (fixture, "products", "p1", "stock", "2000");
}

static gboolean
drop_inside (BpStore *store,
             gpointer user_data,
             GError **error)
{
  return bp_store_drop_effects (store, user_data, error);
}

static void
test_dropped (StoreFixture *fixture,
              gconstpointer data)
{
  g_autofree char *op_id = NULL;

  save_shop (fixture);
  save_sale (fixture);
  op_id = ask_text (fixture, "SELECT op_id FROM sync_queue WHERE record_id = 's1'");
  g_assert_true (bp_store_transact (fixture->store, drop_inside, op_id, NULL));
  assert_figures (fixture, "10000", "-3000", "3000");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/store/projection/" path, StoreFixture, NULL, store_fixture_init, func, \
              store_fixture_clear)
  ADD ("own-operations-count-at-once", test_own_operations);
  ADD ("void-of-a-sent-sale-takes-it-back", test_void_of_sent_sale);
  ADD ("record-that-comes-later-starts-with-them", test_target_comes_later);
  ADD ("draft-counts-nothing", test_draft_counts_nothing);
  ADD ("edit-keeps-the-figure", test_edit_keeps_figure);
  ADD ("pull-and-answer-in-any-order-count-once", test_pull_and_answer);
  ADD ("answer-without-the-record-leaves-nothing", test_answer_without_target);
  ADD ("dropped-operation-counts-no-more", test_dropped);
#undef ADD

  return g_test_run ();
}
