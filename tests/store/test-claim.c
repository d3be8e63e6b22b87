#include "config.h"

#include "bp-device.h"

#define SALE \
  "{\"number\":\"A/26/1\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763000000000,\"business_date\":\"2026-11-13\",\"total_amount\":5000," \
  "\"lines\":[{\"product_id\":\"p1\",\"quantity\":1000,\"total\":5000}]}"
#define SALE_2 \
  "{\"number\":\"A/26/2\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763000000000,\"business_date\":\"2026-11-13\",\"total_amount\":0," \
  "\"lines\":[]}"
#define PAYMENT "{\"sale_id\":\"s1\",\"amount\":5000,\"method\":\"cash\"}"

static void
free_claim (BpClaim *claim)
{
  g_assert_nonnull (claim);
  bp_claim_free (claim);
}

static void
assert_claim (BpDevice    *device,
              BpClaimScope scope,
              const char  *expected)
{
  g_autoptr (BpClaim) claim = bp_device_claim (device, scope);

  bp_assert_text (bp_device_describe_claim (claim), expected);
}

static void
test_nothing (BpDevice     *device,
              gconstpointer data)
{
  g_assert_null (bp_device_claim (device, BP_CLAIM_ALL));
  g_assert_null (bp_device_claim (device, BP_CLAIM_HIGH));
  g_assert_null (bp_device_claim (device, BP_CLAIM_UNANSWERED));
  g_assert_cmpint (bp_store_get_number (device->store, "attempt", 0), ==, 0);
}

static void
test_priority (BpDevice     *device,
               gconstpointer data)
{
  bp_device_save (device, "analytics", "a1", "+", "{\"metric\":\"m\"}", NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "sales", "s2", "+", SALE_2, NULL);
  bp_device_save (device, "products", "p3", "+", "{\"name\":\"Rice\"}", NULL);

  assert_claim (device, BP_CLAIM_HIGH, "INSERT s2");
  assert_claim (device, BP_CLAIM_HIGH, "");
  assert_claim (device, BP_CLAIM_ALL, "INSERT p2, INSERT p3, INSERT a1");
}

static void
test_unanswered (BpDevice     *device,
                 gconstpointer data)
{
  g_autoptr (BpClaim) first = NULL;
  g_autoptr (BpClaim) second = NULL;
  const BpOperation *sent, *again;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  first = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_reopen (device);

  second = bp_device_claim (device, BP_CLAIM_UNANSWERED);
  bp_assert_text (bp_device_describe_claim (second), "INSERT p1");
  sent = first->operations->pdata[0];
  again = second->operations->pdata[0];
  g_assert_cmpstr (sent->op_id, ==, again->op_id);
  g_assert_true (bp_change_equal (sent->data, again->data));
  g_assert_cmpint (second->attempt, >, first->attempt);
  g_assert_cmpint (bp_store_get_number (device->store, "attempt", 0), ==, second->attempt);

  /* None of a record with an earlier one unanswered. */
  assert_claim (device, BP_CLAIM_ALL, "INSERT p2");
}

static void
test_action_is_whole (BpDevice     *device,
                      gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpClaim) claim = NULL;

  bp_device_save (device, "sales", "s2", "+", SALE_2, NULL);
  bp_device_save (device, "sales", "s1", "+",
                  "{\"number\":\"A/26/3\",\"kind\":\"sale\",\"status\":\"posted\","
                  "\"currency\":\"INR\",\"sale_date\":1,\"business_date\":\"2026-11-13\","
                  "\"total_amount\":5000,\"lines\":[{\"quantity\":1000,\"total\":5000}]}",
                  "payments", "y1", "+", PAYMENT, NULL);

  claim = bp_store_claim (device->store, BP_CLAIM_ALL, 2, 100, &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT s2");
  g_assert_cmpuint (claim->n_actions, ==, 1);
  g_clear_pointer (&claim, bp_claim_free);

  /* One action alone goes, whatever its size. */
  claim = bp_store_claim (device->store, BP_CLAIM_ALL, 1, 100, &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT s1, INSERT y1");
}

static void
test_halving (BpDevice     *device,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 8; i++)
    {
      g_autofree char *id = g_strdup_printf ("p%d", i);

      bp_device_save (device, "products", id, "+", "{\"name\":\"Soap\"}", NULL);
    }
  for (guint actions = 8; actions > 0; actions /= 2)
    {
      g_autoptr (BpClaim) claim = NULL;

      claim = bp_store_claim (device->store, actions == 8 ? BP_CLAIM_ALL : BP_CLAIM_UNANSWERED,
                              100, actions, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (claim->n_actions, ==, actions);
      g_assert_cmpuint (claim->operations->len, ==, actions);
    }
}

/* Wherever the referred INSERT waits, it goes in a push before. */
static void
test_reference_goes_first (BpDevice     *device,
                           gconstpointer data)
{
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "customers", "c1", "+", "{\"name\":\"Ravi\"}", NULL);
  bp_device_save (device, "sales", "s1", "+", SALE, "payments", "y1", "+", PAYMENT, NULL);
  bp_device_save (device, "payments", "y2", "+",
                  "{\"customer_id\":\"c1\",\"amount\":1,\"method\":\"cash\"}", NULL);

  claim = bp_device_claim (device, BP_CLAIM_HIGH);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1, INSERT c1");
  assert_claim (device, BP_CLAIM_HIGH, "");
  bp_device_answer (device, claim, "applied:1:1 applied:1:2", NULL);
  claim = bp_device_claim (device, BP_CLAIM_HIGH);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT s1, INSERT y1, INSERT y2");
  free_claim (claim);
}

