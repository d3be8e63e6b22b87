#include "config.h"

#include "bp-device.h"

#define SALE(number) \
  "{\"number\":\"" number "\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763000000000,\"business_date\":\"2026-11-13\",\"total_amount\":5000," \
  "\"lines\":[{\"product_id\":\"p1\",\"quantity\":1000,\"total\":5000}]}"

#define SALE_TO_C1 \
  "{\"number\":\"A/26/1\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763000000000,\"business_date\":\"2026-11-13\",\"total_amount\":5000," \
  "\"customer_id\":\"c1\",\"lines\":[{\"product_id\":\"p1\",\"quantity\":1000,\"total\":5000}]}"

static void
have_product (BpDevice *device)
{
  bp_device_pull (device, "products", 10, TRUE,
                  bp_device_state ("products", "p1", 3, 10,
                                   "{\"name\":\"Soap\",\"price\":5000,\"stock\":9000}"),
                  NULL);
}

static void
test_applied (BpDevice     *device,
              gconstpointer data)
{
  BpAnswerSummary summary;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  summary = bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:1:9001",
                              NULL);

  g_assert_cmpuint (summary.applied, ==, 1);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name stock"),
                  "synced v1 name=Soap stock=0");
  bp_assert_text (bp_device_describe_queue (device), "");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_base"), ==, 0);
  g_assert_cmpint (bp_device_ask (device, "SELECT seq FROM sync_queue WHERE status = 'synced'"
                                  " AND answered_at = 1763000000000"), ==, 9001);
}

/* What was sent becomes the base of what waits. */
static void
test_applied_below_an_edit (BpDevice     *device,
                            gconstpointer data)
{
  BpClaim *claim;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":6000}", NULL);
  bp_device_answer (device, claim, "applied:4:11", NULL);

  bp_assert_text (bp_device_describe (device, "products", "p1", "price stock"),
                  "pending v3 price=6000 stock=9000");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@4");
  bp_device_answer (device, claim, "applied:5:12", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price stock"),
                  "synced v5 price=6000 stock=9000");
}

static void
test_older_than_stored (BpDevice     *device,
                        gconstpointer data)
{
  BpClaim *claim;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  /* Its answer was lost; others went on from it. */
  bp_device_pull (device, "products", 20, FALSE,
                  bp_device_state ("products", "p1", 5, 20, "{\"name\":\"Soap\",\"price\":7000}"),
                  NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "pending v3 price=5500");
  bp_claim_free (claim);
  claim = bp_device_claim (device, BP_CLAIM_UNANSWERED);
  bp_device_answer (device, claim, "applied:4:15", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v5 price=7000");
}

static BpState *
make_row (const char *op_id,
          gint64      version,
          gint64      seq,
          const char *json)
{
  BpState *row = bp_device_state ("products", "p1", version, seq, json);

  g_free (row->op_id);
  row->op_id = g_strdup (op_id);
  return row;
}

static char *
get_op_id (BpClaim *claim)
{
  return g_strdup (((BpOperation *)claim->operations->pdata[0])->op_id);
}

/* A copy of this folder has sent the same, on top of what another device had
 * done: what this one has sent does not make the whole record. */
static void
test_on_another_version (BpDevice     *device,
                         gconstpointer data)
{
  g_autofree char *op_id = NULL;
  BpClaim *claim;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  op_id = get_op_id (claim);
  bp_device_answer (device, claim, "applied:5:12", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "synced v3 name=Soap price=5500");
  bp_device_pull (device, "products", 12, FALSE,
                  make_row (op_id, 5, 12, "{\"name\":\"Bar\",\"price\":5500}"), NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "synced v5 name=Bar price=5500");
}

/* What waits on top of it was not made on that version: it may collide. */
static void
test_on_another_version_below_an_edit (BpDevice     *device,
                                       gconstpointer data)
{
  g_autoptr (BpState) server = NULL;
  g_autofree char *op_id = NULL;
  BpClaim *claim;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  op_id = get_op_id (claim);
  server = make_row (op_id, 5, 12, "{\"name\":\"Bar\",\"price\":5500}");
  bp_device_save (device, "products", "p1", "=", "{\"name\":\"Cake\"}", NULL);
  bp_device_answer (device, claim, "applied:5:12", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "pending v3 name=Cake price=5500");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@3");
  bp_device_answer (device, claim, "conflict:UPDATE_UPDATE", server);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "conflict v3 name=Cake price=5500");
}

