#include "config.h"

#include "bp-device.h"

#define DAY (24 * 60 * 60 * G_GINT64_CONSTANT (1000))
#define ALL ((1u << BP_N_TABLES) - 1)

static void
begin (BpDevice   *device,
       const char *epoch)
{
  g_autoptr (GError) error = NULL;

  bp_store_begin_epoch (device->store, epoch, &error);
  g_assert_no_error (error);
}

static void
end_others (BpDevice *device)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      if (!g_str_equal (table->name, "products"))
        bp_device_pull (device, table->name, 3, TRUE, NULL);
    }
}

static void
test_first (BpDevice     *device,
            gconstpointer data)
{
  g_autofree char *epoch = bp_store_get_value (device->store, "epoch");

  g_assert_cmpstr (epoch, ==, "e1");
  g_assert_cmpuint (bp_store_get_recovering (device->store), ==, 0);
  begin (device, "e1");
  g_assert_cmpuint (bp_store_get_recovering (device->store), ==, 0);
}

/* What was answered goes again before what waits, in its order, on the version
 * pulled, after all is pulled. */
static void
test_goes_again (BpDevice     *device,
                 gconstpointer data)
{
  const BpTable *products = bp_table_find ("products");
  g_autofree char *epoch = NULL;
  g_autoptr (BpClaim) claim = NULL;

  bp_device_save (device, "products", "old", "+", "{\"name\":\"Old\"}", NULL);
  bp_device_push_all (device, 3);
  bp_test_clock_advance (device->clock, 31 * DAY);
  bp_device_save (device, "products", "p0", "+", "{\"name\":\"Waits\"}", NULL);
  g_clear_pointer (&claim, bp_claim_free);
  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "old", 1, 3, "{\"name\":\"Old\"}"),
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\"}"),
                  bp_device_state ("products", "p2", 3, 6, "{\"name\":\"Rice\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}", NULL);
  bp_device_save (device, "products", "p2", "=", "{\"price\":6}", NULL);
  bp_device_save (device, "products", "p3", "+", "{\"name\":\"New\"}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_answer (device, g_steal_pointer (&claim),
                    "- applied:4:10 applied:4:11 applied:1:12", NULL);

  begin (device, "e2");
  epoch = bp_store_get_value (device->store, "epoch");
  g_assert_cmpstr (epoch, ==, "e2");
  g_assert_cmpint (bp_store_get_cursor (device->store, products), ==, 0);
  g_assert_cmpuint (bp_store_get_recovering (device->store), ==, ALL);
  bp_assert_text (bp_device_describe_queue (device),
                  "UPDATE products p1 syncing {\"price\":5}\n"
                  "UPDATE products p2 syncing {\"price\":6}\n"
                  "INSERT restore products p3 syncing\n"
                  "INSERT products p0 syncing");
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "pending v4 price=5");
  g_assert_null (bp_device_claim (device, BP_CLAIM_UNANSWERED));
  g_assert_null (bp_device_claim (device, BP_CLAIM_ALL));

  /* The server's past ended before the edits; others deleted p2 since. */
  bp_device_reopen (device);
  bp_device_pull (device, "products", 4, TRUE,
                  bp_device_state ("products", "old", 1, 1, "{\"name\":\"Old\"}"),
                  bp_device_state ("products", "p1", 2, 2, "{\"name\":\"Soap\"}"),
                  bp_device_state ("products", "p2", 4, 4, NULL), NULL);
  g_assert_cmpuint (bp_store_get_recovering (device->store), ==, ALL & ~1u);
  end_others (device);
  g_assert_cmpuint (bp_store_get_recovering (device->store), ==, 0);

  bp_assert_text (bp_device_describe (device, "products", "old", ""), "synced v1");
  claim = bp_device_claim (device, BP_CLAIM_UNANSWERED);
  bp_assert_text (bp_device_describe_claim (claim),
                  "UPDATE p1@2, UPDATE p2@4, INSERT p3 recover, INSERT p0");
  bp_device_answer (device, g_steal_pointer (&claim),
                    "applied:3:5 conflict:DELETE_UPDATE applied:1:6 applied:1:7", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v3 price=5");
  bp_assert_text (bp_device_describe (device, "products", "p2", ""), "conflict v4");
}

