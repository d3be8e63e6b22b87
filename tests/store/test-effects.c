/* What own operations add to figures, once a pull has come to its end. */
#include "config.h"

#include "bp-device.h"

static void
end_pull (BpDevice   *device,
          const char *table,
          gint64      since,
          BpState    *state)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  g_autoptr (GError) error = NULL;
  BpPulledTable pulled = { bp_table_find (table), rows, since, FALSE, TRUE };
  guint n_stored;

  if (state != NULL)
    g_ptr_array_add (rows, state);
  bp_store_apply_page (device->store, &pulled, 1, &n_stored, &error);
  g_assert_no_error (error);
}

static void
pull_nothing (BpDevice *device,
              gint64    since)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    bp_device_pull (device, bp_table_get (i)->name, since, TRUE, NULL);
}

static void
assert_balance (BpDevice   *device,
                const char *expected)
{
  g_autofree char *shown = bp_device_describe (device, "customers", "c1", "balance");
  const char *balance = strstr (shown, "balance=");

  g_assert_cmpstr (balance, ==, expected);
}

static void
answer (BpDevice   *device,
        const char *claimed,
        const char *answers)
{
  BpClaim *claim = bp_device_claim (device, BP_CLAIM_ALL);

  bp_assert_text (bp_device_describe_claim (claim), claimed);
  bp_device_answer (device, claim, answers, NULL);
}

static void
pull_paid_sale (BpDevice *device)
{
  bp_device_pull (device, "customers", 9, TRUE,
                  bp_device_state ("customers", "c1", 1, 5, "{\"name\":\"Ravi\"}"), NULL);
  bp_device_pull (device, "sales", 9, TRUE,
                  bp_device_state ("sales", "s1", 1, 8,
                                   "{\"number\":\"1\",\"kind\":\"sale\",\"status\":\"posted\","
                                   "\"customer_id\":\"c1\",\"total_amount\":100,\"paid\":100}"),
                  NULL);
  bp_device_pull (device, "payments", 9, TRUE,
                  bp_device_state ("payments", "y1", 1, 7,
                                   "{\"sale_id\":\"s1\",\"amount\":100,"
                                   "\"method\":\"cash\"}"), NULL);
}

/* Another device has given a sale and its payment to the new past, in one push,
 * which moved no balance, and then a note to the sale: that the sale was made
 * after the customer's row, the answer does not tell. */
static void
test_unknown_moment (BpDevice     *device,
                     gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  pull_paid_sale (device);
  bp_store_begin_epoch (device->store, "e2", &error);
  g_assert_no_error (error);
  pull_nothing (device, 3);
  answer (device, "INSERT c1 recover", "applied:1:5");
  answer (device, "INSERT s1 recover", "applied:2:21");
  answer (device, "INSERT y1 recover", "applied:1:18");
  assert_balance (device, "balance=0");

  end_pull (device, "customers", 25,
            bp_device_state ("customers", "c1", 1, 5, "{\"name\":\"Ravi\"}"));
  assert_balance (device, "balance=0");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_effects"
                                  " WHERE table_name = 'customers'"), ==, 0);
}

static void
test_nothing_together (BpDevice     *device,
                       gconstpointer data)
{
  bp_device_pull (device, "customers", 9, TRUE,
                  bp_device_state ("customers", "c1", 1, 5, "{\"name\":\"Ravi\"}"), NULL);
  bp_device_save (device, "payments", "y1", "+",
                  "{\"customer_id\":\"c1\",\"amount\":100,\"method\":\"cash\"}",
                  "payments", "y2", "+",
                  "{\"customer_id\":\"c1\",\"amount\":-100,\"method\":\"cash\"}", NULL);
  bp_device_save (device, "payments", "y3", "+",
                  "{\"customer_id\":\"c1\",\"amount\":30,\"method\":\"cash\"}", NULL);
  answer (device, "INSERT y1, INSERT y2, INSERT y3", "applied:1:10 applied:1:11 -");
  assert_balance (device, "balance=-30");

  end_pull (device, "customers", 11, NULL);
  assert_balance (device, "balance=-30");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_effects"
                                  " WHERE table_name = 'customers'"), ==, 1);
}

/* The server has no balance of a customer that it does not have. */
static void
test_unsent_customer (BpDevice     *device,
                      gconstpointer data)
{
  pull_nothing (device, 3);
  bp_device_save (device, "customers", "c1", "+", "{\"name\":\"Ravi\"}", NULL);
  bp_device_save (device, "payments", "y1", "+",
                  "{\"customer_id\":\"c1\",\"amount\":100,\"method\":\"cash\"}", NULL);
  answer (device, "INSERT c1", "rejected:invalid_value");
  answer (device, "INSERT y1", "applied:1:4");
  end_pull (device, "customers", 9, NULL);
  assert_balance (device, "balance=-100");
}

/* Nor does it count a payment for the customer of a sale that it does not
 * have. */
static void
test_payment_of_draft (BpDevice     *device,
                       gconstpointer data)
{
  bp_device_pull (device, "customers", 9, TRUE,
                  bp_device_state ("customers", "c1", 1, 5, "{\"name\":\"Ravi\"}"), NULL);
  bp_device_save (device, "sales", "s1", "+",
                  "{\"kind\":\"sale\",\"status\":\"draft\",\"customer_id\":\"c1\","
                  "\"total_amount\":300}", NULL);
  bp_device_save (device, "payments", "y1", "+",
                  "{\"sale_id\":\"s1\",\"amount\":100,\"method\":\"cash\"}", NULL);
  answer (device, "INSERT y1", "applied:1:10");
  end_pull (device, "customers", 11, NULL);
  assert_balance (device, "balance=-100");

  bp_device_save (device, "sales", "s1", "=",
                  "{\"number\":\"1\",\"kind\":\"sale\",\"status\":\"posted\","
                  "\"customer_id\":\"c1\",\"total_amount\":300,\"currency\":\"INR\",\"lines\":[],"
                  "\"business_date\":\"2025-11-12\"}", NULL);
  end_pull (device, "customers", 12, NULL);
  assert_balance (device, "balance=200");
}

#define ADD(name, function) \
  g_test_add ("/store/effects/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("figures-hold-what-a-whole-pull-has-passed", test_unknown_moment);
  ADD ("what-adds-up-to-nothing-is-forgotten-at-the-end-of-a-pull", test_nothing_together);
  ADD ("a-balance-that-the-server-lacks-is-kept", test_unsent_customer);
  ADD ("a-payment-of-a-draft-goes-on-counting", test_payment_of_draft);

  return g_test_run ();
}
