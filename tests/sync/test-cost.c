/* What does not get dearer as a shop grows old: counted in SQLite's own steps,
 * over the device's and the server's databases together. */
#include "config.h"

#include "bp-sql-cost.h"
#include "sync-fixture.h"

/* A shop that has @n products, sales, lines of the log and changes that wait. */
typedef struct
{
  Shop shop;
  Device *device;
  guint n;
} Old;

static char *
make_name (const char *prefix,
           guint       number)
{
  return g_strdup_printf ("%s%06u", prefix, number);
}

static void
add_product (Old  *old,
             guint number)
{
  g_autofree char *id = make_name ("p", number);
  g_autofree char *json = g_strdup_printf ("{\"name\":\"Rice %u\",\"sku\":\"S-%u\","
                                           "\"barcode\":\"B-%u\",\"price\":1000}",
                                           number, number, number);

  device_add (old->device, "products", id, json);
}

static void
change_price (Old   *old,
              guint  number,
              gint64 price)
{
  g_autofree char *id = make_name ("p", number);
  g_autofree char *json = g_strdup_printf ("{\"price\":%" G_GINT64_FORMAT "}", price);

  device_change (old->device, "products", id, json);
}

static void
sell (Old  *old,
      guint number)
{
  g_autofree char *id = make_name ("s", number);
  g_autofree char *text = make_name ("A-", number);
  g_autofree char *product_id = make_name ("p", number % old->n);

  device_sell (old->device, id, text, product_id, 1000);
}

typedef void (*OldFunc) (Old  *old,
                         guint number);

typedef struct
{
  Old *old;
  OldFunc func;
} Repeated;

static gboolean
repeat (BpStore *store,
        gpointer user_data,
        GError **error)
{
  Repeated *repeated = user_data;

  for (guint i = 0; i < repeated->old->n; i++)
    repeated->func (repeated->old, i);
  return TRUE;
}

/* In one transaction, or the disk is all that is tested. */
static void
for_each (Old    *old,
          OldFunc func)
{
  g_autoptr (GError) error = NULL;

  bp_store_transact (old->device->store, repeat, &(Repeated){ old, func }, &error);
  g_assert_no_error (error);
}

static void
change_once (Old  *old,
             guint number)
{
  change_price (old, number, 2000);
}

static void
change_again (Old  *old,
              guint number)
{
  change_price (old, number, 2500);
}

static void
change_once_more (Old  *old,
                  guint number)
{
  change_price (old, number, 2700);
}

static void
add_log (Old  *old,
         guint number)
{
  BpLogEntry entry = { .kind = (char *)"attempt", .state = (char *)"done" };
  g_autoptr (GError) error = NULL;

  bp_store_add_log (old->device->store, &entry, &error);
  g_assert_no_error (error);
}

static void
open_old (Old  *old,
          guint n)
{
  old->n = n;
  shop_set_up (&old->shop, NULL);
  old->device = shop_add_device (&old->shop);
  for_each (old, add_product);
  device_sync (old->device);
}

static void
close_old (Old *old)
{
  shop_tear_down (&old->shop, NULL);
}

static BpSyncWork
allow_urgent (const BpSyncReport *report,
              gpointer            user_data)
{
  return BP_SYNC_WORK_HIGH | BP_SYNC_WORK_DOWNLOAD;
}

static void
sync_urgent (Old *old)
{
  const BpSyncOptions options = { .terms = allow_urgent };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  device_run (old->device, &options, &report, &error);
  g_assert_no_error (error);
  g_assert_true (report.held);
}

static void
postpone (Old *old)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpClaim) claim = bp_store_claim (old->device->store, BP_CLAIM_TO_HIGH, 100, 1, &error);

  g_assert_no_error (error);
  g_assert_nonnull (claim);
  bp_store_postpone_claim (old->device->store, claim, &error);
  g_assert_no_error (error);
}

static void
look_up (Old *old)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *by_sku = NULL;
  g_autofree char *by_barcode = NULL;
  g_autofree char *by_number = NULL;
  g_autoptr (GPtrArray) operations = NULL;
  g_autoptr (GPtrArray) conflicts = NULL;
  BpStore *store = old->device->store;

  by_sku = bp_store_find_by_key (store, bp_table_find ("products"), "sku", "S-7", &error);
  g_assert_cmpstr (by_sku, ==, "p000007");
  by_barcode = bp_store_find_by_key (store, bp_table_find ("products"), "barcode", "B-8", &error);
  g_assert_cmpstr (by_barcode, ==, "p000008");
  by_number = bp_store_find_by_key (store, bp_table_find ("sales"), "number", "A-000009", &error);
  g_assert_cmpstr (by_number, ==, "s000009");
  operations = bp_store_list_operations (store, bp_table_find ("sales"), "s000009", TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (operations->len, ==, 1);
  conflicts = bp_store_list_conflicts (store, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (conflicts->len, ==, 0);
}

/* A sale that never left, given up: its payment counted for a customer. */
static void
give_up_a_sale (Old  *old,
                guint number)
{
  g_autofree char *id = make_name ("s", number);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) operations = NULL;
  const BpQueueRow *row;

  sell (old, number);
  operations = bp_store_list_operations (old->device->store, bp_table_find ("sales"), id, FALSE,
                                         &error);
  g_assert_no_error (error);
  g_assert_cmpuint (operations->len, ==, 1);
  row = operations->pdata[0];
  bp_store_discard (old->device->store, row->op_id, &error);
  g_assert_no_error (error);
}

