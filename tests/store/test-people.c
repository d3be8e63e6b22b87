#include "config.h"

#include "bp-device.h"

#define SALE \
  "{\"number\":\"A/26/1\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763000000000,\"business_date\":\"2026-11-13\",\"total_amount\":5000," \
  "\"lines\":[{\"product_id\":\"p1\",\"quantity\":1000,\"total\":5000}]}"

static void
have_product (BpDevice *device)
{
  bp_device_pull (device, "products", 10, TRUE,
                  bp_device_state ("products", "p1", 3, 10,
                                   "{\"name\":\"Soap\",\"price\":5000,\"stock\":9000}"),
                  NULL);
}

static void
test_list (BpDevice     *device,
           gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;
  const BpQueueRow *row;
  BpClaim *claim;

  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:too_large", NULL);
  bp_device_save (device, "products", "p3", "+", "{\"name\":\"Tea\"}", NULL);
  bp_device_push_all (device, 5);
  bp_device_save (device, "products", "p4", "+", "{\"name\":\"Salt\"}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_save (device, "sales", "s1", "+", SALE, NULL);

  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT sales s1 pending\nINSERT products p2 failed\n"
                  "INSERT products p4 syncing");
  rows = bp_store_list_queue (device->store, NULL);
  row = rows->pdata[1];
  g_assert_cmpstr (row->last_error, ==, "too_large: because");
  g_assert_cmpstr (row->user, ==, "Asha");
  g_assert_cmpint (row->priority, ==, BP_PRIORITY_MEDIUM);
  g_assert_cmpint (row->timestamp, ==, BP_DEVICE_START);
  g_assert_cmpint (row->retry_count, ==, 1);
  bp_claim_free (claim);
}

static void
test_count (BpDevice     *device,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BpQueueCounts counts;

  have_product (device);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}",
                  "products", "p3", "+", "{\"name\":\"Tea\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:too_large held",
                    NULL);
  bp_device_save (device, "products", "p4", "+", "{\"name\":\"Salt\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "rejected:invalid_value:retry", NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":1}", NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 4, 12, "{\"name\":\"Other\"}"), NULL);
  bp_device_save (device, "sales", "s1", "+", SALE, NULL);

  bp_store_count_queue (device->store, &counts, &error);
  g_assert_no_error (error);
  g_assert_cmpint (counts.pending[0], ==, 3);
  g_assert_cmpint (counts.pending[2], ==, 1);
  g_assert_cmpint (counts.n_pending, ==, 4);
  g_assert_cmpint (counts.n_ready, ==, 1);
  g_assert_cmpint (counts.n_ready_by[BP_PRIORITY_HIGH], ==, 1);
  g_assert_cmpint (counts.n_ready_by[BP_PRIORITY_MEDIUM], ==, 0);
  g_assert_cmpint (counts.n_failed, ==, 1);
  g_assert_cmpint (counts.n_conflicts, ==, 1);
}

static void
test_retry (BpDevice     *device,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpClaim) claim = NULL;

  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}",
                  "products", "p3", "+", "{\"name\":\"Tea\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:too_large held",
                    NULL);
  g_assert_false (bp_store_retry (device->store, "99", &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
  g_clear_error (&error);

  bp_store_retry (device->store, "1", &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe (device, "products", "p2", ""), "pending v0");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p2, INSERT p3");
}

static void
test_retry_of_what_is_held (BpDevice     *device,
                            gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}",
                  "products", "p3", "+", "{\"name\":\"Tea\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:too_large held",
                    NULL);
  bp_store_retry (device->store, "2", &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT products p2 pending\nINSERT products p3 pending");
}

static void
test_retry_all (BpDevice     *device,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_save (device, "products", "p3", "+", "{\"name\":\"Tea\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "rejected:too_large rejected:too_large", NULL);
  bp_store_retry (device->store, NULL, &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT products p2 pending\nINSERT products p3 pending");
}

static void
test_discard_new (BpDevice     *device,
                  gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  have_product (device);
  bp_device_save (device, "sales", "s1", "+", SALE, "payments", "y1", "+",
                  "{\"sale_id\":\"s1\",\"amount\":5000,\"method\":\"cash\"}", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=8000");
  bp_store_discard (device->store, "2", &error);
  g_assert_no_error (error);

  bp_assert_text (bp_device_describe (device, "sales", "s1", ""), "none");
  bp_assert_text (bp_device_describe (device, "payments", "y1", ""), "none");
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=9000");
  bp_assert_text (bp_device_describe_queue (device), "");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_log WHERE"
                                  " error LIKE '%A/26/1%'"), ==, 1);
}

static void
test_discard_edit (BpDevice     *device,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *op_id = NULL;
  BpClaim *claim;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":6000}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  op_id = g_strdup (((BpOperation *)claim->operations->pdata[0])->op_id);

  /* Not while it is sent and unanswered. */
  g_assert_false (bp_store_discard (device->store, op_id, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_clear_error (&error);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "pending v3 price=6000");

  bp_device_answer (device, claim, "rejected:invalid_value", NULL);
  bp_store_discard (device->store, op_id, &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v3 price=5000");
}

static void
test_discard_conflict (BpDevice     *device,
                       gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":6000}", NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 4, 12, "{\"name\":\"Other\"}"), NULL);
  bp_store_discard (device->store, "1", &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "synced v4 name=Other price=0");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts WHERE"
                                  " decision = 'server' AND resolved > 0"), ==, 1);
}

/* A server that has forgotten the deletion brings nothing in a pull from 0. */
static void
test_discard_forgotten (BpDevice     *device,
                        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":6000}", NULL);
  bp_store_reset_cursor (device->store, bp_table_find ("products"), &error);
  g_assert_no_error (error);
  bp_device_pull (device, "products", 20, TRUE, NULL);
  bp_store_discard (device->store, "1", &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
}

