#include "config.h"

#include "bp-date.h"
#include "bp-error.h"

static GTimeZone *
find_zone (const char *name)
{
  g_autoptr (GError) error = NULL;
  GTimeZone *zone = bp_date_find_zone (name, &error);

  g_assert_no_error (error);
  g_assert_nonnull (zone);
  return zone;
}

static void
test_known_zones (void)
{
  static const char *const names[] = {
    "Asia/Kolkata", "Europe/London", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5",
    "EST5EDT", "America/Port-au-Prince",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GTimeZone) zone = find_zone (names[i]);

      g_assert_cmpstr (g_time_zone_get_identifier (zone), ==, names[i]);
    }
}

static void
test_unknown_zones (void)
{
  static const char *const names[] = {
    "", "Mars/Phobos", "asia/kolkata ", "Asia", "Asia/", "XYZ5", "IST-5:30", "+05:30", "5",
    "/etc/passwd", "/usr/share/zoneinfo/UTC", "../zoneinfo/UTC", "Asia/../UTC", "zone.tab",
    "Asia/Kolkata\n", "<script>", "tzdata", "M3.2.0",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (bp_date_find_zone (names[i], &error));
      g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
    }
  g_assert_null (bp_date_find_zone (NULL, NULL));
}

static void
test_dates_are_strict (void)
{
  static const char *const refused[] = {
    "", "2025-2-1", "2025-02-30", "2025-13-01", "2025-00-10", "0000-01-01", "2025-01-00",
    " 025-01-01", "+025-01-01", "2025-01-01 ", "2025/01/01", "2025-01-1x", "20250-1-01",
  };
  GDate date;

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    g_assert_false (bp_date_parse_date (refused[i], &date));
  g_assert_true (bp_date_parse_date ("2024-02-29", &date));
  g_assert_cmpint (g_date_get_year (&date), ==, 2024);
  g_assert_cmpint (g_date_get_month (&date), ==, 2);
  g_assert_cmpint (g_date_get_day (&date), ==, 29);
}

static void
test_days_are_added (void)
{
  static const struct
  {
    const char *date;
    int days;
    const char *then;
  } cases[] = {
    { "2025-03-01", -1, "2025-02-28" }, { "2024-03-01", -1, "2024-02-29" },
    { "2025-12-31", 1, "2026-01-01" }, { "2025-06-01", -29, "2025-05-03" },
    { "2025-06-01", 0, "2025-06-01" }, { "0001-01-01", -1, "0001-01-01" },
    { "2025-06-31", 1, "2025-06-31" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *then = bp_date_add_days (cases[i].date, cases[i].days);

      g_assert_cmpstr (then, ==, cases[i].then);
    }
}

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    gint64 time;
  } cases[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "1970-01-01", -19800000 },
    { "2010-12-01", G_GINT64_CONSTANT (1291141800000) },
    { "2010-12-01 08:26", G_GINT64_CONSTANT (1291172160000) },
    { "2010-12-01 08:26:00", G_GINT64_CONSTANT (1291172160000) },
    { "2010-12-01T08:26:00", G_GINT64_CONSTANT (1291172160000) },
    { " 2010-12-01T08:26:00 ", G_GINT64_CONSTANT (1291172160000) },
    { "2010-12-01 08:26:00.5", G_GINT64_CONSTANT (1291172160500) },
    { "2010-12-01 08:26:00.123456", G_GINT64_CONSTANT (1291172160123) },
    { "2010-12-01T08:26:00Z", G_GINT64_CONSTANT (1291191960000) },
    { "2010-12-01T08:26:00+05:30", G_GINT64_CONSTANT (1291172160000) },
    { "2010-12-01T08:26+0530", G_GINT64_CONSTANT (1291172160000) },
    { "2010-12-01T08:26-01", G_GINT64_CONSTANT (1291195560000) },
    { "1969-12-31T23:59:59.999Z", -1 },
    { "2024-02-29", G_GINT64_CONSTANT (1709145000000) },
  };
  g_autoptr (GTimeZone) zone = find_zone ("Asia/Kolkata");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 time = 99;
      gboolean good = bp_date_parse_time (cases[i].text, zone, &time, &error);

      g_assert_no_error (error);
      g_assert_true (good);
      g_assert_cmpint (time, ==, cases[i].time);
    }
}

static void
test_parse_refuses (void)
{
  static const char *const cases[] = {
    "", "today", "2010", "2010-12", "2010-13-01", "2010-00-01", "2010-12-32", "2010-02-29",
    "0000-01-01", "10-12-01", "2010-1-1", "01/12/2010", "2010/12/01", "2010-12-01 ab",
    "2010-12-01T", "2010-12-01 8:26", "2010-12-01 24:00", "2010-12-01 08:60", "2010-12-01 08",
    "2010-12-01 08:26:60", "2010-12-01 08:26:00.", "2010-12-01 08:26:00 Z", "2010-12-01Z",
    "2010-12-01 08:26:00+5", "2010-12-01 08:26:00+05:", "2010-12-01 08:26:00+05:60",
    "2010-12-01 08:26:00+24:00", "2010-12-01 08:26:00Zx", "2010-12-01  08:26", "1291172160",
    "२०१०-१२-०१", "2010-12-01T08:26:00\xff",
  };
  g_autoptr (GTimeZone) zone = find_zone ("Asia/Kolkata");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 time = 99;

      g_assert_false (bp_date_parse_time (cases[i], zone, &time, &error));
      g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
      g_assert_cmpint (time, ==, 99);
    }
}