static void
test_failed_reference_holds_nothing (BpDevice     *device,
                                     gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "sales", "s1", "+", SALE, NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:invalid_value", NULL);

  assert_claim (device, BP_CLAIM_ALL, "INSERT s1");
}

/* A person may take long to decide; the bill keeps its product either way. */
static void
test_open_reference_holds_nothing (BpDevice     *device,
                                   gconstpointer data)
{
  g_autoptr (BpState) deleted = bp_device_state ("products", "p1", 4, 9, NULL);

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "sales", "s1", "+", SALE, NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:DELETE_UPDATE",
                    deleted);
  assert_claim (device, BP_CLAIM_ALL, "INSERT s1");
}

static void
test_collided_reference_holds (BpDevice     *device,
                               gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p9", 1, 5, "{\"name\":\"Other\"}");

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\",\"sku\":\"S\"}", NULL);
  bp_device_save (device, "sales", "s1", "+", SALE, NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION:sku",
                    server);

  assert_claim (device, BP_CLAIM_ALL, "");
}

static void
test_base_version (BpDevice     *device,
                   gconstpointer data)
{
  bp_device_pull (device, "products", 10, TRUE,
                  bp_device_state ("products", "p1", 3, 10, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 3, 12, "{\"name\":\"Soap\",\"stock\":7}"),
                  NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:4:13", NULL);
  bp_device_save (device, "products", "p1", "-", NULL, NULL);
  assert_claim (device, BP_CLAIM_ALL, "DELETE p1@4");
}

static void
test_waits_for_its_time (BpDevice     *device,
                         gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}",
                  "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "rejected:invalid_value:retry held", NULL);
  assert_claim (device, BP_CLAIM_ALL, "");
  bp_test_clock_advance (device->clock, 1000);
  assert_claim (device, BP_CLAIM_ALL, "INSERT p1, INSERT p2");
}

static void
test_clock_put_back (BpDevice     *device,
                     gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "rejected:invalid_value:retry", NULL);
  bp_test_clock_set_now (device->clock, 0);
  assert_claim (device, BP_CLAIM_ALL, "INSERT p1");
}

static void
test_fail_and_postpone (BpDevice     *device,
                        gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":1}", NULL);
  bp_store_postpone_claim (device->store, claim, &error);
  g_assert_no_error (error);
  free_claim (claim);

  /* Behind the rest, but still as it was sent. */
  assert_claim (device, BP_CLAIM_UNANSWERED, "");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p2");
  bp_device_answer (device, claim, "applied:1:1", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1");

  bp_store_fail_claim (device->store, claim, "413: too much", &error);
  g_assert_no_error (error);
  free_claim (claim);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "failed v0");
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT products p1 failed\nUPDATE products p1 pending {\"price\":1}");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_queue"
                                  " WHERE last_error = '413: too much'"), ==, 1);
}

static void
fail_claim (BpDevice *device,
            BpClaim  *claim)
{
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (claim);
  bp_store_fail_claim (device->store, claim, "413: too much", &error);
  g_assert_no_error (error);
  bp_claim_free (claim);
}

/* The first request may have come through: what it carried stays as it was
 * until an answer tells, though it failed since. */