/* What the server lost is sent to it whole, unless it exists meanwhile. */
static void
test_recovers (BpDevice     *device,
               gconstpointer data)
{
  g_autoptr (BpClaim) claim = NULL;

  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\"}"),
                  bp_device_state ("products", "p2", 3, 6, "{\"name\":\"Rice\"}"),
                  bp_device_state ("products", "p3", 3, 7, "{\"name\":\"Tea\"}"), NULL);
  bp_device_pull (device, "products", 11, FALSE,
                  bp_device_state ("products", "p4", 3, 11, NULL), NULL);
  bp_device_save (device, "products", "p2", "=", "{\"price\":6}", NULL);
  begin (device, "e2");
  bp_device_pull (device, "products", 2, TRUE,
                  bp_device_state ("products", "p3", 1, 2, "{\"name\":\"Tea\"}"), NULL);
  end_others (device);

  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "pending v3 name=Soap");
  bp_assert_text (bp_device_describe (device, "products", "p2", "price"), "pending v3 price=6");
  bp_assert_text (bp_device_describe (device, "products", "p3", ""), "synced v1");
  bp_assert_text (bp_device_describe (device, "products", "p4", ""), "none");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1 recover, INSERT p2 recover");
  bp_device_answer (device, g_steal_pointer (&claim), "applied:1:3 applied:1:4", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v1 name=Soap");
}

/* Away for so long that the server has forgotten what was deleted. */
static void
test_too_late (BpDevice     *device,
               gconstpointer data)
{
  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_test_clock_advance (device->clock, 91 * DAY);
  begin (device, "e2");
  bp_device_pull (device, "products", 2, TRUE, NULL);
  end_others (device);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
  bp_assert_text (bp_device_describe_queue (device), "");
}

/* What was on its way goes again as it was. */
static void
test_unanswered (BpDevice     *device,
                 gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_claim_free (bp_device_claim (device, BP_CLAIM_ALL));
  begin (device, "e2");
  bp_assert_text (bp_device_describe_queue (device), "INSERT products p1 syncing");
}

/* Several operations of one record go one after the other, and what was
 * answered is not touched by a newer edit. */
