/* Conflicts, from the edit on two devices to the same state on both. */
#include "config.h"

#include <string.h>

#include "sync-fixture.h"

#define RICE "{\"name\":\"Rice\",\"price\":5000,\"cost\":4000,\"sku\":\"R1\"}"

typedef struct
{
  Device *a;
  Device *b;
} Two;

/* Two devices that both have a product. */
static Two
make_two (Shop *shop)
{
  Two two = { shop_add_device (shop), shop_add_device (shop) };

  device_add (two.a, "products", "p1", RICE);
  device_sync (two.a);
  device_sync (two.b);
  return two;
}

static void
expect_same (Two        *two,
             const char *table,
             const char *id)
{
  g_autoptr (BpRow) a = NULL;
  g_autoptr (BpRow) b = NULL;

  device_sync (two->a);
  device_sync (two->b);
  device_sync (two->a);
  a = device_get (two->a, table, id);
  b = device_get (two->b, table, id);
  g_assert_nonnull (a);
  g_assert_nonnull (b);
  g_assert_true (bp_change_equal (a->state->data, b->state->data));
  g_assert_cmpint (a->state->version, ==, b->state->version);
  g_assert_cmpint (a->status, ==, BP_RECORD_SYNCED);
  g_assert_cmpint (b->status, ==, BP_RECORD_SYNCED);
  g_assert_cmpint (device_count_queue (two->a).n_pending, ==, 0);
  g_assert_cmpint (device_count_queue (two->b).n_pending, ==, 0);
  device_check (two->a);
  device_check (two->b);
}

/* One field that both changed, a's first on the server. */
static Two
make_contradiction (Shop       *shop,
                    const char *policy)
{
  Two two = make_two (shop);

  if (policy != NULL)
    device_set_policy (two.b, policy);
  device_change (two.a, "products", "p1", "{\"price\":5500}");
  device_change (two.b, "products", "p1", "{\"price\":6600}");
  device_sync (two.a);
  g_assert_cmpint (device_sync (two.b).conflicts, ==, 1);
  return two;
}

/* Deleted on a, changed on b. */
static Two
make_deleted_there (Shop *shop)
{
  Two two = make_two (shop);
  g_autoptr (BpConflict) conflict = NULL;

  device_delete (two.a, "products", "p1");
  device_change (two.b, "products", "p1", "{\"price\":6600}");
  device_sync (two.a);
  device_sync (two.b);
  device_expect (two.b, "products", "p1", "{\"price\":6600}", BP_RECORD_CONFLICT);
  conflict = device_get_only_conflict (two.b, FALSE);
  g_assert_cmpint (conflict->type, ==, BP_CONFLICT_DELETE_UPDATE);
  return two;
}

/* Changed on a, deleted on b. */
static Two
make_deleted_here (Shop *shop)
{
  Two two = make_two (shop);
  g_autoptr (BpConflict) conflict = NULL;

  device_change (two.a, "products", "p1", "{\"price\":5500}");
  device_delete (two.b, "products", "p1");
  device_sync (two.a);
  device_sync (two.b);
  conflict = device_get_only_conflict (two.b, FALSE);
  g_assert_cmpint (conflict->type, ==, BP_CONFLICT_UPDATE_DELETE);
  g_assert_cmpint (device_count_queue (two.b).n_conflicts, ==, 1);
  return two;
}

static void
test_different_fields_merge (Shop         *shop,
                             gconstpointer data)
{
  Two two = make_two (shop);
  BpSyncReport report;

  device_change (two.a, "products", "p1", "{\"price\":5500}");
  device_change (two.b, "products", "p1", "{\"cost\":4400}");
  device_sync (two.a);
  report = device_sync (two.b);
  g_assert_cmpint (report.conflicts, ==, 1);
  g_assert_cmpint (report.pushed, ==, 1);
  device_expect_decision (two.b, "merged");
  expect_same (&two, "products", "p1");
  device_expect (two.a, "products", "p1", "{\"price\":5500,\"cost\":4400}", BP_RECORD_SYNCED);
}

static void
test_same_field_server_wins (Shop         *shop,
                             gconstpointer data)
{
  Two two = make_contradiction (shop, NULL);
  g_autoptr (BpConflict) conflict = NULL;

  expect_same (&two, "products", "p1");
  device_expect (two.b, "products", "p1", "{\"price\":5500}", BP_RECORD_SYNCED);

  conflict = device_get_only_conflict (two.b, TRUE);
  g_assert_cmpstr (conflict->decision, ==, "server");
  g_assert_cmpint (bp_change_get_integer (conflict->local->data, "price"), ==, 6600);
  g_assert_cmpint (bp_change_get_integer (conflict->base->data, "price"), ==, 5000);
}