/* Two devices changed each price, and the server's was kept: as many conflicts
 * that were decided. */
static void
disagree (Old *old)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) conflicts = NULL;
  Device *first = old->device;

  device_set_policy (first, "server");
  old->device = shop_add_device (&old->shop);
  device_sync (old->device);
  for_each (old, change_once);
  device_sync (old->device);
  old->device = first;
  for_each (old, change_again);
  device_sync (first);
  conflicts = bp_store_list_conflicts (first->store, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (conflicts->len, ==, old->n);
}

/* What a day at the till is made of, beside all that was and all that waits. */
static BpSqlCost
work_a_day (guint n,
            guint n_waiting)
{
  Old old = { .n = n };
  BpSqlCost cost;
  g_autoptr (GError) error = NULL;

  open_old (&old, n);
  for_each (&old, sell);
  device_sync (old.device);
  disagree (&old);
  for_each (&old, add_log);
  old.n = n_waiting;
  for_each (&old, change_once_more);

  bp_sql_cost_begin ();
  for (guint i = 0; i < 10; i++)
    sell (&old, n + i);
  change_price (&old, 3, 3000);
  look_up (&old);
  sync_urgent (&old);
  sell (&old, n + 10);
  postpone (&old);
  sync_urgent (&old);
  give_up_a_sale (&old, n + 11);
  bp_store_clean_up (old.device->store, &error);
  g_assert_no_error (error);
  cost = bp_sql_cost_end ();

  g_test_message ("%u of each, %u waiting: %" G_GINT64_FORMAT " statements, %" G_GINT64_FORMAT
                  " steps, %" G_GINT64_FORMAT " scanned",
                  n, n_waiting, cost.statements, cost.steps, cost.scanned);
  bp_sql_cost_tell ();
  close_old (&old);
  return cost;
}

static void
test_a_day_costs_the_same_in_an_old_shop (void)
{
  BpSqlCost young = work_a_day (100, 50);
  BpSqlCost old = work_a_day (400, 50);

  g_assert_cmpint (old.scanned, <=, young.scanned);
  g_assert_cmpint (old.steps, <=, young.steps + young.steps / 50);
}

/* Each run counts before and afterwards what waits. */
static void
test_what_waits_is_only_counted (void)
{
  const gint64 counted = 2 * 2;
  BpSqlCost little = work_a_day (400, 50);
  BpSqlCost much = work_a_day (400, 350);

  g_assert_cmpint (much.scanned, <=, little.scanned + counted * (350 - 50));
}

static BpSqlCost
come_back (guint n)
{
  Old old = { .n = n };
  BpSyncReport report;
  BpSqlCost cost;

  open_old (&old, n);
  for_each (&old, change_once);
  for_each (&old, sell);

  bp_sql_cost_begin ();
  report = device_sync (old.device);
  cost = bp_sql_cost_end ();

  g_assert_cmpint (report.pushed, ==, 3 * n);
  g_test_message ("%u edits and sales: %" G_GINT64_FORMAT " statements, %" G_GINT64_FORMAT
                  " steps, %" G_GINT64_FORMAT " scanned",
                  n, cost.statements, cost.steps, cost.scanned);
  bp_sql_cost_tell ();
  device_check (old.device);
  close_old (&old);
  return cost;
}

static void
test_what_waited_for_a_month_costs_no_more_each (void)
{
  const gint64 times = 4;
  BpSqlCost few = come_back (250);
  BpSqlCost many = come_back (250 * (guint)times);

  g_assert_cmpint (many.scanned, <=, few.scanned * times + 20);
  g_assert_cmpint (many.steps, <=, few.steps * times * 11 / 10);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  bp_sql_cost_watch ();
  g_test_add_func ("/sync/cost/a-day-costs-the-same-in-an-old-shop",
                   test_a_day_costs_the_same_in_an_old_shop);
  g_test_add_func ("/sync/cost/what-waits-is-only-counted", test_what_waits_is_only_counted);
  g_test_add_func ("/sync/cost/what-waited-for-a-month-costs-no-more-each",
                   test_what_waited_for_a_month_costs_no_more_each);
  return g_test_run ();
}
