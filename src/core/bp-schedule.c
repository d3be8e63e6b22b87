#include "config.h"

#include "bp-schedule.h"

#include <string.h>

#define MINUTE_MS (60 * G_GINT64_CONSTANT (1000))
#define MINUTES_MAX (31 * 24 * 60)
#define MAX_DAYS (366 * 4 + 1)

enum
{
  CRON_MINUTE,
  CRON_HOUR,
  CRON_DAY,
  CRON_MONTH,
  CRON_WEEKDAY,
  N_CRON
};

static const struct
{
  guint64 min;
  guint64 max;
} limits[N_CRON] = { { 0, 59 }, { 0, 23 }, { 1, 31 }, { 1, 12 }, { 0, 7 } };

typedef struct
{
  guint64 bits[N_CRON];
  gboolean any[N_CRON]; /* the field begins with a star */
} Cron;

static gboolean
parse_number (const char *text,
              int         field,
              guint64    *number)
{
  return g_ascii_string_to_unsigned (text, 10, limits[field].min, limits[field].max, number, NULL);
}

/* `*`, `7` or `7-9`, each with or without `/2`. */
static gboolean
parse_range (const char *text,
             int         field,
             guint64    *bits)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 2);
  g_auto (GStrv) ends = NULL;
  guint64 first = limits[field].min;
  guint64 last = limits[field].max;
  guint64 step = 1;

  if (parts[0] == NULL
      || (parts[1] != NULL
          && !g_ascii_string_to_unsigned (parts[1], 10, 1, limits[field].max, &step, NULL)))
    return FALSE;
  if (!g_str_equal (parts[0], "*"))
    {
      ends = g_strsplit (parts[0], "-", 2);
      if (ends[0] == NULL || !parse_number (ends[0], field, &first))
        return FALSE;
      if (ends[1] != NULL && !parse_number (ends[1], field, &last))
        return FALSE;
      if (ends[1] == NULL && parts[1] == NULL)
        last = first;
    }

  for (guint64 i = first; i <= last; i += step)
    *bits |= G_GUINT64_CONSTANT (1) << i;
  return first <= last;
}

static gboolean
parse_cron (const char *text,
            Cron       *cron)
{
  g_autoptr (GRegex) blanks = g_regex_new ("\\s+", 0, 0, NULL);
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  g_auto (GStrv) fields = g_regex_split (blanks, trimmed, 0);

  if (g_strv_length (fields) != N_CRON)
    return FALSE;
  for (int i = 0; i < N_CRON; i++)
    {
      g_auto (GStrv) ranges = g_strsplit (fields[i], ",", -1);

      cron->any[i] = fields[i][0] == '*';
      for (guint j = 0; ranges[j] != NULL; j++)
        {
          if (!parse_range (ranges[j], i, &cron->bits[i]))
            return FALSE;
        }
    }

  /* 7 is Sunday, too. */
  if (cron->bits[CRON_WEEKDAY] & (1u << 7))
    cron->bits[CRON_WEEKDAY] |= 1;
  return TRUE;
}

static gboolean
has_bit (const Cron *cron,
         int         field,
         int         number)
{
  return (cron->bits[field] >> number) & 1;
}

/* As in cron: where day and weekday are both given, either will do. */
static gboolean
is_day (const Cron *cron,
        GDateTime  *time)
{
  gboolean day = has_bit (cron, CRON_DAY, g_date_time_get_day_of_month (time));
  gboolean weekday = has_bit (cron, CRON_WEEKDAY, g_date_time_get_day_of_week (time) % 7);

  if (!has_bit (cron, CRON_MONTH, g_date_time_get_month (time)))
    return FALSE;
  if (cron->any[CRON_DAY] || cron->any[CRON_WEEKDAY])
    return day && weekday;
  return day || weekday;
}

static gint64
to_milliseconds (GDateTime *time)
{
  return g_date_time_to_unix (time) * 1000;
}

/* The same time by the clock on the wall, an hour earlier or later: there is
 * one on the day on which summer time ends. */
static gint64
find_twin (GDateTime *time,
           int        hours,
           gint64     from)
{
  g_autoptr (GDateTime) twin = g_date_time_add_hours (time, hours);

  return g_date_time_get_hour (twin) == g_date_time_get_hour (time)
         && to_milliseconds (twin) >= from
         ? to_milliseconds (twin)
         : G_MAXINT64;
}

/* The first minute of the day of @midnight that fits and is not before @from.
 * A time that summer time leaves out is the one after it; one that comes twice
 * counts once, unless every hour is meant. */
static gint64
find_in_day (const Cron *cron,
             GDateTime  *midnight,
             gint64      from,
             GTimeZone  *zone)
{
  gint64 found = G_MAXINT64;

  for (int hour = 0; hour < 24; hour++)
    {
      if (!has_bit (cron, CRON_HOUR, hour))
        continue;
      for (int minute = 0; minute < 60; minute++)
        {
          g_autoptr (GDateTime) time = NULL;

          if (!has_bit (cron, CRON_MINUTE, minute))
            continue;
          time = g_date_time_new (zone, g_date_time_get_year (midnight),
                                  g_date_time_get_month (midnight),
                                  g_date_time_get_day_of_month (midnight), hour, minute, 0);
          if (time == NULL)
            continue;
          if (to_milliseconds (time) >= from)
            found = MIN (found, to_milliseconds (time));
          if (cron->any[CRON_HOUR])
            found = MIN (found, MIN (find_twin (time, -1, from), find_twin (time, 1, from)));
        }
    }

  return found < G_MAXINT64 ? found : -1;
}

static gint64
find_next (const Cron *cron,
           gint64      from,
           GTimeZone  *zone)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (from / 1000);
  g_autoptr (GDateTime) start = utc != NULL ? g_date_time_to_timezone (utc, zone) : NULL;

  for (int i = 0; start != NULL && i < MAX_DAYS; i++)
    {
      g_autoptr (GDateTime) day = g_date_time_add_days (start, i);
      gint64 found = day != NULL && is_day (cron, day) ? find_in_day (cron, day, from, zone) : -1;

      if (found >= 0)
        return found;
    }

  return -1;
}

static gboolean
parse_minutes (const char *text,
               guint64    *minutes)
{
  return g_ascii_string_to_unsigned (text, 10, 0, MINUTES_MAX, minutes, NULL);
}

/**
 * bp_schedule_is_valid:
 * @schedule: any text
 *
 * Returns: whether it is a schedule, also one that never comes, as of
 *   30 February
 */
gboolean
bp_schedule_is_valid (const char *schedule)
{
  Cron cron = { 0 };
  guint64 minutes;

  return parse_minutes (schedule, &minutes) || parse_cron (schedule, &cron);
}

/**
 * bp_schedule_get_next:
 * @schedule: minutes between two runs (0: never; at most 31 days), or five
 *   fields as in cron
 * @after: in milliseconds since 1970
 * @zone: whose hours are meant
 *
 * Returns: the first time after @after, in milliseconds since 1970; −1 for
 *   never, also where @schedule is nothing of the kind
 */
gint64
bp_schedule_get_next (const char *schedule,
                      gint64      after,
                      GTimeZone  *zone)
{
  Cron cron = { 0 };
  guint64 minutes;

  g_return_val_if_fail (schedule != NULL && zone != NULL, -1);

  if (parse_minutes (schedule, &minutes))
    return minutes > 0 ? after + (gint64)minutes * MINUTE_MS : -1;
  if (!parse_cron (schedule, &cron))
    return -1;

  return find_next (&cron, (after / MINUTE_MS + 1) * MINUTE_MS, zone);
}