static void
test_one_after_the_other (BpDevice     *device,
                          gconstpointer data)
{
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_push_all (device, 3);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}", NULL);
  bp_device_push_all (device, 4);
  begin (device, "e2");
  bp_device_save (device, "products", "p1", "=", "{\"price\":6}", NULL);
  bp_device_pull (device, "products", 2, TRUE, NULL);
  end_others (device);

  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT restore products p1 syncing\nUPDATE products p1 syncing {\"price\":5}\n"
                  "UPDATE products p1 pending {\"price\":6}");
  claim = bp_device_claim (device, BP_CLAIM_UNANSWERED);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1 recover");
  bp_device_answer (device, claim, "applied:1:3", NULL);
  claim = bp_device_claim (device, BP_CLAIM_UNANSWERED);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@1");
  bp_device_answer (device, claim, "applied:2:4", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@2");
  bp_device_answer (device, claim, "applied:3:5", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v3 price=6");
}

static void
assert_claimed (BpDevice   *device,
                const char *operation,
                const char *field,
                gint64      value)
{
  g_autoptr (BpClaim) claim = bp_device_claim (device, BP_CLAIM_ALL);
  const BpOperation *first;

  bp_assert_text (bp_device_describe_claim (claim), operation);
  first = claim->operations->pdata[0];
  g_assert_cmpint (bp_change_get_integer (first->data, field), ==, value);
}

/* What had no effect when it was brought back, for another had taken its id, is
 * not what the next restored server is given. */
static void
test_taken_meanwhile (BpDevice     *device,
                      gconstpointer data)
{
  bp_device_pull (device, "products", 1, TRUE,
                  bp_device_state ("products", "p1", 1, 1, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "stock_movements", "m1", "+",
                  "{\"product_id\":\"p1\",\"quantity\":5,\"reason\":\"opening\"}", NULL);
  bp_device_push_all (device, 2);
  begin (device, "e2");
  bp_device_pull (device, "products", 3, TRUE,
                  bp_device_state ("products", "p1", 1, 3, "{\"name\":\"Soap\",\"stock\":7}"),
                  NULL);
  bp_device_pull (device, "stock_movements", 3, TRUE,
                  bp_device_state ("stock_movements", "m1", 1, 2,
                                   "{\"product_id\":\"p1\",\"quantity\":7,"
                                   "\"reason\":\"opening\"}"), NULL);
  end_others (device);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_UNANSWERED), "applied:1:2", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v1 stock=7");

  begin (device, "e3");
  bp_device_pull (device, "products", 1, TRUE,
                  bp_device_state ("products", "p1", 1, 1, "{\"name\":\"Soap\"}"), NULL);
  end_others (device);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v1 stock=7");
  assert_claimed (device, "INSERT m1 recover", "quantity", 7);
}

/* The server had it by then, from another: what is changed on top of it here,
 * sent or not, does not make it the record that was here. */
static void
test_had_it_already (BpDevice     *device,
                     gconstpointer data)
{
  g_autofree char *op_id = NULL;
  g_autoptr (BpState) row = bp_device_state ("products", "p1", 2, 4,
                                             "{\"name\":\"Rice\",\"price\":5}");
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_push_all (device, 3);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}", NULL);
  bp_device_push_all (device, 4);
  begin (device, "e2");
  bp_device_pull (device, "products", 2, TRUE, NULL);
  end_others (device);

  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_UNANSWERED), "applied:1:3", NULL);
  claim = bp_device_claim (device, BP_CLAIM_UNANSWERED);
  op_id = g_strdup (((BpOperation *)claim->operations->pdata[0])->op_id);
  bp_device_answer (device, claim, "applied:2:4", NULL);
  bp_device_save (device, "products", "p1", "=", "{\"unit\":\"kg\"}", NULL);
  g_free (row->op_id);
  row->op_id = g_steal_pointer (&op_id);
  bp_device_pull (device, "products", 4, FALSE, g_steal_pointer (&row), NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price unit"),
                  "pending v2 name=Rice price=5 unit=kg");
  bp_assert_text (bp_device_describe_queue (device),
                  "UPDATE products p1 pending {\"unit\":\"kg\"}");
  bp_device_push_all (device, 5);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price unit"),
                  "synced v3 name=Rice price=5 unit=kg");
}

/* The restored server remembers what it was sent long before the state that it
 * has now: that is not done again, here either. */
static void
test_remembered (BpDevice     *device,
                 gconstpointer data)
{
  bp_device_pull (device, "products", 2, TRUE,
                  bp_device_state ("products", "p1", 1, 2, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}", NULL);
  bp_device_push_all (device, 3);
  begin (device, "e2");
  bp_device_save (device, "products", "p1", "=", "{\"unit\":\"kg\"}", NULL);
  bp_device_pull (device, "products", 7, TRUE,
                  bp_device_state ("products", "p1", 3, 7, "{\"name\":\"Soap\",\"price\":6}"),
                  NULL);
  end_others (device);

  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_UNANSWERED), "applied:2:3", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price unit"),
                  "pending v3 price=6 unit=kg");
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:4:8", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price unit"),
                  "synced v4 price=6 unit=kg");
}

static void
pull_soap (BpDevice *device,
           gint64    version)
{
  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", version, 5, "{\"name\":\"Soap\"}"), NULL);
  end_others (device);
}

/* The edit is part of the record that the first restored server was given anew;
 * the second has the record as it was before the edit. */
