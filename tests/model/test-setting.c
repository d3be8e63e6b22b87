#include "config.h"

#include "bp-error.h"
#include "bp-setting.h"
#include "bp-table.h"

static void
every_default_is_allowed (void)
{
  guint n_settings;
  const BpSetting *settings = bp_setting_get_all (&n_settings);

  g_assert_cmpuint (n_settings, ==, 26);
  for (guint i = 0; i < n_settings; i++)
    {
      g_autoptr (GError) error = NULL;

      bp_setting_check (settings[i].key, bp_setting_get_default (settings[i].key, NULL), &error);
      g_assert_no_error (error);
      g_assert_true (bp_setting_find (settings[i].key) == &settings[i]);
    }
}

static void
defaults_follow_the_currency (void)
{
  g_assert_cmpstr (bp_setting_get_default ("shop.currency", NULL), ==, "INR");
  g_assert_cmpstr (bp_setting_get_default ("shop.tax_split", NULL), ==, "1");
  g_assert_cmpstr (bp_setting_get_default ("shop.tax_split", "GBP"), ==, "0");
  g_assert_cmpstr (bp_setting_get_default ("shop.year_start", "INR"), ==, "04-01");
  g_assert_cmpstr (bp_setting_get_default ("shop.year_start", "GBP"), ==, "01-01");
  g_assert_null (bp_setting_get_default ("shop.colour", NULL));
}

static void
takes_what_is_allowed (void)
{
  static const struct
  {
    const char *key;
    const char *value;
    const char *normal;
  } good[] = {
    { "shop.name", "  Sharma & Sons ", "Sharma & Sons" },
    { "shop.currency", "GBP", "GBP" },
    { "shop.time_zone", "Europe/London", "Europe/London" },
    { "shop.tax_rate", "0018", "18" },
    { "shop.tax_inclusive", "true", "1" },
    { "shop.tax_inclusive", "false", "0" },
    { "shop.year_start", "02-28", "02-28" },
    { "shop.day_cutoff", "23", "23" },
    { "sync.schedule", "15", "15" },
    { "sync.schedule", "0", "0" },
    { "sync.schedule", "*/30 8-20 * * 1-5", "*/30 8-20 * * 1-5" },
    { "sync.schedule", "0,15,30-40/5 * 1 1 7", "0,15,30-40/5 * 1 1 7" },
    { "sync.schedule", "0  4 * * *", "0  4 * * *" },
    { "sync.tables", "products,sales", "products,sales" },
    { "sync.tables", "products, sales", "products,sales" },
    { "sync.priorities", "sales = low , payments=low", "sales=low,payments=low" },
    { "sync.from", "", "" },
    { "sync.from", "2026-01-01", "2026-01-01" },
    { "sync.from", "sales=2026-01-01,payments=2025-01-01", "sales=2026-01-01,payments=2025-01-01" },
    { "sync.priorities", "products=high", "products=high" },
    { "sync.categories", "", "" },
    { "sync.categories", " Food, Drinks ", "Food, Drinks" },
    { "sync.categories", "\"Fruit, fresh\",\"\"", "\"Fruit, fresh\",\"\"" },
    { "sync.policy", "ask", "ask" },
    { "sync.batch", "1", "1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *normal = bp_setting_normalize (good[i].key, good[i].value, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (normal, ==, good[i].normal);
    }
}

static void
refuses_what_is_not (void)
{
  static const struct
  {
    const char *key;
    const char *value;
    int code;
  } bad[] = {
    { "shop.colour", "red", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "shop.currency", "XXX", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.currency", "inr", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.time_zone", "Mars/Olympus", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.tax_rate", "-1", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.tax_rate", "18 %", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.tax_inclusive", "2", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.stock_policy", "maybe", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.year_start", "02-29", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.year_start", "4-1", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.day_cutoff", "24", BP_DATA_ERROR_INVALID_VALUE },
    { "shop.name", "two\nlines", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.schedule", "", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.schedule", "* * * *", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.schedule", "60 * * * *", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.schedule", "5-1 * * * *", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.schedule", "*/0 * * * *", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.tables", "", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.tables", "products,orders", BP_DATA_ERROR_UNKNOWN_TABLE },
    { "sync.from", "2026-02-30", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.from", "yesterday", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.from", "orders=2026-01-01", BP_DATA_ERROR_UNKNOWN_TABLE },
    { "sync.tables", "products,,sales", BP_DATA_ERROR_UNKNOWN_TABLE },
    { "sync.tables", "products=high", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.priorities", "{\"products\":\"high\"}", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.priorities", "orders=high", BP_DATA_ERROR_UNKNOWN_TABLE },
    { "sync.from", "products=2026-01-01", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.priorities", "products=soon", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.categories", "Food,", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.categories", "\"Food", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.categories", "\"Food\" Drinks", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.categories", "Food\nDrinks", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.policy", "client-wins", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.batch", "101", BP_DATA_ERROR_INVALID_VALUE },
    { "sync.batch", "0", BP_DATA_ERROR_INVALID_VALUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (bp_setting_check (bad[i].key, bad[i].value, &error));
      g_assert_error (error, BP_DATA_ERROR, bad[i].code);
    }
}

static void
names_are_read (void)
{
  static const struct
  {
    const char *stored;
    const char *names;
  } lists[] = {
    { "", "" },
    { "Food", "[Food]" },
    { " Food , Ready meals,Tea", "[Food][Ready meals][Tea]" },
    { "\"Fruit, fresh\" , \"\",\"5\"\" nails\"", "[Fruit, fresh][][5\" nails]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) names = bp_setting_get_names (lists[i].stored, &error);
      g_autoptr (GString) text = g_string_new (NULL);

      g_assert_no_error (error);
      for (guint n = 0; n < names->len; n++)
        g_string_append_printf (text, "[%s]", (char *)names->pdata[n]);
      g_assert_cmpstr (text->str, ==, lists[i].names);
    }
}

static void
dates_are_of_a_table (void)
{
  const BpTable *sales = bp_table_find ("sales");
  g_autofree char *all = bp_setting_get_date ("2026-01-01", sales);
  g_autofree char *own = bp_setting_get_date ("payments=2026-02-01,sales=2026-03-01", sales);
  g_autofree char *other = bp_setting_get_date ("payments=2026-02-01", sales);
  g_autofree char *undated = bp_setting_get_date ("2026-01-01", bp_table_find ("products"));

  g_assert_cmpstr (all, ==, "2026-01-01");
  g_assert_cmpstr (own, ==, "2026-03-01");
  g_assert_null (other);
  g_assert_null (undated);
}

static void
a_damaged_number_is_the_default (void)
{
  g_assert_cmpint (bp_setting_get_integer ("sync.batch", "7"), ==, 7);
  g_assert_cmpint (bp_setting_get_integer ("sync.batch", "7000"), ==, 100);
  g_assert_cmpint (bp_setting_get_integer ("sync.batch", NULL), ==, 100);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model/setting/every-default-is-allowed", every_default_is_allowed);
  g_test_add_func ("/model/setting/defaults-follow-the-currency", defaults_follow_the_currency);
  g_test_add_func ("/model/setting/takes-what-is-allowed", takes_what_is_allowed);
  g_test_add_func ("/model/setting/refuses-what-is-not", refuses_what_is_not);
  g_test_add_func ("/model/setting/names-are-read", names_are_read);
  g_test_add_func ("/model/setting/dates-are-of-a-table", dates_are_of_a_table);
  g_test_add_func ("/model/setting/a-damaged-number-is-the-default",
                   a_damaged_number_is_the_default);
  return g_test_run ();
}
