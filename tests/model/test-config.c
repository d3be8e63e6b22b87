#include "config.h"

#include "bp-error.h"
#include "bp-json.h"
#include "bp-shop-json.h"
#include "model-fixture.h"

static void
assert_config (Fixture    *fixture,
               const char *key,
               const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *value = bp_shop_get_config (fixture->shop, key, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (value, ==, expected);
}

static void
set (Fixture    *fixture,
     const char *key,
     const char *value)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (bp_shop_set_config (fixture->shop, key, value, &error));
  g_assert_no_error (error);
}

static void
the_shops_settings_are_synced (Fixture      *fixture,
                               gconstpointer data)
{
  g_autofree char *name = NULL;
  g_autofree char *rate = NULL;
  g_autoptr (BpProfile) profile = NULL;

  set (fixture, "shop.name", "Sharma \"General\"");
  set (fixture, "shop.tax_rate", "1800");
  g_assert_cmpuint (fixture_count_queue (fixture), ==, 2);
  name = fixture_get_text (fixture, "settings", "shop.name", "value");
  g_assert_cmpstr (name, ==, "\"Sharma \\\"General\\\"\"");
  rate = fixture_get_text (fixture, "settings", "shop.tax_rate", "value");
  g_assert_cmpstr (rate, ==, "1800");

  set (fixture, "shop.name", "Sharma \"General\"");
  g_assert_cmpuint (fixture_count_queue (fixture), ==, 2);
  profile = bp_shop_dup_profile (fixture->shop);
  g_assert_cmpstr (profile->name, ==, "Sharma \"General\"");
  g_assert_cmpint (profile->tax_rate, ==, 1800);
  g_assert_cmpstr (profile->stock_policy, ==, "warn");
}

static void
the_devices_settings_stay_here (Fixture      *fixture,
                                gconstpointer data)
{
  assert_config (fixture, "sync.batch", "100");
  set (fixture, "sync.batch", "50");
  assert_config (fixture, "sync.batch", "50");
  g_assert_cmpuint (fixture_count_queue (fixture), ==, 0);
  g_assert_cmpuint (fixture_count (fixture, "settings"), ==, 0);
}

static void
what_is_not_allowed_changes_nothing (Fixture      *fixture,
                                     gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (bp_shop_set_config (fixture->shop, "shop.currency", "RUPEES", &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
  g_clear_error (&error);
  g_assert_false (bp_shop_set_config (fixture->shop, "shop.colour", "red", &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD);
  g_clear_error (&error);
  g_assert_null (bp_shop_get_config (fixture->shop, "shop.colour", &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD);
  assert_config (fixture, "shop.currency", "INR");
}

static void
the_stores_word_comes_before_the_default (Fixture      *fixture,
                                          gconstpointer data)
{
  BpStore *store = bp_shop_get_store (fixture->shop);

  g_assert_true (bp_store_set_value (store, "store.currency", "GBP", NULL));
  g_assert_true (bp_store_set_value (store, "store.time_zone", "Europe/London", NULL));
  g_assert_true (bp_store_set_value (store, "store.name", "Gifts", NULL));
  assert_config (fixture, "shop.currency", "GBP");
  assert_config (fixture, "shop.time_zone", "Europe/London");
  assert_config (fixture, "shop.name", "Gifts");
  assert_config (fixture, "shop.tax_split", "0");
  assert_config (fixture, "shop.year_start", "01-01");

  set (fixture, "shop.name", "More Gifts");
  assert_config (fixture, "shop.name", "More Gifts");
}

static void
a_setting_that_is_damaged_is_passed_over (Fixture      *fixture,
                                          gconstpointer data)
{
  g_free (fixture_add (fixture, "settings",
                       "{\"id\":\"shop.currency\",\"value\":\"\\\"NOPE\\\"\"}"));
  g_free (fixture_add (fixture, "settings", "{\"id\":\"shop.tax_rate\",\"value\":\"[1]\"}"));
  g_free (fixture_add (fixture, "settings",
                       "{\"id\":\"shop.day_cutoff\",\"value\":\"\\\"4\\\"\"}"));
  assert_config (fixture, "shop.currency", "INR");
  assert_config (fixture, "shop.tax_rate", "0");
  assert_config (fixture, "shop.day_cutoff", "4");
}

static void
the_currency_stays_once_there_are_amounts (Fixture      *fixture,
                                           gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  set (fixture, "shop.currency", "GBP");
  g_free (fixture_add (fixture, "products", "{\"name\":\"Free\"}"));
  set (fixture, "shop.currency", "EUR");
  g_free (fixture_add (fixture, "products", "{\"name\":\"Dear\",\"price\":1}"));
  set (fixture, "shop.currency", "EUR");
  g_assert_false (bp_shop_set_config (fixture->shop, "shop.currency", "GBP", &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  assert_config (fixture, "shop.currency", "EUR");
}

static void
all_settings_are_one_object (Fixture      *fixture,
                             gconstpointer data)
{
  g_autofree char *text = bp_shop_config_to_json (fixture->shop);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = bp_json_parse_object (text, -1, &error);
  const char *const *keys = bp_shop_get_config_keys ();
  JsonObject *object;
  guint n_keys;

  g_assert_no_error (error);
  object = json_node_get_object (node);
  for (n_keys = 0; keys[n_keys] != NULL; n_keys++)
    g_assert_true (json_object_has_member (object, keys[n_keys]));
  g_assert_cmpuint (json_object_get_size (object), ==, n_keys);
  g_assert_cmpint (json_object_get_int_member (object, "sync.batch"), ==, 100);
  g_assert_cmpint (json_object_get_int_member (object, "shop.tax_inclusive"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (object, "shop.currency"), ==, "INR");
}

int
main (int   argc,
      char *argv[])
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture      *fixture,
                  gconstpointer data);
  } tests[] = {
    { "/model/config/the-shops-settings-are-synced", the_shops_settings_are_synced },
    { "/model/config/the-devices-settings-stay-here", the_devices_settings_stay_here },
    { "/model/config/what-is-not-allowed-changes-nothing", what_is_not_allowed_changes_nothing },
    { "/model/config/the-stores-word-comes-before-the-default",
      the_stores_word_comes_before_the_default },
    { "/model/config/a-setting-that-is-damaged-is-passed-over",
      a_setting_that_is_damaged_is_passed_over },
    { "/model/config/the-currency-stays-once-there-are-amounts",
      the_currency_stays_once_there_are_amounts },
    { "/model/config/all-settings-are-one-object", all_settings_are_one_object },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, fixture_set_up, tests[i].test, fixture_tear_down);
  return g_test_run ();
}
