#include "config.h"

#include <string.h>

#include "bp-device.h"
#include "bp-json.h"

#define SALE \
  "{\"number\":\"A/26/1\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763000000000,\"business_date\":\"2026-11-13\",\"total_amount\":5000," \
  "\"customer_id\":\"c1\"," \
  "\"lines\":[{\"product_id\":\"p1\",\"quantity\":1000,\"total\":5000}]}"

static void
fill (BpDevice *device)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "customers", "c1", "+", "{\"name\":\"Ravi\"}", NULL);
  bp_device_save (device, "stock_movements", "m1", "+",
                  "{\"product_id\":\"p1\",\"quantity\":9000,\"reason\":\"opening\"}", NULL);
  bp_device_save (device, "sales", "s1", "+", SALE, "payments", "y1", "+",
                  "{\"sale_id\":\"s1\",\"amount\":2000,\"method\":\"cash\"}", NULL);
}

/* How many faults, and all of them well-formed and of that text. */
static guint
count_faults (BpDevice   *device,
              const char *text)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  guint n = 0;

  bp_store_check (device->store, faults, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < faults->len; i++)
    {
      g_autoptr (JsonNode) node = bp_json_parse_object (faults->pdata[i], -1, &error);

      g_assert_no_error (error);
      g_assert_true (bp_json_get_string (json_node_get_object (node), "fault", 1000, NULL) != NULL);
      n += strstr (faults->pdata[i], text) != NULL;
    }

  return n;
}

static const struct
{
  const char *name;
  const char *damage;
  const char *fault;
} damages[] = {
  { "status", "UPDATE products_local SET sync_status = 'synced'", "status does not fit" },
  { "synced-is-wrong", "DELETE FROM sync_queue WHERE table_name = 'customers'",
    "status does not fit" },
  { "stray-base", "DELETE FROM sync_queue WHERE table_name = 'customers'", "does not wait" },
  { "no-base", "DELETE FROM sync_base WHERE record_id = 'p1'", "waits without a base" },
  { "stray-operation", "DELETE FROM products_local", "for a record that is not here" },
  { "base-of-nothing", "DELETE FROM customers_local", "base is kept of a record that is not" },
  { "conflict-of-nothing",
    "INSERT INTO sync_conflicts (table_name, record_id, conflict_type, created_at)"
    " VALUES ('products', 'p9', 'UPDATE_UPDATE', 1)", "open on a record that is not here" },
  { "two-conflicts",
    "INSERT INTO sync_conflicts (table_name, record_id, conflict_type, created_at)"
    " VALUES ('products', 'p1', 'UPDATE_UPDATE', 1), ('products', 'p1', 'UPDATE_UPDATE', 1)",
    "more than one conflict" },
  { "stock", "UPDATE products_local SET stock = 1", "stock is 1, the sum is 8000" },
  { "paid", "UPDATE sales_local SET paid = 1", "paid is 1, the sum is 2000" },
  { "balance", "UPDATE customers_local SET balance = 1", "balance is 1, the sum is 3000" },
  { "lines", "UPDATE sale_lines SET quantity = 2", "not in step" },
  { "stray-lines", "INSERT INTO sale_lines VALUES (99, 0, 'p1', 1, 1)",
    "lines are kept of a record" },
  { "stray-effect", "INSERT INTO sync_effects (table_name, record_id, field, op_id, amount)"
    " VALUES ('products', 'p1', 'stock', 'x', 1)",
    "an operation that does not wait" },
  { "range", "UPDATE products_local SET price = 9007199254740992", "not a whole number" },
};

static void
test_damage (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  BpDevice device;

  bp_device_set_up (&device, NULL);
  bp_store_set_value (device.store, "epoch", NULL, &error);
  g_assert_no_error (error);
  fill (&device);
  g_assert_cmpuint (count_faults (&device, ""), ==, 0);
  bp_device_run (&device, damages[i].damage);
  g_assert_cmpuint (count_faults (&device, damages[i].fault), >, 0);
  bp_device_tear_down (&device, &damages[i]);
}

static void
pull_facts (BpDevice *device,
            gint64    since)
{
  static const char *const tables[] = { "customers", "sales", "payments", "stock_movements" };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    bp_device_pull (device, tables[i], since, TRUE, NULL);
}

static void
end_pull (BpDevice *device)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_number (device->store, "settled", 1, &error);
  g_assert_no_error (error);
}