static void
test_same_field_and_another_merge (Shop         *shop,
                                   gconstpointer data)
{
  Two two = make_two (shop);

  device_change (two.a, "products", "p1", "{\"price\":5500}");
  device_change (two.b, "products", "p1", "{\"price\":6600,\"unit\":\"kg\"}");
  device_sync (two.a);
  device_sync (two.b);
  device_expect_decision (two.b, "merged");
  expect_same (&two, "products", "p1");
  device_expect (two.a, "products", "p1", "{\"price\":5500,\"unit\":\"kg\"}", BP_RECORD_SYNCED);
}

/* b's clock is an hour behind: without the skew its later edit looks earlier. */
static void
test_latest_wins_by_corrected_clocks (Shop         *shop,
                                      gconstpointer data)
{
  Two two = make_two (shop);

  bp_test_clock_set_now (two.b->clock, SHOP_START - 3600 * 1000);
  device_set_policy (two.b, "latest-wins");
  device_change (two.a, "products", "p1", "{\"price\":5500}");
  bp_test_clock_advance (two.b->clock, 60 * 1000);
  bp_test_clock_advance (shop->clock, 60 * 1000);
  device_change (two.b, "products", "p1", "{\"price\":6600}");
  device_sync (two.a);
  device_sync (two.b);
  g_assert_cmpint (bp_store_get_number (two.b->store, "skew", 0), ==, 3600 * 1000);
  device_expect_decision (two.b, "local");
  expect_same (&two, "products", "p1");
  device_expect (two.a, "products", "p1", "{\"price\":6600}", BP_RECORD_SYNCED);
}

static void
test_ask_waits_for_a_person (Shop         *shop,
                             gconstpointer data)
{
  Two two = make_contradiction (shop, "ask");
  g_autoptr (BpConflict) conflict = NULL;

  g_assert_cmpint (device_sync (two.b).conflicts, ==, 0);
  device_expect (two.b, "products", "p1", "{\"price\":6600}", BP_RECORD_CONFLICT);
  g_assert_cmpint (device_count_queue (two.b).n_conflicts, ==, 1);

  conflict = device_get_only_conflict (two.b, FALSE);
  g_assert_null (conflict->decision);
  device_decide (two.b, BP_DECISION_LOCAL, NULL);
  expect_same (&two, "products", "p1");
  device_expect (two.a, "products", "p1", "{\"price\":6600}", BP_RECORD_SYNCED);
}

static void
test_deleted_there_changed_here_asks (Shop         *shop,
                                      gconstpointer data)
{
  Two two = make_deleted_there (shop);

  device_decide (two.b, BP_DECISION_LOCAL, NULL);
  expect_same (&two, "products", "p1");
  device_expect (two.a, "products", "p1", "{\"name\":\"Rice\",\"price\":6600,\"cost\":4000}",
                 BP_RECORD_SYNCED);
}

static void
test_deletion_can_be_accepted (Shop         *shop,
                               gconstpointer data)
{
  Two two = make_deleted_there (shop);

  device_decide (two.b, BP_DECISION_SERVER, NULL);
  device_sync (two.b);
  device_expect_none (two.b, "products", "p1");
  g_assert_cmpint (device_count_queue (two.b).n_pending, ==, 0);
  device_check (two.b);
}

static void
test_changed_there_deleted_here_asks (Shop         *shop,
                                      gconstpointer data)
{
  Two two = make_deleted_here (shop);

  device_decide (two.b, BP_DECISION_SERVER, NULL);
  expect_same (&two, "products", "p1");
  device_expect (two.b, "products", "p1", "{\"price\":5500}", BP_RECORD_SYNCED);
}

static void
test_deleted_here_all_the_same (Shop         *shop,
                                gconstpointer data)
{
  Two two = make_deleted_here (shop);

  device_decide (two.b, BP_DECISION_LOCAL, NULL);
  device_sync (two.b);
  device_sync (two.a);
  device_expect_none (two.a, "products", "p1");
  device_expect_none (two.b, "products", "p1");
  g_assert_cmpint (device_count_queue (two.b).n_pending, ==, 0);
  device_check (two.b);
}

/* One edit of two products, of which one is in conflict: both wait, and both go
 * when it is decided. */
