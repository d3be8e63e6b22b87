/* Runs of the engine against the server's own rules. */
#include "config.h"

#include <string.h>

#include "bp-limits.h"
#include "sync-fixture.h"

#define RICE "{\"name\":\"Rice\",\"price\":5000,\"cost\":4000}"

static void
test_what_is_saved_arrives (Shop         *shop,
                            gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  device_sell (a, "s1", "A-1", "p1", 2000);
  device_expect (a, "products", "p1", "{\"stock\":-2000}", BP_RECORD_PENDING);
  report = device_sync (a);
  g_assert_cmpint (report.pushed, ==, 3);
  device_expect (a, "products", "p1", "{\"stock\":-2000}", BP_RECORD_SYNCED);
  device_expect (a, "sales", "s1", "{\"paid\":2000}", BP_RECORD_SYNCED);

  report = device_sync (b);
  g_assert_cmpint (report.pulled, ==, 3);
  device_expect (b, "products", "p1", "{\"name\":\"Rice\",\"price\":5000,\"stock\":-2000}",
                 BP_RECORD_SYNCED);
  device_expect (b, "sales", "s1", "{\"number\":\"A-1\",\"total_amount\":2000,\"paid\":2000}",
                 BP_RECORD_SYNCED);
  device_expect (b, "payments", "s1-pay", "{\"amount\":2000}", BP_RECORD_SYNCED);
  device_check (a);
  device_check (b);
}

static void
test_nothing_to_do_is_one_short_request (Shop         *shop,
                                         gconstpointer data)
{
  Device *a = shop_add_device (shop);
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  device_sync (a);
  report = device_sync (a);
  g_assert_cmpint (report.requests, ==, 1);
  g_assert_cmpint (report.bytes_sent, <, 400);
  g_assert_cmpint (report.pulled, ==, 0);
}

static void
test_a_save_costs_two_more_requests_at_most (Shop         *shop,
                                             gconstpointer data)
{
  Device *a = shop_add_device (shop);
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  device_sync (a);
  device_change (a, "products", "p1", "{\"price\":1}");
  report = device_sync (a);
  g_assert_cmpint (report.pushed, ==, 1);
  g_assert_cmpint (report.requests, <=, 3);

  device_sell (a, "s1", "A-1", "p1", 1000);
  report = device_sync (a);
  g_assert_cmpint (report.pushed, ==, 2);
  g_assert_cmpint (report.requests, ==, 2);
  g_assert_cmpint (device_sync (a).requests, ==, 1);
}

static void
test_urgent_goes_first (Shop         *shop,
                        gconstpointer data)
{
  Device *a = shop_add_device (shop);
  GPtrArray *requests = bp_rules_transport_get_requests (a->transport);

  device_add (a, "products", "p1", RICE);
  device_sync (a);
  device_change (a, "products", "p1", "{\"price\":1}");
  device_sell (a, "s1", "A-1", "p1", 1000);
  device_sync (a);
  g_assert_true (g_str_has_prefix (requests->pdata[0], "/v1/push "));
  g_assert_nonnull (strstr (requests->pdata[0], "\"sales\""));
  g_assert_null (strstr (requests->pdata[0], "\"products\""));
  g_assert_true (g_str_has_prefix (requests->pdata[1], "/v1/pull "));
  g_assert_true (g_str_has_prefix (requests->pdata[2], "/v1/push "));
  g_assert_nonnull (strstr (requests->pdata[2], "\"products\""));
}

/* What stands between a device and the server. */
typedef struct
{
  Device *device;
  guint calls[BP_N_ENDPOINTS];
  guint lose_answers;      /* of so many pushes */
  guint lose_requests;     /* so many of any kind */
  gboolean lose_info;
  guint problems;          /* so many pushes are refused */
  BpProblemCode problem;
  guint max_operations;    /* more of them: too large */
  const char *garbage;     /* instead of an answer to @garbage_for */
  BpEndpointId garbage_for;
  gboolean edit;           /* saves while a push is under way */
  gint64 advance;          /* what a request takes, in ms */
  gint64 retry_after;
} Between;

static BpAnswer *
lose (GError **error)
{
  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION, "The cable was cut");
  return NULL;
}