static void
pull_nothing (BpDevice *device,
              gint64    since)
{
  g_autoptr (GError) error = NULL;

  bp_store_reset_cursor (device->store, bp_table_find ("products"), &error);
  g_assert_no_error (error);
  bp_device_pull (device, "products", since, TRUE, NULL);
}

static void
discard_the_only_one (BpDevice *device)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = bp_store_list_queue (device->store, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (rows->len, ==, 1);
  bp_store_discard (device->store, ((BpQueueRow *)rows->pdata[0])->op_id, &error);
  g_assert_no_error (error);
}

static void
edit_more (BpDevice *device)
{
  bp_device_save (device, "products", "p1", "=", "{\"unit\":\"kg\"}", NULL);
}

static void
fail_and_retry (BpDevice *device)
{
  g_autoptr (GError) error = NULL;

  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:too_large", NULL);
  bp_store_retry (device->store, NULL, &error);
  g_assert_no_error (error);
}

static void
delete_it (BpDevice *device)
{
  bp_device_save (device, "products", "p1", "-", NULL, NULL);
}

static void
pull_more (BpDevice *device)
{
  bp_device_pull (device, "products", 450, FALSE,
                  bp_device_state ("products", "p9", 1, 450, "{\"name\":\"Tea\"}"), NULL);
}

static void
go_away (BpDevice *device)
{
  bp_device_reopen (device);
}

static void
pull_all_again (BpDevice *device)
{
  pull_nothing (device, bp_store_get_cursor (device->store, bp_table_find ("products")) + 1);
}

static void
be_told (BpDevice *device)
{
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:DELETE_UPDATE", NULL);
}

static void
be_told_and_go_on (BpDevice *device)
{
  be_told (device);
  bp_device_save (device, "products", "p1", "=", "{\"unit\":\"g\"}", NULL);
}

static void
be_told_and_keep (BpDevice *device)
{
  be_told (device);
  bp_device_decide_open (device, BP_DECISION_LOCAL, NULL);
}

static void
be_told_and_delete (BpDevice *device)
{
  be_told (device);
  bp_device_save (device, "products", "p1", "-", NULL, NULL);
}

/* Whatever happens between the pull from 0 and the discarding. */
static void
test_discard_forgotten_later (BpDevice     *device,
                              gconstpointer data)
{
  static void (*const between[]) (BpDevice *) = {
    edit_more, fail_and_retry, delete_it, pull_more, go_away, pull_all_again, be_told,
    be_told_and_go_on, be_told_and_keep, be_told_and_delete,
  };

  for (guint i = 0; i < G_N_ELEMENTS (between); i++)
    {
      gint64 seq = 100 * (i + 1);

      bp_device_pull (device, "products", seq, FALSE,
                      bp_device_state ("products", "p1", 3, seq, "{\"name\":\"Soap\"}"), NULL);
      bp_device_save (device, "products", "p1", "=", "{\"price\":6000}", NULL);
      pull_nothing (device, seq + 1);
      between[i](device);
      discard_the_only_one (device);
      bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
    }
}

/* Made here, and deleted by another before a pull had brought it. */
static void
test_discard_unseen (BpDevice     *device,
                     gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_push_all (device, 10);
  bp_device_save (device, "products", "p1", "=", "{\"price\":6000}", NULL);

  /* The server may have it as long as no pull has passed it. */
  pull_nothing (device, 9);
  discard_the_only_one (device);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v1 price=0");

  bp_device_save (device, "products", "p1", "=", "{\"price\":6000}", NULL);
  pull_nothing (device, 11);
  discard_the_only_one (device);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
}

/* The server has the payment, but never had its sale: there it counts for
 * nobody, and so the customer is not sent again. */
static void
test_discard_paid (BpDevice     *device,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bp_device_pull (device, "customers", 10, TRUE,
                  bp_device_state ("customers", "c1", 1, 10,
                                   "{\"name\":\"Ravi\",\"balance\":100}"), NULL);
  have_product (device);
  bp_device_save (device, "sales", "s1", "+",
                  "{\"number\":\"A/26/1\",\"kind\":\"sale\",\"status\":\"posted\","
                  "\"customer_id\":\"c1\",\"currency\":\"INR\",\"sale_date\":1000,"
                  "\"business_date\":\"2026-01-02\",\"total_amount\":5000,\"lines\":["
                  "{\"product_id\":\"p1\",\"quantity\":1000,\"total\":5000}]}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:void", NULL);
  bp_device_save (device, "payments", "y1", "+",
                  "{\"sale_id\":\"s1\",\"amount\":3000,\"method\":\"cash\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:1:11", NULL);
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=2100");

  bp_store_discard (device->store, "1", &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=100");
}

#define ADD(name, function) \
  g_test_add ("/store/people/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("lists-in-sending-order", test_list);
  ADD ("counts", test_count);
  ADD ("retries-one", test_retry);
  ADD ("retries-the-action-of-what-is-held", test_retry_of_what_is_held);
  ADD ("retries-all", test_retry_all);
  ADD ("discards-a-whole-action", test_discard_new);
  ADD ("discards-an-edit-but-not-while-sent", test_discard_edit);
  ADD ("discards-what-is-in-conflict", test_discard_conflict);
  ADD ("discards-what-the-server-has-forgotten", test_discard_forgotten);
  ADD ("discards-what-was-forgotten-before-more-happened", test_discard_forgotten_later);
  ADD ("discards-what-no-pull-has-brought", test_discard_unseen);
  ADD ("discards-a-sale-that-was-paid", test_discard_paid);

  return g_test_run ();
}