static void
test_a_conflict_holds_its_action (Shop         *shop,
                                  gconstpointer data)
{
  Two two = make_two (shop);
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (GError) error = NULL;

  device_add (two.a, "products", "p2", "{\"name\":\"Oil\",\"price\":100}");
  device_sync (two.a);
  device_sync (two.b);
  device_set_policy (two.b, "ask");
  for (int i = 1; i <= 2; i++)
    {
      g_autofree char *id = g_strdup_printf ("p%d", i);
      g_autoptr (BpChange) change = bp_change_new (bp_table_find ("products"));

      bp_change_set_integer (change, "price", 7700);
      g_ptr_array_add (writes, bp_write_new (change->table, id, BP_OPERATION_UPDATE,
                                             bp_change_copy (change)));
    }
  bp_store_save (two.b->store, writes, "Ravi", &error);
  g_assert_no_error (error);
  device_change (two.a, "products", "p1", "{\"price\":5500}");
  device_sync (two.a);

  device_sync (two.b);
  device_sync (two.a);
  device_expect (two.a, "products", "p2", "{\"price\":100}", BP_RECORD_SYNCED);
  device_expect (two.b, "products", "p2", "{\"price\":7700}", BP_RECORD_PENDING);
  g_assert_cmpint (device_count_queue (two.b).n_pending, ==, 2);
  g_assert_cmpint (device_count_queue (two.b).n_ready, ==, 0);

  device_decide (two.b, BP_DECISION_MERGED, "{\"name\":\"Rice\",\"price\":6000}");
  g_assert_cmpint (device_count_queue (two.b).n_ready, ==, 2);
  expect_same (&two, "products", "p1");
  expect_same (&two, "products", "p2");
  device_expect (two.a, "products", "p1", "{\"price\":6000}", BP_RECORD_SYNCED);
  device_expect (two.a, "products", "p2", "{\"price\":7700}", BP_RECORD_SYNCED);
}

static void
test_deleted_on_both_is_no_conflict (Shop         *shop,
                                     gconstpointer data)
{
  Two two = make_two (shop);

  device_delete (two.a, "products", "p1");
  device_delete (two.b, "products", "p1");
  device_sync (two.a);
  g_assert_cmpint (device_sync (two.b).conflicts, ==, 0);
  device_expect_none (two.b, "products", "p1");
  g_assert_cmpint (device_count_queue (two.b).n_pending, ==, 0);
}

static void
test_the_same_edit_on_both_needs_no_question (Shop         *shop,
                                              gconstpointer data)
{
  Two two = make_two (shop);

  device_set_policy (two.b, "ask");
  device_change (two.a, "products", "p1", "{\"price\":5500}");
  device_change (two.b, "products", "p1", "{\"price\":5500}");
  device_sync (two.a);
  device_sync (two.b);
  g_assert_cmpint (device_count_queue (two.b).n_conflicts, ==, 0);
  expect_same (&two, "products", "p1");
}

static void
test_same_number_is_renumbered (Shop         *shop,
                                gconstpointer data)
{
  Two two = make_two (shop);
  g_autoptr (BpRow) row = NULL;

  device_sell (two.a, "s1", "N-1", "p1", 1000);
  device_sell (two.b, "s2", "N-1", "p1", 2000);
  device_sync (two.a);
  g_assert_cmpint (device_sync (two.b).conflicts, ==, 1);
  device_expect_decision (two.b, "renumbered");
  row = device_get (two.b, "sales", "s2");
  g_assert_cmpstr (bp_change_get_text (row->state->data, "number"), !=, "N-1");
  expect_same (&two, "sales", "s2");
  device_expect (two.a, "sales", "s1", "{\"number\":\"N-1\",\"paid\":1000}", BP_RECORD_SYNCED);
  device_expect (two.a, "sales", "s2", "{\"total_amount\":2000,\"paid\":2000}", BP_RECORD_SYNCED);
  device_expect (two.a, "products", "p1", "{\"stock\":-3000}", BP_RECORD_SYNCED);
}

static void
test_same_id_gets_another (Shop         *shop,
                           gconstpointer data)
{
  Two two = make_two (shop);

  device_add (two.a, "products", "x", "{\"name\":\"From A\"}");
  device_add (two.b, "products", "x", "{\"name\":\"From B\"}");
  device_sell (two.b, "s1", "N-1", "x", 1000);
  device_sync (two.a);
  g_assert_cmpint (device_sync (two.b).conflicts, ==, 1);
  device_expect_decision (two.b, "renumbered");
  expect_same (&two, "products", "x");
  device_expect (two.b, "products", "x", "{\"name\":\"From A\",\"stock\":0}", BP_RECORD_SYNCED);
  expect_same (&two, "sales", "s1");
}