static guint
count_operations (Between *between)
{
  GPtrArray *requests = bp_rules_transport_get_requests (between->device->transport);
  const char *place = requests->pdata[requests->len - 1];
  guint n = 0;

  while ((place = strstr (place, "\"op_id\"")) != NULL)
    {
      place++;
      n++;
    }
  return n;
}

static BpAnswer *
before_server (Between          *between,
               const BpEndpoint *endpoint,
               GError          **error)
{
  between->calls[endpoint->id]++;
  bp_test_clock_advance (between->device->clock, between->advance);
  if (endpoint->id == BP_ENDPOINT_INFO && between->lose_info)
    return lose (error);
  if (endpoint->id != BP_ENDPOINT_INFO && between->lose_requests > 0)
    {
      between->lose_requests--;
      return lose (error);
    }
  if (endpoint->id == BP_ENDPOINT_PUSH && between->problems > 0)
    {
      BpAnswer *answer = bp_rules_make_problem (between->problem, "Not today");

      between->problems--;
      answer->retry_after = between->retry_after;
      return answer;
    }
  if (endpoint->id == BP_ENDPOINT_PUSH && between->max_operations > 0
      && count_operations (between) > between->max_operations)
    return bp_rules_make_problem (BP_PROBLEM_TOO_LARGE, "Too much");

  return NULL;
}

static BpAnswer *
stand_between (const BpEndpoint *endpoint,
               const BpAnswer   *answer,
               gpointer          user_data,
               GError          **error)
{
  Between *between = user_data;
  BpAnswer *other;

  if (answer == NULL)
    return before_server (between, endpoint, error);

  if (between->edit && endpoint->id == BP_ENDPOINT_PUSH)
    {
      between->edit = FALSE;
      device_change (between->device, "products", "p1", "{\"price\":777}");
    }
  if (endpoint->id == BP_ENDPOINT_PUSH && between->lose_answers > 0)
    {
      between->lose_answers--;
      return lose (error);
    }
  if (between->garbage == NULL || endpoint->id != between->garbage_for)
    return NULL;

  other = g_new0 (BpAnswer, 1);
  other->status = 200;
  other->body = g_bytes_new (between->garbage, strlen (between->garbage));
  return other;
}

static void
put_between (Between *between,
             Device  *device)
{
  between->device = device;
  bp_rules_transport_set_hook (device->transport, stand_between, between);
}

static void
test_a_lost_answer_applies_once (Shop         *shop,
                                 gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  Between between = { .lose_answers = 1 };

  device_add (a, "products", "p1", RICE);
  device_add (a, "stock_movements", "m1",
              "{\"product_id\":\"p1\",\"quantity\":5000,\"reason\":\"opening\"}");
  put_between (&between, a);
  device_fail_to_sync (a, BP_SYNC_ERROR_NO_CONNECTION);
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 2);

  device_sync (a);
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 0);
  device_sync (b);
  device_expect (b, "products", "p1", "{\"stock\":5000}", BP_RECORD_SYNCED);
  device_expect (a, "products", "p1", "{\"stock\":5000}", BP_RECORD_SYNCED);
  device_check (a);
}

static void
test_a_lost_request_loses_nothing (Shop         *shop,
                                   gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Between between = { .lose_requests = 2 };

  device_add (a, "products", "p1", RICE);
  put_between (&between, a);
  device_fail_to_sync (a, BP_SYNC_ERROR_NO_CONNECTION);
  device_expect (a, "products", "p1", RICE, BP_RECORD_PENDING);
  device_fail_to_sync (a, BP_SYNC_ERROR_NO_CONNECTION);
  device_sync (a);
  device_expect (a, "products", "p1", RICE, BP_RECORD_SYNCED);
}

static void
test_an_edit_during_upload_is_not_answered (Shop         *shop,
                                            gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  Between between = { .edit = TRUE };

  device_add (a, "products", "p1", RICE);
  put_between (&between, a);
  device_sync (a);
  device_expect (a, "products", "p1", "{\"price\":777}", BP_RECORD_SYNCED);
  device_sync (b);
  device_expect (b, "products", "p1", "{\"price\":777,\"cost\":4000}", BP_RECORD_SYNCED);
  device_check (a);
}