static void
test_format (void)
{
  g_autoptr (GTimeZone) zone = find_zone ("Asia/Kolkata");
  g_autofree char *plain = bp_date_format_time (G_GINT64_CONSTANT (1291172160000), zone);
  g_autofree char *fraction = bp_date_format_time (-1, zone);

  g_assert_cmpstr (plain, ==, "2010-12-01 08:26:00");
  g_assert_cmpstr (fraction, ==, "1970-01-01 05:29:59.999");
}

/* Every quarter of an hour of two days with changed clocks, and any moment. */
static void
test_parse_reads_what_is_written (void)
{
  g_autoptr (GTimeZone) london = find_zone ("Europe/London");
  g_autoptr (GTimeZone) lord_howe = find_zone ("Australia/Lord_Howe");
  g_autoptr (GRand) random = g_rand_new_with_seed (5);

  for (int i = 0; i < 4000; i++)
    {
      GTimeZone *zone = i % 2 ? london : lord_howe;
      gint64 time = i < 2000 ? G_GINT64_CONSTANT (1729900000000) + i * G_GINT64_CONSTANT (900000)
                             : (gint64)(g_rand_double (random) * 4e12);
      g_autofree char *text = bp_date_format_time (time, zone);
      gint64 again = 0;

      g_assert_true (bp_date_parse_time (text, zone, &again, NULL));
      g_assert_cmpint (again, ==, time);
    }
}

static void
assert_business_date (const char *text,
                      const char *zone_name,
                      int         cutoff,
                      const char *expected)
{
  g_autoptr (GTimeZone) zone = find_zone (zone_name);
  g_autofree char *date = NULL;
  gint64 time = 0;

  g_assert_true (bp_date_parse_time (text, zone, &time, NULL));
  date = bp_date_get_business_date (time, zone, cutoff);
  g_assert_cmpstr (date, ==, expected);
}

static void
test_business_date (void)
{
  assert_business_date ("2026-01-01 00:00", "Asia/Kolkata", 0, "2026-01-01");
  assert_business_date ("2025-12-31 23:59:59.999", "Asia/Kolkata", 0, "2025-12-31");
  assert_business_date ("2026-01-01 03:59:59", "Asia/Kolkata", 4, "2025-12-31");
  assert_business_date ("2026-01-01 04:00", "Asia/Kolkata", 4, "2026-01-01");
  assert_business_date ("2025-12-31T18:30:00Z", "Asia/Kolkata", 0, "2026-01-01");
  assert_business_date ("2025-12-31T18:29:59Z", "Asia/Kolkata", 0, "2025-12-31");
  assert_business_date ("1969-12-31T23:59:59.999Z", "UTC", 0, "1969-12-31");
  assert_business_date ("2026-03-29 04:00", "Europe/London", 4, "2026-03-29");
  assert_business_date ("2026-03-29 03:59", "Europe/London", 4, "2026-03-28");
}

static void
test_business_date_of_any_number (void)
{
  g_autoptr (GTimeZone) zone = find_zone ("Pacific/Kiritimati");
  g_autofree char *last = bp_date_get_business_date (G_MAXINT64, zone, 4);
  g_autofree char *first = bp_date_get_business_date (G_MININT64, zone, 23);
  g_autofree char *shown = bp_date_format_time (G_MAXINT64, zone);

  g_assert_true (g_str_has_prefix (last, "9999-12-"));
  g_assert_true (g_str_has_prefix (first, "0001-01-"));
  g_assert_true (g_str_has_prefix (shown, "9999-12-"));
}

static void
test_financial_year (void)
{
  static const struct
  {
    const char *date;
    const char *start;
    const char *year;
  } cases[] = {
    { "2025-06-01", "04-01", "25-26" }, { "2025-04-01", "04-01", "25-26" },
    { "2025-03-31", "04-01", "24-25" }, { "1999-06-01", "04-01", "99-00" },
    { "2000-03-31", "04-01", "99-00" }, { "2025-06-01", "01-01", "2025" },
    { "2025-01-01", "01-01", "2025" }, { "2025-07-01", "07-01", "25-26" },
    { "2025-06-30", "07-01", "24-25" }, { "2025-06-01", "", NULL }, { "2025-06-01", "4-1", NULL },
    { "2025-06-01", "13-01", NULL }, { "2025-06-01", "04-01x", NULL },
    { "2025-6-1", "04-01", NULL },
    { "", "04-01", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *year = bp_date_get_financial_year (cases[i].date, cases[i].start);

      g_assert_cmpstr (year, ==, cases[i].year);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/date/dates-are-strict", test_dates_are_strict);
  g_test_add_func ("/core/date/days-are-added", test_days_are_added);
  g_test_add_func ("/core/date/finds-zones", test_known_zones);
  g_test_add_func ("/core/date/has-no-zone-for-an-unknown-name", test_unknown_zones);
  g_test_add_func ("/core/date/parses-iso-times", test_parse);
  g_test_add_func ("/core/date/refuses-what-is-no-time", test_parse_refuses);
  g_test_add_func ("/core/date/formats-in-the-zone", test_format);
  g_test_add_func ("/core/date/parses-what-it-formats", test_parse_reads_what_is_written);
  g_test_add_func ("/core/date/cuts-the-business-day", test_business_date);
  g_test_add_func ("/core/date/gives-a-business-date-for-any-number",
                   test_business_date_of_any_number);
  g_test_add_func ("/core/date/names-the-financial-year", test_financial_year);
  return g_test_run ();
}
