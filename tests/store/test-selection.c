/* What a device's user chooses to see: hidden, never gone. */
#include "config.h"

#include "bp-device.h"
#include "bp-store-reader.h"

static gboolean
note_id (const BpRow *row,
         gpointer     user_data)
{
  g_string_append_printf (user_data, "%s ", row->state->id);
  return TRUE;
}

static char *
list (BpDevice   *device,
      const char *table,
      const char *search,
      gboolean    selected)
{
  g_autoptr (GString) ids = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  bp_store_list (device->store,
                 &(BpListFilter){ bp_table_find (table), search, FALSE, -1, selected }, note_id,
                 ids, &error);
  g_assert_no_error (error);
  return g_strdup (g_strchomp (ids->str));
}

/* What a window's list shows is the same. */
static void
assert_shown (BpDevice   *device,
              const char *table,
              const char *search,
              const char *expected)
{
  BpListQuery query = { bp_table_find (table), search, "id", FALSE, -1, NULL, 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (device->folder, &error);
  g_autoptr (GArray) rows = NULL;
  g_autoptr (GPtrArray) read = NULL;
  g_autoptr (GString) ids = g_string_new (NULL);

  bp_assert_text (list (device, table, search, TRUE), expected);
  g_assert_no_error (error);
  rows = bp_store_reader_list (reader, &query, 0, &error);
  g_assert_no_error (error);
  read = bp_store_reader_read (reader, query.table, (guint32 *)(gpointer)rows->data, rows->len,
                               &error);
  g_assert_no_error (error);
  for (guint i = 0; i < read->len; i++)
    note_id (read->pdata[i], ids);
  g_assert_cmpstr (g_strchomp (ids->str), ==, expected);
}

static void
choose (BpDevice   *device,
        const char *setting,
        const char *value)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_device_setting (device->store, setting, value, &error);
  g_assert_no_error (error);
}

static void
pull_products (BpDevice *device)
{
  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 1, 1,
                                   "{\"name\":\"Rice\",\"category\":\"Food\","
                                   "\"barcode\":\"890\"}"),
                  bp_device_state ("products", "p2", 1, 2,
                                   "{\"name\":\"Rice wine\",\"category\":\"Drinks\","
                                   "\"barcode\":\"891\"}"),
                  bp_device_state ("products", "p3", 1, 3, "{\"name\":\"Rice bag\"}"),
                  bp_device_state ("products", "p4", 1, 4,
                                   "{\"name\":\"Bread\",\"category\":\" Food \"}"),
                  NULL);
}

static void
test_groups (BpDevice     *device,
             gconstpointer data)
{
  pull_products (device);
  assert_shown (device, "products", NULL, "p1 p2 p3 p4");
  choose (device, "sync.categories", "Food");
  assert_shown (device, "products", NULL, "p1 p4");
  assert_shown (device, "products", "rice", "p1");
  bp_assert_text (list (device, "products", NULL, FALSE), "p1 p2 p3 p4");
  choose (device, "sync.categories", "Drinks,\"\"");
  assert_shown (device, "products", NULL, "p2 p3");
  choose (device, "sync.categories", "food");
  assert_shown (device, "products", NULL, "");
  choose (device, "sync.categories", "\"damaged");
  assert_shown (device, "products", NULL, "p1 p2 p3 p4");
  choose (device, "sync.categories", "");
  assert_shown (device, "products", NULL, "p1 p2 p3 p4");
}

static void
test_hidden_is_found (BpDevice     *device,
                      gconstpointer data)
{
  const BpTable *products = bp_table_find ("products");
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  pull_products (device);
  choose (device, "sync.categories", "Food");
  id = bp_store_find_by_key (device->store, products, "barcode", "891", &error);
  g_assert_cmpstr (id, ==, "p2");
  bp_assert_text (bp_device_describe (device, "products", "p2", "name"),
                  "synced v1 name=Rice wine");

  /* What a sale moves is moved, seen or not. */
  bp_device_save (device, "stock_movements", "m1", "+",
                  "{\"product_id\":\"p2\",\"quantity\":5000,\"reason\":\"opening\"}", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p2", "stock"),
                  "synced v1 stock=5000");
  assert_shown (device, "products", NULL, "p1 p4");
}