static void
test_garbage_acknowledges_nothing (Shop         *shop,
                                   gconstpointer data)
{
  static const char *const bodies[] = {
    "{}",
    "{\"attempt\":1,\"seq\":1,\"results\":[]}",
    "{\"attempt\":99,\"seq\":1,\"results\":[]}",
    "{\"attempt\":1,\"seq\":1,\"results\":[{\"op_id\":\"no such\",\"status\":\"applied\","
    "\"version\":1,\"seq\":1}]}",
    "[]",
  };
  Device *a = shop_add_device (shop);
  Between between = { .garbage_for = BP_ENDPOINT_PUSH };

  device_sync (a);
  device_add (a, "sales", "s1",
              "{\"number\":\"A-1\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\","
              "\"sale_date\":1,\"business_date\":\"2025-11-22\",\"lines\":[],"
              "\"total_amount\":0}");
  put_between (&between, a);
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      between.garbage = bodies[i];
      device_fail_to_sync (a, BP_SYNC_ERROR_NO_CONNECTION);
      device_expect (a, "sales", "s1", "{}", BP_RECORD_PENDING);
    }

  between.garbage_for = BP_ENDPOINT_PULL;
  device_fail_to_sync (a, BP_SYNC_ERROR_NO_CONNECTION);
  between.garbage = NULL;
  device_sync (a);
  device_expect (a, "sales", "s1", "{}", BP_RECORD_SYNCED);
}

static guint
count_in (const char *text,
          const char *word)
{
  guint n = 0;

  for (const char *place = strstr (text, word); place != NULL; place = strstr (place + 1, word))
    n++;
  return n;
}

/* Actions are sent whole, as many as 100 operations hold. */
static void
test_batches_end_where_an_action_ends (Shop         *shop,
                                       gconstpointer data)
{
  static const struct
  {
    guint n_products; /* an operation each */
    guint n_sales;    /* two each, sent before */
    guint n_pushes;
  } loads[] = {
    { 1, 0, 1 }, { 99, 0, 1 }, { 100, 0, 1 }, { 101, 0, 2 }, { 200, 0, 2 },
    { 0, 50, 1 }, { 0, 51, 2 }, { 1, 50, 2 }, { 0, 0, 0 },
  };
  Device *a = shop_add_device (shop);
  guint n = 0;

  device_add (a, "products", "rice", RICE);
  device_sync (a);
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      GPtrArray *requests = bp_rules_transport_get_requests (a->transport);
      guint n_operations = loads[i].n_products + 2 * loads[i].n_sales;
      guint last = n;

      for (; n < last + loads[i].n_products; n++)
        {
          g_autofree char *id = g_strdup_printf ("p%u", n);

          device_add (a, "products", id, RICE);
        }
      for (last = n; n < last + loads[i].n_sales; n++)
        {
          g_autofree char *id = g_strdup_printf ("s%u", n);

          device_sell (a, id, id, "rice", 1000);
        }
      g_assert_cmpint (device_sync (a).pushed, ==, n_operations);
      g_assert_cmpuint (device_count_requests (a, "/v1/push"), ==, loads[i].n_pushes);
      for (guint r = 0; r < requests->len; r++)
        g_assert_cmpuint (count_in (requests->pdata[r], "\"op_id\""), <=, 100);
      g_assert_cmpint (device_count_queue (a).n_pending, ==, 0);
    }
  device_check (a);
}

static void
test_too_large_is_halved (Shop         *shop,
                          gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  Between between = { .max_operations = 7 };

  for (int i = 0; i < 50; i++)
    {
      g_autofree char *id = g_strdup_printf ("p%d", i);

      device_add (a, "products", id, RICE);
    }
  put_between (&between, a);
  g_assert_cmpint (device_sync (a).pushed, ==, 50);
  g_assert_cmpint (device_sync (b).pulled, ==, 50);
}