/* The row came first: an edit that folds in must not take others' back. */
static void
test_on_another_version_pulled (BpDevice     *device,
                                gconstpointer data)
{
  g_autofree char *op_id = NULL;
  BpClaim *claim;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  op_id = get_op_id (claim);
  bp_device_save (device, "products", "p1", "=", "{\"unit\":\"kg\"}", NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  make_row (op_id, 5, 12, "{\"name\":\"Bar\",\"price\":5500}"), NULL);
  bp_device_answer (device, claim, "applied:5:12", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price unit"),
                  "pending v5 name=Bar price=5500 unit=kg");
  bp_device_save (device, "products", "p1", "=", "{\"category\":\"New\"}", NULL);
  bp_assert_text (bp_device_describe_queue (device),
                  "UPDATE products p1 pending {\"category\":\"New\",\"unit\":\"kg\"}");
}

static void
test_unknown_answers (BpDevice     *device,
                      gconstpointer data)
{
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);
  g_autoptr (GError) error = NULL;
  BpAnswerSummary summary;
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  claim = bp_store_claim (device->store, BP_CLAIM_ALL, 1, 1, &error);
  g_assert_no_error (error);

  /* Of an operation never sent, of none at all, and the same one twice. */
  g_ptr_array_add (results, bp_result_new ("no-such-operation"));
  g_ptr_array_add (results, bp_result_new ("2"));
  g_ptr_array_add (results,
                   bp_result_new (((BpOperation *)claim->operations->pdata[0])->op_id));
  ((BpResult *)results->pdata[2])->version = 1;
  g_ptr_array_add (results,
                   bp_result_new (((BpOperation *)claim->operations->pdata[0])->op_id));
  ((BpResult *)results->pdata[3])->status = BP_RESULT_REJECTED;
  bp_store_apply_answer (device->store, claim, results, &summary, &error);
  g_assert_no_error (error);
  bp_claim_free (claim);

  g_assert_cmpuint (summary.applied, ==, 1);
  g_assert_cmpuint (summary.rejected, ==, 0);
  bp_assert_text (bp_device_describe_queue (device), "INSERT products p2 pending");
}

static void
test_missing_answer (BpDevice     *device,
                     gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}",
                  "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:invalid_value -",
                    NULL);
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT products p1 syncing\nINSERT products p2 syncing");
}

static void
test_rejected (BpDevice     *device,
               gconstpointer data)
{
  BpAnswerSummary summary;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}",
                  "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_save (device, "products", "p3", "+", "{\"name\":\"Tea\"}", NULL);
  summary = bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                              "rejected:duplicate_key held applied:1:5", NULL);

  g_assert_cmpuint (summary.rejected, ==, 1);
  g_assert_cmpuint (summary.held, ==, 1);
  g_assert_cmpuint (summary.applied, ==, 1);
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT products p1 failed\nINSERT products p2 pending");
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "failed v0");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_queue"
                                  " WHERE last_error = 'duplicate_key: because'"), ==, 1);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_log"
                                  " WHERE error LIKE '%because%'"), ==, 1);
  /* It parks its action only, and all of that. */
  g_assert_null (bp_device_claim (device, BP_CLAIM_ALL));
}

/* The server keeps nothing of what it did not apply: after a lost answer and
 * one of these, a newer edit folds in again. */
static void
test_leaves_nothing_behind (gconstpointer data)
{
  static const char *const answers[] = {
    "rejected:invalid_value", "rejected:invalid_value:retry", "held", "rejected:op_reused",
    "conflict:DELETE_UPDATE",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      BpDevice device;

      bp_device_set_up (&device, NULL);
      bp_device_pull (&device, "products", 4, TRUE,
                      bp_device_state ("products", "p1", 1, 4, "{\"name\":\"Soap\"}"), NULL);
      bp_device_save (&device, "products", "p1", "=", "{\"price\":1}", NULL);
      bp_claim_free (bp_device_claim (&device, BP_CLAIM_ALL));
      bp_device_answer (&device, bp_device_claim (&device, BP_CLAIM_UNANSWERED), answers[i], NULL);
      bp_device_save (&device, "products", "p1", "=", "{\"cost\":2}", NULL);
      bp_assert_text (bp_device_describe_queue (&device),
                      "UPDATE products p1 pending {\"price\":1,\"cost\":2}");
      bp_device_tear_down (&device, NULL);
    }
}