static void
test_unsettled_is_shown (BpDevice     *device,
                         gconstpointer data)
{
  BpClaim *claim;

  pull_products (device);
  choose (device, "sync.categories", "Food");
  bp_device_save (device, "products", "p2", "=", "{\"price\":1}", NULL);
  bp_device_save (device, "products", "p3", "=", "{\"price\":1}", NULL);
  bp_device_save (device, "products", "p5", "+", "{\"name\":\"New\"}", NULL);
  assert_shown (device, "products", NULL, "p1 p2 p3 p4 p5");

  claim = bp_device_claim (device, BP_CLAIM_ALL);
  assert_shown (device, "products", NULL, "p1 p2 p3 p4 p5");
  bp_device_answer (device, claim, "rejected:invalid_value conflict:DELETE_UPDATE applied:1:10",
                    NULL);
  assert_shown (device, "products", NULL, "p1 p2 p3 p4");
  bp_assert_text (bp_device_describe (device, "products", "p2", "price"),
                  "failed v1 price=1");
  bp_assert_text (bp_device_describe (device, "products", "p3", "price"),
                  "conflict v1 price=1");
}

static void
note_changed (BpStore *store,
              guint    tables,
              gpointer user_data)
{
  *(guint *)user_data |= tables;
}

static void
test_choosing_is_told (BpDevice     *device,
                       gconstpointer data)
{
  guint changed = 0;

  g_signal_connect (device->store, "changed", G_CALLBACK (note_changed), &changed);
  choose (device, "sync.categories", "Food");
  g_assert_cmpuint (changed, ==, 1u << bp_table_get_index (bp_table_find ("products")));
  changed = 0;
  choose (device, "sync.batch", "50");
  g_assert_cmpuint (changed, ==, 0);
  choose (device, "sync.from", "2026-01-01");
  g_assert_true (changed & 1u << bp_table_get_index (bp_table_find ("sales")));
  g_assert_false (changed & 1u << bp_table_get_index (bp_table_find ("customers")));
}

static BpState *
make_payment (const char *id,
              const char *date)
{
  g_autofree char *json = g_strdup_printf ("{\"amount\":1,\"method\":\"cash\","
                                           "\"business_date\":\"%s\"}", date);

  return bp_device_state ("payments", id, 1, 1, json);
}

static BpState *
make_movement (const char *id,
               gint64      moved_at)
{
  g_autofree char *json = g_strdup_printf ("{\"quantity\":1,\"reason\":\"opening\","
                                           "\"moved_at\":%" G_GINT64_FORMAT "}", moved_at);

  return bp_device_state ("stock_movements", id, 1, 1, json);
}

/* The first day begins when it begins in the shop. */
static void
test_first_day (BpDevice     *device,
                gconstpointer data)
{
  gint64 midnight = G_GINT64_CONSTANT (1767225600000) - 5 * 60 * 60 * 1000 - 30 * 60 * 1000;

  bp_store_set_value (device->store, "store.time_zone", "Asia/Kolkata", NULL);
  bp_device_pull (device, "payments", 9, TRUE, make_payment ("a", "2025-12-31"),
                  make_payment ("b", "2026-01-01"), NULL);
  bp_device_pull (device, "stock_movements", 9, TRUE, make_movement ("m1", midnight - 1),
                  make_movement ("m2", midnight), NULL);
  assert_shown (device, "payments", NULL, "a b");
  choose (device, "sync.from", "2026-01-01");
  assert_shown (device, "payments", NULL, "b");
  assert_shown (device, "stock_movements", NULL, "m2");
  choose (device, "sync.from", "stock_movements=2025-12-31");
  assert_shown (device, "payments", NULL, "a b");
  assert_shown (device, "stock_movements", NULL, "m1 m2");
}

#define ADD(name, function) \
  g_test_add ("/store/selection/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("other-groups-are-hidden", test_groups);
  ADD ("hidden-is-found-and-moved", test_hidden_is_found);
  ADD ("what-is-not-settled-is-shown", test_unsettled_is_shown);
  ADD ("choosing-changes-lists", test_choosing_is_told);
  ADD ("days-before-the-first-are-hidden", test_first_day);

  return g_test_run ();
}