static void
test_one_too_large_fails_alone (Shop         *shop,
                                gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Between between = { .max_operations = 1 };
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  device_sync (a);
  device_sell (a, "s1", "A-1", "p1", 1000);
  device_change (a, "products", "p1", "{\"price\":2}");
  put_between (&between, a);
  report = device_sync (a);
  g_assert_cmpint (report.failed, ==, 2);
  device_expect (a, "sales", "s1", "{}", BP_RECORD_FAILED);
  device_expect (a, "products", "p1", "{\"price\":2}", BP_RECORD_SYNCED);
  g_assert_cmpint (device_count_queue (a).n_failed, ==, 2);

  /* Nothing is left of the smaller pushes. */
  g_assert_cmpint (bp_store_get_number (a->store, "push.actions", 0), ==, 0);
}

/* The answer was lost, and a proxy refuses the request when it comes again:
 * what the server may have stays as it was sent. */
static void
test_too_large_after_a_lost_answer (Shop         *shop,
                                    gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  Between between = { .lose_answers = 1 };

  device_add (a, "products", "p1", RICE);
  device_sync (a);
  device_change (a, "products", "p1", "{\"price\":1}");
  put_between (&between, a);
  device_fail_to_sync (a, BP_SYNC_ERROR_NO_CONNECTION);
  between.problems = 1;
  between.problem = BP_PROBLEM_TOO_LARGE;
  device_sync (a);
  g_assert_cmpint (device_count_queue (a).n_failed, ==, 1);

  device_change (a, "products", "p1", "{\"price\":2}");
  device_sync (b);
  device_change (b, "products", "p1", "{\"cost\":3}");
  device_sync (b);
  device_sync (a);
  g_assert_true (bp_store_retry (a->store, NULL, NULL));
  device_sync (a);
  device_sync (b);
  device_expect (a, "products", "p1", "{\"price\":2,\"cost\":3}", BP_RECORD_SYNCED);
  device_expect (b, "products", "p1", "{\"price\":2,\"cost\":3}", BP_RECORD_SYNCED);
  device_check (a);
}

static void
test_server_errors_come_again_later (Shop         *shop,
                                     gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Between between = { .problems = 1, .problem = BP_PROBLEM_UNAVAILABLE, .retry_after = 17 };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  put_between (&between, a);
  g_assert_false (device_run (a, NULL, &report, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_RETRY_LATER);
  g_assert_nonnull (strstr (error->message, "Not today"));
  g_assert_cmpint (report.retry_after, ==, 17);
  device_expect (a, "products", "p1", RICE, BP_RECORD_PENDING);
  device_sync (a);
}

static void
test_the_third_server_error_halves (Shop         *shop,
                                    gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Between between = { .problems = 3, .problem = BP_PROBLEM_INTERNAL };

  for (int i = 0; i < 10; i++)
    {
      g_autofree char *id = g_strdup_printf ("p%d", i);

      device_add (a, "products", id, RICE);
    }
  put_between (&between, a);
  for (int i = 0; i < 3; i++)
    device_fail_to_sync (a, BP_SYNC_ERROR_RETRY_LATER);
  device_sync (a);
  g_assert_cmpuint (device_count_requests (a, "/v1/push "), ==, 2);
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 0);
}

/* Three lost answers are the connection's fault unless the server answers to
 * something else. */
static void
test_no_connection_does_not_halve (Shop         *shop,
                                   gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Between between = { .lose_info = TRUE };

  for (int i = 0; i < 10; i++)
    {
      g_autofree char *id = g_strdup_printf ("p%d", i);

      device_add (a, "products", id, RICE);
    }
  device_sync (a);
  for (int i = 0; i < 10; i++)
    {
      g_autofree char *id = g_strdup_printf ("p%d", i);

      device_change (a, "products", id, "{\"price\":1}");
    }
  put_between (&between, a);
  between.lose_answers = 6;
  for (int i = 0; i < 6; i++)
    device_fail_to_sync (a, BP_SYNC_ERROR_NO_CONNECTION);
  g_assert_cmpint (bp_store_get_number (a->store, "push.actions", 0), ==, 0);

  between.lose_info = FALSE;
  between.lose_answers = 1;
  device_fail_to_sync (a, BP_SYNC_ERROR_NO_CONNECTION);
  g_assert_cmpint (bp_store_get_number (a->store, "push.actions", 0), ==, 5);
  device_sync (a);
  g_assert_cmpuint (device_count_requests (a, "/v1/push "), ==, 2);
}