static void
test_retried (BpDevice     *device,
              gconstpointer data)
{
  static const gint64 waits[] = { 1000, 2000 };

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                        "rejected:invalid_value:retry", NULL);
      bp_assert_text (bp_device_describe (device, "products", "p1", ""), "pending v0");
      bp_test_clock_advance (device->clock, waits[i] - 1);
      g_assert_null (bp_device_claim (device, BP_CLAIM_ALL));
      bp_test_clock_advance (device->clock, 1);
    }
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:invalid_value:retry",
                    NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "failed v0");
  g_assert_cmpint (bp_device_ask (device, "SELECT retry_count FROM sync_queue"), ==, 3);
}

static void
test_reused (BpDevice     *device,
             gconstpointer data)
{
  BpClaim *claim;
  g_autofree char *op_id = NULL;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  op_id = g_strdup (((BpOperation *)claim->operations->pdata[0])->op_id);
  bp_device_answer (device, claim, "rejected:op_reused", NULL);

  claim = bp_device_claim (device, BP_CLAIM_ALL);
  g_assert_cmpstr (((BpOperation *)claim->operations->pdata[0])->op_id, !=, op_id);
  bp_device_answer (device, claim, "applied:4:11", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v4 price=5500");
}

/* The folder was put back, and a sale that it had sent was made void before
 * the server was asked: not another sale, but a change of that one. */
static void
test_reused_fact (BpDevice     *device,
                  gconstpointer data)
{
  BpAnswerSummary summary;
  BpClaim *claim;

  have_product (device);
  bp_device_save (device, "sales", "s1", "+", SALE ("A/26/1"), NULL);
  bp_device_save (device, "sales", "s1", "=", "{\"status\":\"void\"}", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=9000");
  summary = bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                              "rejected:op_reused", NULL);
  g_assert_cmpuint (summary.wanted, ==, 1u << bp_table_get_index (bp_table_find ("sales")));
  g_assert_null (bp_device_claim (device, BP_CLAIM_HIGH));

  bp_device_pull (device, "sales", 12, FALSE,
                  bp_device_state ("sales", "s1", 1, 11, SALE ("A/26/1")), NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 3, 12, "{\"name\":\"Soap\",\"stock\":8000}"),
                  NULL);
  summary = bp_device_answer (device, bp_device_claim (device, BP_CLAIM_UNANSWERED),
                              "rejected:op_reused", NULL);
  g_assert_cmpuint (summary.wanted, ==, 0);
  bp_assert_text (bp_device_describe_queue (device), "UPDATE sales s1 pending"
                  " {\"status\":\"void\"}");
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=9000");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE s1@1");
  bp_device_answer (device, claim, "applied:2:13", NULL);
  bp_assert_text (bp_device_describe (device, "sales", "s1", "status"), "synced v2 status=void");
}

/* The server had lost a record, which was made anew with an edit in it; then what
 * it had been sent before got through after all. */