static void
test_same_sku_is_joined (Shop         *shop,
                         gconstpointer data)
{
  Two two = make_two (shop);

  device_add (two.a, "products", "oa", "{\"name\":\"Oil\",\"sku\":\"O1\",\"price\":100}");
  device_add (two.b, "products", "ob", "{\"name\":\"Oil 1 l\",\"sku\":\"O1\",\"price\":120}");
  device_sell (two.b, "s1", "N-1", "ob", 3000);
  device_sync (two.a);
  g_assert_cmpint (device_sync (two.b).conflicts, ==, 1);
  device_expect_decision (two.b, "joined");
  expect_same (&two, "products", "oa");
  expect_same (&two, "sales", "s1");
  device_expect (two.a, "products", "oa", "{\"name\":\"Oil\",\"price\":100,\"stock\":-3000}",
                 BP_RECORD_SYNCED);
  device_expect_none (two.b, "products", "ob");
}

static void
test_the_same_setting_on_both (Shop         *shop,
                               gconstpointer data)
{
  Two two = make_two (shop);

  device_add (two.a, "settings", "shop.name", "{\"value\":\"\\\"A\\\"\"}");
  device_add (two.b, "settings", "shop.name", "{\"value\":\"\\\"B\\\"\"}");
  device_sync (two.a);
  g_assert_cmpint (device_sync (two.b).conflicts, ==, 1);
  device_expect_decision (two.b, "server");
  expect_same (&two, "settings", "shop.name");
  device_expect (two.b, "settings", "shop.name", "{\"value\":\"\\\"A\\\"\"}", BP_RECORD_SYNCED);
}

/* The whole bill waits with its payment while its number is in conflict, and
 * nothing of it is lost. */
static void
test_an_action_in_conflict_stays_whole (Shop         *shop,
                                        gconstpointer data)
{
  Two two = make_two (shop);

  device_sell (two.a, "s1", "N-1", "p1", 1000);
  device_sell (two.b, "s2", "N-1", "p1", 2000);
  device_sell (two.b, "s3", "N-2", "p1", 3000);
  device_sync (two.a);
  device_sync (two.b);
  expect_same (&two, "payments", "s2-pay");
  expect_same (&two, "payments", "s3-pay");
  device_expect (two.a, "products", "p1", "{\"stock\":-6000}", BP_RECORD_SYNCED);
}

/* Three devices, each with its own field and one in common. */
static void
test_three_devices_converge (Shop         *shop,
                             gconstpointer data)
{
  Two two = make_two (shop);
  Device *c = shop_add_device (shop);

  device_sync (c);
  device_change (two.a, "products", "p1", "{\"price\":1,\"unit\":\"a\"}");
  device_change (two.b, "products", "p1", "{\"cost\":2,\"unit\":\"b\"}");
  device_change (c, "products", "p1", "{\"note\":\"c\",\"unit\":\"c\"}");
  device_sync (two.a);
  device_sync (two.b);
  device_sync (c);
  expect_same (&two, "products", "p1");
  device_sync (c);
  device_expect (c, "products", "p1", "{\"price\":1,\"cost\":2,\"note\":\"c\",\"unit\":\"a\"}",
                 BP_RECORD_SYNCED);
  device_expect (two.a, "products", "p1", "{\"price\":1,\"cost\":2,\"note\":\"c\",\"unit\":\"a\"}",
                 BP_RECORD_SYNCED);
}

#define ADD(path, func) \
  g_test_add ("/sync/resolve/" path, Shop, NULL, shop_set_up, func, shop_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("different-fields-merge", test_different_fields_merge);
  ADD ("same-field-server-wins", test_same_field_server_wins);
  ADD ("same-field-and-another-merge", test_same_field_and_another_merge);
  ADD ("latest-wins-by-corrected-clocks", test_latest_wins_by_corrected_clocks);
  ADD ("ask-waits-for-a-person", test_ask_waits_for_a_person);
  ADD ("deleted-there-changed-here-asks", test_deleted_there_changed_here_asks);
  ADD ("deletion-can-be-accepted", test_deletion_can_be_accepted);
  ADD ("changed-there-deleted-here-asks", test_changed_there_deleted_here_asks);
  ADD ("deleted-here-all-the-same", test_deleted_here_all_the_same);
  ADD ("a-conflict-holds-its-action", test_a_conflict_holds_its_action);
  ADD ("deleted-on-both-is-no-conflict", test_deleted_on_both_is_no_conflict);
  ADD ("the-same-edit-on-both-needs-no-question", test_the_same_edit_on_both_needs_no_question);
  ADD ("same-number-is-renumbered", test_same_number_is_renumbered);
  ADD ("same-id-gets-another", test_same_id_gets_another);
  ADD ("same-sku-is-joined", test_same_sku_is_joined);
  ADD ("the-same-setting-on-both", test_the_same_setting_on_both);
  ADD ("an-action-in-conflict-stays-whole", test_an_action_in_conflict_stays_whole);
  ADD ("three-devices-converge", test_three_devices_converge);

  return g_test_run ();
}