static void
test_fail_what_may_be_there (BpDevice     *device,
                             gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpClaim) first = NULL;
  g_autoptr (BpClaim) again = NULL;
  const BpOperation *sent, *resent;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  first = bp_device_claim (device, BP_CLAIM_ALL);
  fail_claim (device, bp_device_claim (device, BP_CLAIM_UNANSWERED));
  bp_device_save (device, "products", "p1", "=", "{\"price\":1}", NULL);
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT products p1 failed\nUPDATE products p1 pending {\"price\":1}");
  sent = first->operations->pdata[0];
  g_assert_false (bp_store_discard (device->store, sent->op_id, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_clear_error (&error);

  /* Its own row is no news. */
  bp_device_pull (device, "products", 9, FALSE,
                  bp_device_state ("products", "p1", 1, 9, "{\"name\":\"Soap\"}"), NULL);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"), ==, 0);

  bp_store_retry (device->store, sent->op_id, &error);
  g_assert_no_error (error);
  again = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (again), "INSERT p1");
  resent = again->operations->pdata[0];
  g_assert_cmpstr (resent->op_id, ==, sent->op_id);
  g_assert_true (bp_change_equal (resent->data, sent->data));
  bp_device_answer (device, g_steal_pointer (&again), "applied:1:9", NULL);
  again = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (again), "UPDATE p1@1");
}

/* What only ever met with a refusal is nowhere, whatever it was part of. */
static void
test_fail_what_is_nowhere (BpDevice     *device,
                           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_store_refuse_claim (device->store, claim, &error);
  g_assert_no_error (error);
  free_claim (claim);
  for (guint i = 0; i < 2; i++)
    fail_claim (device, bp_store_claim (device->store, BP_CLAIM_UNANSWERED, 100, 1, &error));
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT products p1 failed\nINSERT products p2 failed");

  bp_device_save (device, "products", "p1", "=", "{\"price\":1}", NULL);
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT products p1 pending\nINSERT products p2 failed");
  bp_store_discard (device->store, "2", &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe (device, "products", "p2", ""), "none");
}

static void
test_raise_attempt (BpDevice     *device,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpClaim) claim = NULL;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_store_raise_attempt (device->store, 41, &error);
  bp_store_raise_attempt (device->store, 7, &error);
  g_assert_no_error (error);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  g_assert_cmpint (claim->attempt, ==, 42);
}

/* 100 claims of 100 from a long queue: no claim looks at all of it. */
static void
test_long_queue (BpDevice     *device,
                 gconstpointer data)
{
  gint64 began;
  guint n_claims = 0;
  BpClaim *claim;

  bp_device_run (device,
                 "BEGIN;"
                 "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                 " INSERT INTO products_local (id, name, version, seq, is_deleted, last_modified,"
                 " sync_status) SELECT 'p' || i, 'n', 0, 0, 0, 0, 'pending' FROM n;"
                 "INSERT INTO sync_base (table_name, record_id) SELECT 'products', id"
                 " FROM products_local;"
                 "INSERT INTO sync_queue (op_id, action_id, table_name, record_id, operation, data,"
                 " priority, timestamp, status) SELECT 'o' || row, 'a' || row, 'products', id,"
                 " 'INSERT', '{\"name\":\"n\"}', 1, 0, 'pending' FROM products_local;"
                 "COMMIT");
  began = g_get_monotonic_time ();
  while (n_claims < 100 && (claim = bp_device_claim (device, BP_CLAIM_ALL)) != NULL)
    {
      n_claims++;
      g_assert_cmpuint (claim->operations->len, ==, 100);
      bp_claim_free (claim);
    }
  g_assert_cmpuint (n_claims, ==, 100);
  g_test_message ("100 claims in %" G_GINT64_FORMAT " ms",
                  (g_get_monotonic_time () - began) / 1000);
}

static void
configure (BpDevice   *device,
           const char *priorities)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_device_setting (device->store, "sync.priorities", priorities, &error);
  g_assert_no_error (error);
}

/* Also of what waits already, an action being as urgent as its most urgent
 * operation. */
static void
test_new_priorities (BpDevice     *device,
                     gconstpointer data)
{
  bp_device_save (device, "sales", "s2", "+", SALE_2, NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "customers", "c1", "+", "{\"name\":\"Ravi\"}",
                  "products", "p3", "+", "{\"name\":\"Rice\"}", NULL);
  configure (device, "sales=low,customers=high");
  g_assert_cmpint (bp_device_ask (device, "SELECT priority FROM sync_queue"
                                  " WHERE record_id = 's2'"), ==, BP_PRIORITY_LOW);
  bp_device_save (device, "customers", "c2", "+", "{\"name\":\"Asha\"}", NULL);

  assert_claim (device, BP_CLAIM_HIGH, "INSERT c1, INSERT p3, INSERT c2");
  assert_claim (device, BP_CLAIM_HIGH, "");
  assert_claim (device, BP_CLAIM_TO_MEDIUM, "INSERT p2");
  configure (device, "");
  assert_claim (device, BP_CLAIM_HIGH, "INSERT s2");
}