static void
test_collides_with_its_own (BpDevice     *device,
                            gconstpointer data)
{
  g_autoptr (BpState) server = NULL;
  g_autofree char *op_id = NULL;
  BpAnswerSummary summary;
  BpClaim *claim;

  bp_device_pull (device, "products", 4, TRUE,
                  bp_device_state ("products", "p1", 1, 4, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":1}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  op_id = get_op_id (claim);
  server = make_row (op_id, 2, 9, "{\"name\":\"Soap\",\"price\":1}");
  bp_claim_free (claim);
  bp_device_save (device, "products", "p1", "=", "{\"unit\":\"kg\"}", NULL);
  bp_device_run (device, "UPDATE sync_queue SET operation = 'INSERT', base_version = NULL,"
                 " data = '{\"name\":\"Soap\",\"price\":1,\"unit\":\"kg\"}'"
                 " WHERE status = 'pending'");

  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_UNANSWERED), "applied:2:9", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1");
  summary = bp_device_answer (device, claim, "conflict:ID_COLLISION", server);
  g_assert_cmpuint (summary.conflicts, ==, 0);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"), ==, 0);
  bp_assert_text (bp_device_describe_queue (device),
                  "UPDATE products p1 pending {\"unit\":\"kg\"}");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@2");
  bp_device_answer (device, claim, "applied:3:10", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price unit"),
                  "synced v3 price=1 unit=kg");
}

/* All that the server has up to @since, in one last page: a sale to c1, paid in
 * full in the same change, which did not move c1's balance. */
static void
pull_paid_sale (BpDevice *device,
                gint64    since)
{
  g_autoptr (GPtrArray) sales = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  g_autoptr (GError) error = NULL;
  const BpPulledTable tables[] = {
    { bp_table_find ("products"), NULL, since, FALSE, TRUE },
    { bp_table_find ("customers"), NULL, since, FALSE, TRUE },
    { bp_table_find ("sales"), sales, since, FALSE, TRUE },
  };
  guint n_stored;

  g_ptr_array_add (sales, bp_device_state ("sales", "s1", 1, since, SALE_TO_C1));
  bp_store_apply_page (device->store, tables, G_N_ELEMENTS (tables), &n_stored, &error);
  g_assert_no_error (error);
}

static void
have_customer (BpDevice *device)
{
  have_product (device);
  bp_device_pull (device, "customers", 10, TRUE,
                  bp_device_state ("customers", "c1", 1, 9, "{\"name\":\"Asha\",\"balance\":0}"),
                  NULL);
}

/* Of a sale that was sent, with what was paid for it, before the folder was put
 * back: the payment is answered as it was, the sale has become a change of the
 * server's. Neither counts beside a balance that holds both. */
static void
test_reused_paid (BpDevice     *device,
                  gconstpointer data)
{
  have_customer (device);
  bp_device_save (device, "sales", "s1", "+", SALE_TO_C1, "payments", "y1", "+",
                  "{\"sale_id\":\"s1\",\"amount\":5000,\"method\":\"cash\"}", NULL);
  bp_device_save (device, "sales", "s1", "=", "{\"note\":\"by hand\"}", NULL);
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=0");
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "rejected:op_reused applied:1:12", NULL);
  pull_paid_sale (device, 13);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_UNANSWERED), "rejected:op_reused",
                    NULL);

  bp_assert_text (bp_device_describe_queue (device), "UPDATE sales s1 pending"
                  " {\"note\":\"by hand\"}");
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=0");
}

/* The answer to the payment is lost, and comes when a pull has passed it. */
static void
test_answered_below_the_cursor (BpDevice     *device,
                                gconstpointer data)
{
  have_customer (device);
  bp_device_save (device, "sales", "s1", "+", SALE_TO_C1, NULL);
  bp_device_save (device, "payments", "y1", "+",
                  "{\"sale_id\":\"s1\",\"amount\":5000,\"method\":\"cash\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:1:11", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "-", NULL);
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=0");
  pull_paid_sale (device, 13);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_UNANSWERED), "applied:1:12", NULL);

  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=0");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_effects"
                                  " WHERE table_name = 'customers'"), ==, 0);
}

/* The same of a product: what differs is not simply written over, for nobody
 * knows any more what the edit was made on. */
static void
test_reused_record (BpDevice     *device,
                    gconstpointer data)
{
  BpClaim *claim;

  bp_device_save (device, "products", "p2", "+",
                  "{\"name\":\"Rice\",\"price\":100,\"unit\":\"kg\"}", NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p2", 2, 12,
                                   "{\"name\":\"Rice\",\"price\":200}"), NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_answer (device, claim, "rejected:op_reused", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p2", "price unit"),
                  "conflict v0 price=100 unit=kg");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"
                                  " WHERE conflict_type = 'UPDATE_UPDATE'"
                                  " AND server_data ->> '$.data.price' = 200"
                                  " AND base_data ->> '$.data.price' = 0"), ==, 1);
}