/* Sums are looked at only where all facts are here. */
static void
test_paired (BpDevice     *device,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 1, 9, "{\"name\":\"Soap\",\"stock\":5}"),
                  NULL);
  g_assert_cmpuint (count_faults (device, ""), ==, 0);
  pull_facts (device, 9);
  g_assert_cmpuint (count_faults (device, ""), ==, 0);
  end_pull (device);
  g_assert_cmpuint (count_faults (device, "stock is 5, the sum is 0"), ==, 1);

  bp_store_set_device_setting (device->store, "sync.from", "2026-01-01", &error);
  g_assert_cmpuint (count_faults (device, ""), ==, 0);

  /* Taken back, but what is here was pulled by it. */
  bp_store_set_value (device->store, BP_STORE_PULLED_FROM, "2026-01-01", &error);
  bp_store_set_device_setting (device->store, "sync.from", NULL, &error);
  g_assert_cmpuint (count_faults (device, ""), ==, 0);
  bp_store_set_value (device->store, BP_STORE_PULLED_FROM, NULL, &error);

  bp_store_set_device_setting (device->store, "sync.tables", "products,sales", &error);
  g_assert_cmpuint (count_faults (device, ""), ==, 0);
  bp_store_set_device_setting (device->store, "sync.tables", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_faults (device, ""), ==, 1);
}

/* A kill between facts and their figure is no fault. */
static void
test_between_pages (BpDevice     *device,
                    gconstpointer data)
{
  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 1, 9, "{\"name\":\"Soap\",\"stock\":0}"),
                  NULL);
  pull_facts (device, 9);
  bp_device_pull (device, "stock_movements", 10, FALSE,
                  bp_device_state ("stock_movements", "m1", 1, 10,
                                   "{\"product_id\":\"p1\",\"quantity\":4,\"reason\":\"opening\"}"),
                  NULL);
  bp_device_pull (device, "products", 10, FALSE, NULL);
  pull_facts (device, 10);
  g_assert_cmpuint (count_faults (device, ""), ==, 0);
  bp_device_pull (device, "products", 11, FALSE,
                  bp_device_state ("products", "p1", 1, 11, "{\"name\":\"Soap\",\"stock\":3}"),
                  NULL);
  pull_facts (device, 11);
  end_pull (device);
  g_assert_cmpuint (count_faults (device, "stock is 3, the sum is 4"), ==, 1);
}

static void
test_all_along (BpDevice     *device,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_value (device->store, "epoch", NULL, &error);
  g_assert_no_error (error);
  fill (device);
  bp_device_save (device, "sales", "s1", "=", "{\"status\":\"void\",\"note\":\"wrong\"}", NULL);
  g_assert_cmpuint (count_faults (device, ""), ==, 0);
  bp_device_save (device, "sales", "r1", "+",
                  "{\"number\":\"A/26/2\",\"kind\":\"return\",\"status\":\"posted\","
                  "\"currency\":\"INR\",\"sale_date\":1,\"business_date\":\"2026-11-13\","
                  "\"total_amount\":5000,\"customer_id\":\"c1\","
                  "\"lines\":[{\"product_id\":\"p1\",\"quantity\":1000,\"total\":5000}]}", NULL);
  bp_device_save (device, "sales", "d1", "+",
                  "{\"kind\":\"sale\",\"status\":\"draft\",\"lines\":[{\"product_id\":\"p1\","
                  "\"quantity\":1000}]}", NULL);
  g_assert_cmpuint (count_faults (device, ""), ==, 0);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"),
                  "pending v0 stock=10000");
  bp_assert_text (bp_device_describe (device, "customers", "c1", "balance"),
                  "pending v0 balance=-7000");
  bp_device_push_all (device, 5);
  g_assert_cmpuint (count_faults (device, ""), ==, 0);
}

#define ADD(name, function, data) \
  g_test_add ("/store/check/" name, BpDevice, data, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  static int faulty;

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autofree char *path = g_strconcat ("/store/check/finds/", damages[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_damage);
    }
  ADD ("sums-where-all-facts-are-here", test_paired, &faulty);
  ADD ("figures-on-their-way-are-no-fault", test_between_pages, &faulty);
  ADD ("finds-nothing-in-sound-books", test_all_along, NULL);

  return g_test_run ();
}