static void
test_restored_twice (BpDevice     *device,
                     gconstpointer data)
{
  BpClaim *claim;

  pull_soap (device, 3);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}", NULL);
  bp_device_push_all (device, 10);
  bp_device_save (device, "products", "p1", "=", "{\"unit\":\"kg\"}", NULL);
  begin (device, "e2");
  bp_device_pull (device, "products", 2, TRUE, NULL);
  end_others (device);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:1:3", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price unit"),
                  "synced v1 price=5 unit=kg");

  begin (device, "e3");
  pull_soap (device, 3);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price unit"),
                  "pending v3 price=5 unit=kg");
  claim = bp_device_claim (device, BP_CLAIM_UNANSWERED);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@3");
  bp_device_answer (device, claim, "applied:4:10", NULL);
  claim = bp_device_claim (device, BP_CLAIM_UNANSWERED);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@4");
  bp_device_answer (device, claim, "applied:5:11", NULL);
  claim = bp_device_claim (device, BP_CLAIM_UNANSWERED);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1 recover");
  bp_device_answer (device, claim, "applied:5:11", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price unit"),
                  "synced v5 price=5 unit=kg");
}

/* Discarding what the server is given anew gives up the edits in it. */
static void
test_discarded_between (BpDevice     *device,
                        gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;

  pull_soap (device, 3);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}", NULL);
  begin (device, "e2");
  bp_device_pull (device, "products", 2, TRUE, NULL);
  end_others (device);
  rows = bp_store_list_queue (device->store, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rows->len, ==, 1);
  bp_store_discard (device->store, ((BpQueueRow *)rows->pdata[0])->op_id, &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");

  /* Another device gives it to the server. */
  bp_device_pull (device, "products", 3, FALSE,
                  bp_device_state ("products", "p1", 1, 3, "{\"name\":\"Soap\"}"), NULL);
  begin (device, "e3");
  pull_soap (device, 3);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v3 price=0");
  bp_assert_text (bp_device_describe_queue (device), "");
}

/* A tombstone of what the server had lost is still that of the record. */
static void
test_deleted_again (BpDevice     *device,
                    gconstpointer data)
{
  BpClaim *claim;

  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\",\"price\":7}"),
                  NULL);
  bp_device_save (device, "products", "p1", "-", NULL, NULL);
  begin (device, "e2");
  bp_device_pull (device, "products", 2, TRUE, NULL);
  end_others (device);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  /* A version of the past would be that of whatever is made there meanwhile. */
  bp_assert_text (bp_device_describe_claim (claim), "DELETE p1@0");
  bp_device_answer (device, claim, "applied:1:3", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "synced v1 deleted");

  bp_device_save (device, "products", "p1", "=", "{\"price\":8}", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "pending v1 name=Soap price=8");
}

/* An operation that the server certainly has not: what came after it in the
 * lost past it has not either. */
static void
test_refused_again (BpDevice     *device,
                    gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_push_all (device, 3);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}", NULL);
  bp_device_push_all (device, 4);
  begin (device, "e2");
  bp_device_pull (device, "products", 2, TRUE, NULL);
  end_others (device);

  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_UNANSWERED),
                    "rejected:invalid_value", NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":6}", NULL);
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT restore products p1 failed\nUPDATE products p1 pending {\"price\":6}");
}

/* What was in conflict with the lost past is for the version pulled, and may be
 * in conflict with that. */
static void
test_open_conflict (BpDevice     *device,
                    gconstpointer data)
{
  g_autoptr (BpClaim) claim = NULL;

  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":6}", NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 5, 12, NULL), NULL);
  bp_device_get_open_conflict (device);
  begin (device, "e2");
  bp_device_pull (device, "products", 3, TRUE,
                  bp_device_state ("products", "p1", 2, 3, "{\"name\":\"Rice\"}"), NULL);
  end_others (device);

  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"
                                  " WHERE decision = 'local'"), ==, 1);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "pending v2 name=Rice price=6");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@2");
}

/* A payment answered in another past, too long ago to go again, whose sale
 * never came: no figure of the new past ends what it adds. */