/* Of a table that is not pulled the server's state comes with the answer. */
static void
test_reused_unseen (BpDevice     *device,
                    gconstpointer data)
{
  g_autoptr (BpClaim) claim = NULL;

  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  for (int i = 0; i < 3; i++)
    bp_device_answer (device, bp_device_claim (device, i == 0 ? BP_CLAIM_ALL : BP_CLAIM_UNANSWERED),
                      "rejected:op_reused", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p2@0");
}

/* The server has the sale, perhaps under another id: it stays what it is there,
 * and nothing is made up here. */
static void
test_reused_unseen_fact (BpDevice     *device,
                         gconstpointer data)
{
  have_product (device);
  bp_device_save (device, "sales", "s1", "+", SALE ("A/26/1"), NULL);
  for (int i = 0; i < 3; i++)
    bp_device_answer (device, bp_device_claim (device, i == 0 ? BP_CLAIM_ALL : BP_CLAIM_UNANSWERED),
                      "rejected:op_reused", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:posted", NULL);
  bp_assert_text (bp_device_describe (device, "sales", "s1", ""), "none");
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=9000");
  bp_assert_text (bp_device_describe_queue (device), "");
}

/* A fact that cannot change: the device takes the server's state. */
static void
test_posted (BpDevice     *device,
             gconstpointer data)
{
  have_product (device);
  bp_device_save (device, "sales", "s1", "+", SALE ("A/26/1"), NULL);
  bp_device_push_all (device, 11);
  bp_device_save (device, "sales", "s1", "=", "{\"status\":\"void\",\"note\":\"wrong\"}", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=9000");
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:posted", NULL);

  bp_assert_text (bp_device_describe (device, "sales", "s1", "status note"),
                  "synced v1 status=posted note=null");
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=8000");
  bp_assert_text (bp_device_describe_queue (device), "");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"
                                  " WHERE decision = 'server' AND resolved IS NOT NULL"
                                  " AND local_data ->> '$.data.status' = 'void'"), ==, 1);
}

static void
test_conflict (BpDevice     *device,
               gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p1", 5, 15,
                                                "{\"name\":\"Soap\",\"price\":7000}");
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (GError) error = NULL;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}",
                  "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "conflict:UPDATE_UPDATE held", server);

  bp_assert_text (bp_device_describe (device, "products", "p1", "price stock"),
                  "conflict v3 price=5500 stock=9000");
  bp_assert_text (bp_device_describe (device, "products", "p2", ""), "pending v0");
  g_assert_null (bp_device_claim (device, BP_CLAIM_ALL));
  conflict = bp_store_get_conflict (device->store, bp_device_get_open_conflict (device), &error);
  g_assert_no_error (error);
  g_assert_cmpint (conflict->type, ==, BP_CONFLICT_UPDATE_UPDATE);
  g_assert_cmpint (bp_change_get_integer (conflict->base->data, "price"), ==, 5000);
  g_assert_cmpint (bp_change_get_integer (conflict->local->data, "price"), ==, 5500);
  g_assert_cmpint (bp_change_get_integer (conflict->server->data, "price"), ==, 7000);
  g_assert_null (conflict->decision);

  /* The row itself comes by a pull, and changes nothing: one conflict a record. */
  bp_device_pull (device, "products", 15, FALSE, bp_state_copy (server), NULL);
  g_assert_cmpint (bp_device_get_open_conflict (device), ==, conflict->id);
}

/* The answer left the server's state out; the pull brings it. */
static void
test_conflict_without_state (BpDevice     *device,
                             gconstpointer data)
{
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (GError) error = NULL;

  have_product (device);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:UPDATE_UPDATE", NULL);
  bp_device_pull (device, "products", 15, FALSE,
                  bp_device_state ("products", "p1", 4, 15, "{\"name\":\"Soap\",\"price\":7}"),
                  NULL);
  conflict = bp_store_get_conflict (device->store, bp_device_get_open_conflict (device), &error);
  g_assert_no_error (error);
  g_assert_cmpint (conflict->server->version, ==, 4);
}

