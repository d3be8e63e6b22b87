/* What a copy of the folder did before this one: the same operations, under
 * other ids. */
#include "config.h"

#include "bp-device.h"

#define UUID "019aaaac-2600-7dac-9ff7-35ab278a84ba"
#define FOUR "{\"product_id\":\"p1\",\"quantity\":4000,\"reason\":\"opening\"}"
#define FIVE "{\"product_id\":\"p1\",\"quantity\":5000,\"reason\":\"opening\"}"

static BpState *
make_state (const char *table,
            const char *id,
            const char *json,
            const char *op_id)
{
  BpState *state = bp_device_state (table, id, 1, 5, json);

  state->op_id = g_strdup (op_id);
  return state;
}

/* One movement waits; returns its claim. */
static BpClaim *
send_movement (BpDevice *device,
               char    **op_id)
{
  BpClaim *claim;

  bp_device_pull (device, "products", 3, TRUE,
                  bp_device_state ("products", "p1", 1, 3, "{\"name\":\"Tea\"}"), NULL);
  bp_device_save (device, "stock_movements", "m1", "+", FOUR, NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT m1");
  *op_id = g_strdup (((BpOperation *)claim->operations->pdata[0])->op_id);
  return claim;
}

static void
pull_movement (BpDevice   *device,
               const char *op_id)
{
  bp_device_pull (device, "products", 6, FALSE,
                  bp_device_state ("products", "p1", 1, 6,
                                   "{\"name\":\"Tea\",\"stock\":4000}"), NULL);
  bp_device_pull (device, "stock_movements", 6, FALSE,
                  make_state ("stock_movements", "m9", FOUR, op_id), NULL);
}

static void
assert_joined (BpDevice *device)
{
  bp_assert_text (bp_device_describe_queue (device), "");
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"),
                  "synced v1 stock=4000");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM stock_movements_local"
                                  " WHERE quantity = 4000"), ==, 1);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_aliases"
                                  " WHERE alias = 'm1' AND record_id = 'm9'"), ==, 1);
  bp_device_assert_decided (device, "joined");
}

static void
test_joined (BpDevice     *device,
             gconstpointer data)
{
  g_autofree char *op_id = NULL;
  BpClaim *claim = send_movement (device, &op_id);

  pull_movement (device, op_id);
  bp_device_answer (device, claim, "rejected:op_reused", NULL);
  assert_joined (device);
  bp_assert_text (bp_device_describe (device, "stock_movements", "m1", ""), "none");
}

/* The row that tells has not been pulled yet. */
static void
test_asked_for (BpDevice     *device,
                gconstpointer data)
{
  g_autofree char *op_id = NULL;
  BpClaim *claim = send_movement (device, &op_id);
  BpAnswerSummary summary = bp_device_answer (device, claim, "rejected:op_reused", NULL);

  g_assert_cmpuint (summary.wanted, ==,
                    1u << bp_table_get_index (bp_table_find ("stock_movements")));
  pull_movement (device, op_id);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_UNANSWERED), "rejected:op_reused",
                    NULL);
  assert_joined (device);
}

/* It got another id there because a third record had this one. */
static void
test_third (BpDevice     *device,
            gconstpointer data)
{
  g_autofree char *op_id = NULL;
  BpClaim *claim = send_movement (device, &op_id);

  bp_device_pull (device, "stock_movements", 5, FALSE,
                  make_state ("stock_movements", "m1", FIVE, "another"), NULL);
  pull_movement (device, op_id);
  bp_device_answer (device, claim, "rejected:op_reused", NULL);
  assert_joined (device);
  bp_assert_text (bp_device_describe (device, "stock_movements", "m1", "quantity"),
                  "synced v1 quantity=5000");
}

/* Copies that get out of a collision get out of it with the same id. */
static void
test_new_id (BpDevice     *device,
             gconstpointer data)
{
  g_autofree char *op_id = NULL;
  g_autoptr (BpState) other = make_state ("stock_movements", "m1", FIVE, "another");
  BpClaim *claim = send_movement (device, &op_id);

  bp_device_answer (device, claim, "conflict:ID_COLLISION", other);
  bp_device_decide_open (device, BP_DECISION_RENUMBERED, NULL);
  bp_assert_text (bp_device_describe (device, "stock_movements", op_id, "quantity"),
                  "pending v0 quantity=4000");
}

static gint64
begin_epoch (BpDevice *device)
{
  g_autoptr (GError) error = NULL;

  bp_store_begin_epoch (device->store, "e2", &error);
  g_assert_no_error (error);
  for (guint i = 0; i < BP_N_TABLES; i++)
    bp_device_pull (device, bp_table_get (i)->name, 1, TRUE, NULL);
  return bp_device_ask (device, "SELECT count (*) FROM sync_queue WHERE op_id = record_id"
                        " AND operation = 'INSERT' AND restore = 1");
}

/* Every device gives a lost record back by one operation. */
static void
test_recovered_by_one (BpDevice     *device,
                       gconstpointer data)
{
  bp_device_pull (device, "products", 5, TRUE,
                  make_state ("products", UUID, "{\"name\":\"Tea\"}", "another"),
                  make_state ("products", "p1", "{\"name\":\"Soap\"}", "third"), NULL);
  g_assert_cmpint (begin_epoch (device), ==, 1);
  bp_assert_text (bp_device_describe_queue (device), "INSERT restore products " UUID " pending\n"
                  "INSERT restore products p1 pending");
}

/* What was given back so is the record that waits here under its id. */
static void
test_recovered_elsewhere (BpDevice     *device,
                          gconstpointer data)
{
  g_autoptr (BpState) server = make_state ("products", UUID, "{\"name\":\"Tea\"}", UUID);

  bp_device_save (device, "products", UUID, "+", "{\"name\":\"Tea\",\"price\":7}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION",
                    server);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"
                                  " WHERE conflict_type = 'UPDATE_UPDATE'"), ==, 1);
  bp_device_decide_open (device, BP_DECISION_MERGED, "{\"price\":7}");
  bp_assert_text (bp_device_describe_queue (device), "UPDATE products " UUID
                  " pending {\"price\":7}");
}

/* A fact that was given back as it was known elsewhere is not made twice. */
static void
test_fact_recovered_elsewhere (BpDevice     *device,
                               gconstpointer data)
{
  g_autoptr (BpState) server = make_state ("stock_movements", UUID, FIVE, UUID);
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (GError) error = NULL;

  bp_device_save (device, "stock_movements", UUID, "+", FOUR, NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION",
                    server);
  conflict = bp_store_get_conflict (device->store, bp_device_get_open_conflict (device), &error);
  g_assert_no_error (error);
  g_assert_false (bp_conflict_is_of_two (conflict));
  bp_device_decide_open (device, BP_DECISION_SERVER, NULL);
  bp_assert_text (bp_device_describe (device, "stock_movements", UUID, "quantity"),
                  "synced v1 quantity=5000");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM stock_movements_local"), ==, 1);
}

#define ADD(name, function) \
  g_test_add ("/store/copies/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("what-was-made-under-another-id-is-that-record", test_joined);
  ADD ("what-was-made-under-another-id-is-asked-for", test_asked_for);
  ADD ("what-was-made-under-another-id-leaves-its-own-to-a-third", test_third);
  ADD ("a-new-id-is-the-same-in-all", test_new_id);
  ADD ("what-is-recovered-has-one-operation", test_recovered_by_one);
  ADD ("what-was-recovered-elsewhere-is-merged-with", test_recovered_elsewhere);
  ADD ("a-fact-recovered-elsewhere-is-there-once", test_fact_recovered_elsewhere);

  return g_test_run ();
}