static void
test_revoked_keeps_everything (Shop         *shop,
                               gconstpointer data)
{
  Device *a = shop_add_device (shop);

  device_add (a, "products", "p1", RICE);
  bp_rules_server_revoke_all (shop->server, shop->store_id);
  device_fail_to_sync (a, BP_SYNC_ERROR_REVOKED);
  device_expect (a, "products", "p1", RICE, BP_RECORD_PENDING);
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 1);
}

static void
test_a_wrong_token_keeps_everything (Shop         *shop,
                                     gconstpointer data)
{
  Device *a = shop_add_device (shop);

  device_add (a, "products", "p1", RICE);
  g_object_unref (a->engine);
  a->engine = bp_sync_engine_new (a->store, BP_TRANSPORT (a->transport), BP_CLOCK (a->clock),
                                  "bp_wrong");
  device_fail_to_sync (a, BP_SYNC_ERROR_UNAUTHORIZED);
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 1);
}

static void
test_poison_blocks_nobody (Shop         *shop,
                           gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  BpSyncReport report;

  device_add (a, "products", "taken", "{\"name\":\"Taken\",\"sku\":\"X1\"}");
  device_sync (a);
  for (int i = 0; i < 500; i++)
    {
      g_autofree char *id = g_strdup_printf ("p%d", i);

      device_add (b, "products", id, RICE);
    }
  device_sync (b);

  /* b does not know yet that the SKU is taken when it gives it to p250. */
  g_assert_true (bp_store_set_device_setting (b->store, "sync.tables", "settings", NULL));
  device_add (a, "products", "taken2", "{\"name\":\"Taken\",\"sku\":\"X2\"}");
  device_sync (a);
  for (int i = 0; i < 500; i++)
    {
      g_autofree char *id = g_strdup_printf ("p%d", i);

      device_change (b, "products", id,
                     i == 250 ? "{\"price\":1,\"sku\":\"X2\"}" : "{\"price\":1}");
    }
  report = device_sync (b);
  g_assert_cmpint (report.pushed, ==, 499);
  g_assert_cmpint (report.failed, ==, 1);
  device_expect (b, "products", "p250", "{\"sku\":\"X2\"}", BP_RECORD_FAILED);
  g_assert_cmpint (device_count_queue (b).n_pending, ==, 0);
  device_sync (a);
  device_expect (a, "products", "p499", "{\"price\":1}", BP_RECORD_SYNCED);
}

#define ADD(path, func) \
  g_test_add ("/sync/engine/" path, Shop, NULL, shop_set_up, func, shop_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("what-is-saved-arrives", test_what_is_saved_arrives);
  ADD ("nothing-to-do-is-one-short-request", test_nothing_to_do_is_one_short_request);
  ADD ("a-save-costs-two-more-requests-at-most", test_a_save_costs_two_more_requests_at_most);
  ADD ("urgent-goes-first", test_urgent_goes_first);
  ADD ("a-lost-answer-applies-once", test_a_lost_answer_applies_once);
  ADD ("a-lost-request-loses-nothing", test_a_lost_request_loses_nothing);
  ADD ("an-edit-during-upload-is-not-answered", test_an_edit_during_upload_is_not_answered);
  ADD ("garbage-acknowledges-nothing", test_garbage_acknowledges_nothing);
  ADD ("batches-end-where-an-action-ends", test_batches_end_where_an_action_ends);
  ADD ("too-large-is-halved", test_too_large_is_halved);
  ADD ("one-too-large-fails-alone", test_one_too_large_fails_alone);
  ADD ("too-large-after-a-lost-answer-stays-as-it-was", test_too_large_after_a_lost_answer);
  ADD ("server-errors-come-again-later", test_server_errors_come_again_later);
  ADD ("the-third-server-error-halves", test_the_third_server_error_halves);
  ADD ("no-connection-does-not-halve", test_no_connection_does_not_halve);
  ADD ("revoked-keeps-everything", test_revoked_keeps_everything);
  ADD ("a-wrong-token-keeps-everything", test_a_wrong_token_keeps_everything);
  ADD ("poison-blocks-nobody", test_poison_blocks_nobody);

  return g_test_run ();
}