static void
test_figures (BpDevice     *device,
              gconstpointer data)
{
  BpClaim *claim;

  have_product (device);
  bp_device_save (device, "sales", "s1", "+", SALE ("A/26/1"), NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=8000");

  /* The figure comes before the answer, and with the sale in it: counted
   * twice until the answer tells. */
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 3, 12, "{\"name\":\"Soap\",\"stock\":8000}"),
                  NULL);
  bp_device_answer (device, claim, "applied:1:11", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=8000");

  /* The other way round: it goes on counting until the figure is young enough. */
  bp_device_save (device, "sales", "s2", "+", SALE ("A/26/2"), NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:1:21", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=7000");
  bp_device_pull (device, "products", 20, FALSE,
                  bp_device_state ("products", "p1", 3, 20, "{\"name\":\"Soap\",\"stock\":6000}"),
                  NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=5000");
  bp_device_pull (device, "products", 22, FALSE,
                  bp_device_state ("products", "p1", 3, 22, "{\"name\":\"Soap\",\"stock\":5000}"),
                  NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=5000");
}

/* Its answer was lost; meanwhile others deleted it, and a pull from 0, which
 * leaves deletions out, has passed the change. */
static void
test_deleted_since (BpDevice     *device,
                    gconstpointer data)
{
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_save (device, "products", "p2", "=", "{\"price\":1}", NULL);
  bp_device_pull (device, "products", 20, TRUE, NULL);
  bp_device_answer (device, claim, "applied:1:5 applied:1:6", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
  /* What was changed since is for the server to say. */
  bp_assert_text (bp_device_describe (device, "products", "p2", "price"), "pending v0 price=1");
}

/* Another device has sent the same, and more since: its latest seq does not
 * tell when it began to count. */
static void
test_made_by_others (BpDevice     *device,
                     gconstpointer data)
{
  have_product (device);
  bp_device_save (device, "sales", "s1", "+", SALE ("A/26/1"), NULL);
  bp_device_pull (device, "sales", 12, TRUE, NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:2:30", NULL);
  bp_device_pull (device, "products", 31, FALSE,
                  bp_device_state ("products", "p1", 3, 20, "{\"name\":\"Soap\",\"stock\":8000}"),
                  NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=8000");
}

#define ADD(name, function) \
  g_test_add ("/store/answer/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("applied", test_applied);
  ADD ("what-was-sent-becomes-the-base", test_applied_below_an_edit);
  ADD ("older-than-stored-changes-only-the-queue", test_older_than_stored);
  ADD ("applied-on-another-version-is-not-all-of-it", test_on_another_version);
  ADD ("applied-on-another-version-below-an-edit", test_on_another_version_below_an_edit);
  ADD ("applied-on-another-version-and-pulled-first", test_on_another_version_pulled);
  ADD ("unknown-answers-touch-nothing", test_unknown_answers);
  ADD ("an-incomplete-action-stays-sent", test_missing_answer);
  ADD ("rejected-parks-its-action-only", test_rejected);
  g_test_add_data_func ("/store/answer/what-is-not-applied-leaves-nothing-behind", NULL,
                        test_leaves_nothing_behind);
  ADD ("retried-with-a-doubling-wait", test_retried);
  ADD ("a-reused-op-id-becomes-another", test_reused);
  ADD ("a-sale-sent-before-it-was-put-back-is-not-sold-again", test_reused_fact);
  ADD ("a-sale-sent-and-paid-before-it-was-put-back-counts-once", test_reused_paid);
  ADD ("what-is-answered-below-the-cursor-counts-once", test_answered_below_the_cursor);
  ADD ("a-record-sent-before-it-was-put-back-is-not-made-again", test_reused_record);
  ADD ("what-was-sent-and-is-not-pulled-comes-with-the-answer", test_reused_unseen);
  ADD ("a-sale-sent-under-another-id-is-not-kept-here", test_reused_unseen_fact);
  ADD ("what-it-made-before-is-no-other-record", test_collides_with_its_own);
  ADD ("posted-takes-the-servers-state", test_posted);
  ADD ("a-conflict-is-kept-with-all-sides", test_conflict);
  ADD ("a-conflict-without-state-waits-for-the-pull", test_conflict_without_state);
  ADD ("deleted-since", test_deleted_since);
  ADD ("made-by-others", test_made_by_others);
  ADD ("figures-count-each-operation-once", test_figures);

  return g_test_run ();
}