static void
test_effects_of_the_past (BpDevice     *device,
                          gconstpointer data)
{
  bp_device_pull (device, "customers", 9, TRUE,
                  bp_device_state ("customers", "c1", 1, 5, "{\"name\":\"Ravi\"}"), NULL);
  bp_device_save (device, "payments", "y1", "+",
                  "{\"customer_id\":\"c1\",\"amount\":3000,\"method\":\"cash\"}", NULL);
  bp_device_push_all (device, 90);
  bp_test_clock_advance (device->clock, 31 * DAY);
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=-3000");

  begin (device, "e2");
  bp_device_pull (device, "customers", 6, TRUE,
                  bp_device_state ("customers", "c1", 1, 6,
                                   "{\"name\":\"Ravi\",\"balance\":-3000}"), NULL);
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=-3000");
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

static void
end_but_payments (BpDevice *device)
{
  bp_device_pull (device, "customers", 3, TRUE,
                  bp_device_state ("customers", "c1", 1, 2, "{\"name\":\"Ravi\"}"), NULL);
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const char *name = bp_table_get (i)->name;

      if (!g_str_equal (name, "customers") && !g_str_equal (name, "payments"))
        bp_device_pull (device, name, 3, TRUE, NULL);
    }
}

/* Another device has given the payment to the new past, and not its sale: the
 * server counts it with the sale, and changes no figure by both. */
static void
test_paid_there_already (BpDevice     *device,
                         gconstpointer data)
{
  pull_paid_sale (device);
  begin (device, "e2");
  end_but_payments (device);
  bp_device_pull (device, "payments", 3, TRUE,
                  bp_device_state ("payments", "y1", 1, 3,
                                   "{\"sale_id\":\"s1\",\"amount\":100,"
                                   "\"method\":\"cash\"}"), NULL);
  bp_assert_text (bp_device_describe_queue (device), "INSERT restore sales s1 pending");
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=0");

  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:1:4", NULL);
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=0");
}

/* The same where this device has sent the payment, and the sale is refused:
 * its customer is shown to have paid for as long as the sale is shown. */
static void
test_sale_refused (BpDevice     *device,
                   gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;

  pull_paid_sale (device);
  begin (device, "e2");
  end_but_payments (device);
  bp_device_pull (device, "payments", 3, TRUE, NULL);
  bp_assert_text (bp_device_describe_queue (device), "INSERT restore sales s1 pending\n"
                  "INSERT restore payments y1 pending");
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:returned", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:1:4", NULL);
  bp_device_pull (device, "customers", 4, FALSE,
                  bp_device_state ("customers", "c1", 1, 4, "{\"name\":\"Ravi\"}"), NULL);
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=0");

  rows = bp_store_list_queue (device->store, &error);
  g_assert_no_error (error);
  bp_store_discard (device->store, ((BpQueueRow *)rows->pdata[0])->op_id, &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe (device, "sales", "s1", ""), "none");
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "synced v1 balance=0");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_effects"
                                  " WHERE table_name = 'customers'"), ==, 0);
}

#define ADD(name, function) \
  g_test_add ("/store/epoch/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("the-first-is-only-noted", test_first);
  ADD ("what-was-answered-goes-again", test_goes_again);
  ADD ("what-the-server-lost-is-recovered", test_recovers);
  ADD ("after-90-days-it-is-dropped", test_too_late);
  ADD ("what-was-sent-goes-again", test_unanswered);
  ADD ("one-operation-of-a-record-at-a-time", test_one_after_the_other);
  ADD ("what-another-took-is-recovered-as-it-is", test_taken_meanwhile);
  ADD ("what-the-server-had-already-is-not-what-was-here", test_had_it_already);
  ADD ("what-the-server-remembers-is-not-done-again", test_remembered);
  ADD ("an-edit-outlives-two-restores", test_restored_twice);
  ADD ("a-discarded-record-gives-up-its-edits", test_discarded_between);
  ADD ("a-tombstone-keeps-what-is-known", test_deleted_again);
  ADD ("what-follows-a-refused-one-was-not-sent", test_refused_again);
  ADD ("an-open-conflict-is-of-the-past", test_open_conflict);
  ADD ("what-the-old-past-counted-ends-with-it", test_effects_of_the_past);
  ADD ("a-payment-that-is-there-first-counts-with-its-sale", test_paid_there_already);
  ADD ("a-payment-of-a-refused-sale-counts-with-it", test_sale_refused);

  return g_test_run ();
}