static void
test_drawn_by_new_priorities (BpDevice     *device,
                              gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_save (device, "sales", "s1", "+", SALE, NULL);
  configure (device, "products=low,sales=medium");

  assert_claim (device, BP_CLAIM_HIGH, "");
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_TO_MEDIUM), "applied:1:1", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_TO_MEDIUM), "applied:1:2", NULL);
  g_assert_null (bp_device_claim (device, BP_CLAIM_TO_MEDIUM));
  assert_claim (device, BP_CLAIM_ALL, "INSERT p2");
}

/* What an import of settings by another way leaves behind is levelled, too. */
static void
test_claim_levels (BpDevice     *device,
                   gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_run (device, "INSERT INTO device_settings (name, value)"
                 " VALUES ('sync.priorities', 'products=high')");
  assert_claim (device, BP_CLAIM_HIGH, "INSERT p1");
}

/* A postponed sale is not left where only urgent things may go. */
static void
test_postponed_urgent (BpDevice     *device,
                       gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BpClaim *claim;

  bp_device_save (device, "sales", "s2", "+", SALE_2, NULL);
  claim = bp_device_claim (device, BP_CLAIM_HIGH);
  bp_store_postpone_claim (device->store, claim, &error);
  g_assert_no_error (error);
  free_claim (claim);

  assert_claim (device, BP_CLAIM_HIGH, "");
  assert_claim (device, BP_CLAIM_TO_HIGH, "INSERT s2");
}

/* The other of two copies may have sent what waits; what failed, is in
 * conflict or waits for its time stays as it is, and its action with it. */
static void
test_doubt (BpDevice     *device,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 1, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}",
                  "products", "p2", "+", "{\"name\":\"With it\"}", NULL);
  bp_device_pull (device, "products", 10, FALSE,
                  bp_device_state ("products", "p1", 2, 10, "{\"name\":\"Soap\",\"price\":6}"),
                  NULL);
  bp_device_save (device, "products", "p3", "+", "{\"name\":\"Fails\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:invalid_value", NULL);
  bp_device_save (device, "products", "p4", "+", "{\"name\":\"Waits\"}", NULL);

  bp_store_doubt_queue (device->store, &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe_queue (device),
                  "UPDATE products p1 pending {\"price\":5}\nINSERT products p2 pending\n"
                  "INSERT products p3 failed\nINSERT products p4 syncing");
}

#define ADD(name, function) \
  g_test_add ("/store/claim/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("nothing-waits", test_nothing);
  ADD ("takes-by-priority-then-age", test_priority);
  ADD ("new-priorities-hold-for-what-waits", test_new_priorities);
  ADD ("what-is-referred-to-goes-before-under-new-priorities", test_drawn_by_new_priorities);
  ADD ("priorities-are-those-of-now", test_claim_levels);
  ADD ("what-is-urgent-and-postponed-goes-last", test_postponed_urgent);
  ADD ("sends-what-is-unanswered-as-it-was", test_unanswered);
  ADD ("takes-actions-whole", test_action_is_whole);
  ADD ("takes-fewer-actions", test_halving);
  ADD ("what-is-referred-to-goes-before", test_reference_goes_first);
  ADD ("a-failed-insert-holds-nothing", test_failed_reference_holds_nothing);
  ADD ("an-insert-that-a-person-decides-holds-nothing", test_open_reference_holds_nothing);
  ADD ("a-collided-insert-holds", test_collided_reference_holds);
  ADD ("sets-the-base-version-now", test_base_version);
  ADD ("waits-for-its-time-as-a-whole", test_waits_for_its_time);
  ADD ("a-clock-put-back-holds-nothing", test_clock_put_back);
  ADD ("fails-and-postpones", test_fail_and_postpone);
  ADD ("what-failed-and-may-be-there-stays-as-it-was", test_fail_what_may_be_there);
  ADD ("what-failed-and-is-nowhere-may-be-edited", test_fail_what_is_nowhere);
  ADD ("goes-on-above-a-seen-attempt", test_raise_attempt);
  ADD ("is-quick-in-a-long-queue", test_long_queue);
  ADD ("what-a-copy-may-have-sent-counts-as-sent", test_doubt);

  return g_test_run ();
}
