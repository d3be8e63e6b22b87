/* Times and dates of a shop: always in a zone that was named. */
#include "config.h"

#include "bp-date.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"

#define DAY_MS G_GINT64_CONSTANT (86400000)
#define TIME_MAX G_GINT64_CONSTANT (253402300799999)
#define TIME_MIN G_GINT64_CONSTANT (-62135596800000)

/* What somebody wrote, before it is known to be a time. */
typedef struct
{
  int year;
  int month;
  int day;
  int hour;
  int minute;
  int second;
  int millisecond;
  gboolean has_offset;
  int offset_minutes;
} Parts;

/* GLib takes `XYZ5` for a rule and `+05:30` for a zone; neither is a place. */
static gboolean
is_zone_name (const char *name)
{
  static const char *const old_names[] = {
    "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "GMT0", "GMT+0", "GMT-0", NULL
  };
  gboolean has_digit = FALSE;

  if (name == NULL || !g_ascii_isalpha (name[0]))
    return FALSE;
  for (const char *p = name; *p != '\0'; p++)
    {
      if (!g_ascii_isalnum (*p) && strchr ("/_+-", *p) == NULL)
        return FALSE;
      has_digit = has_digit || g_ascii_isdigit (*p);
    }

  return !has_digit || strchr (name, '/') != NULL || g_strv_contains (old_names, name);
}

/**
 * bp_date_find_zone:
 * @name: (nullable): a name of the IANA database, such as Asia/Kolkata
 * @error: %BP_DATA_ERROR_INVALID_VALUE
 *
 * Returns: (transfer full): the zone; %NULL with @error set where there is
 *   none of that name: never UTC in its place
 */
GTimeZone *
bp_date_find_zone (const char *name,
                   GError    **error)
{
  GTimeZone *zone = is_zone_name (name) ? g_time_zone_new_identifier (name) : NULL;

  if (zone == NULL)
    g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                 "There is no time zone “%.64s”", name != NULL ? name : "");
  return zone;
}

/* Some days from either end, so that neither zone nor cutoff leads out of the calendar. */
static GDateTime *
to_local (gint64     time,
          GTimeZone *zone)
{
  gint64 clamped = CLAMP (time, TIME_MIN + 3 * DAY_MS, TIME_MAX - 3 * DAY_MS);
  gint64 seconds = clamped / 1000 - (clamped % 1000 < 0 ? 1 : 0);
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (seconds);

  return g_date_time_to_timezone (utc, zone);
}

/**
 * bp_date_get_business_date:
 * @time: in milliseconds since 1970 UTC
 * @zone: the shop's
 * @cutoff_hour: 0 to 23: what is sold before it belongs to the day before
 *
 * Returns: (transfer full): `YYYY-MM-DD`
 */
char *
bp_date_get_business_date (gint64     time,
                           GTimeZone *zone,
                           int        cutoff_hour)
{
  g_autoptr (GDateTime) local = to_local (time, zone);
  g_autoptr (GDateTime) day = NULL;

  day = g_date_time_get_hour (local) < cutoff_hour ? g_date_time_add_days (local, -1)
                                                   : g_date_time_ref (local);
  return g_strdup_printf ("%04d-%02d-%02d", g_date_time_get_year (day),
                          g_date_time_get_month (day), g_date_time_get_day_of_month (day));
}

/**
 * bp_date_parse_date:
 * @text: any text
 * @date: (out caller-allocates): the day
 *
 * Returns: whether it is a day of the calendar as `YYYY-MM-DD`
 */
gboolean
bp_date_parse_date (const char *text,
                    GDate      *date)
{
  int year, month, day;

  if (strlen (text) != 10 || text[4] != '-' || text[7] != '-')
    return FALSE;
  for (guint i = 0; i < 10; i++)
    {
      if (i != 4 && i != 7 && !g_ascii_isdigit (text[i]))
        return FALSE;
    }

  year = atoi (text);
  month = atoi (text + 5);
  day = atoi (text + 8);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
    return FALSE;

  g_date_clear (date, 1);
  if (!g_date_valid_dmy ((GDateDay)day, (GDateMonth)month, (GDateYear)year))
    return FALSE;
  g_date_set_dmy (date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
  return TRUE;
}

/**
 * bp_date_add_days:
 * @date: `YYYY-MM-DD`
 * @days: may be negative
 *
 * Returns: (transfer full): the day so many days later; @date itself where
 *   that is no day of the calendar, or the other would not be
 */
char *
bp_date_add_days (const char *date,
                  int         days)
{
  GDate day;

  if (!bp_date_parse_date (date, &day)
      || (days < 0 && g_date_get_julian (&day) <= (guint32) - days))
    return g_strdup (date);

  if (days < 0)
    g_date_subtract_days (&day, (guint)-days);
  else
    g_date_add_days (&day, (guint)days);
  return g_strdup_printf ("%04d-%02d-%02d", g_date_get_year (&day), g_date_get_month (&day),
                          g_date_get_day (&day));
}

static char *
format_offset (GDateTime *local)
{
  int minutes = (int)(g_date_time_get_utc_offset (local) / G_TIME_SPAN_MINUTE);

  return g_strdup_printf ("%c%02d:%02d", minutes < 0 ? '-' : '+', ABS (minutes) / 60,
                          ABS (minutes) % 60);
}

/**
 * bp_date_format_time:
 * @time: in milliseconds since 1970 UTC
 * @zone: in which it is shown
 *
 * Returns: (transfer full): `YYYY-MM-DD HH:MM:SS`, with `.mmm` where there are
 *   milliseconds, and with the offset in the hour that a change of the clocks
 *   repeats; bp_date_parse_time() gives the same @time again
 */
char *
bp_date_format_time (gint64     time,
                     GTimeZone *zone)
{
  g_autoptr (GDateTime) local = to_local (time, zone);
  int milliseconds = (int)((time % 1000 + 1000) % 1000);
  g_autofree char *offset = NULL;
  gint64 again = 0;
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%04d-%02d-%02d %02d:%02d:%02d", g_date_time_get_year (local),
                          g_date_time_get_month (local), g_date_time_get_day_of_month (local),
                          g_date_time_get_hour (local), g_date_time_get_minute (local),
                          g_date_time_get_second (local));
  if (milliseconds != 0)
    g_string_append_printf (text, ".%03d", milliseconds);
  if (!bp_date_parse_time (text->str, zone, &again, NULL) || again != time)
    {
      offset = format_offset (local);
      g_string_append (text, offset);
    }

  return g_string_free (text, FALSE);
}

static gboolean
take_number (const char **place,
             int          n_digits,
             int          min,
             int          max,
             int         *number)
{
  *number = 0;
  for (int i = 0; i < n_digits; i++, (*place)++)
    {
      if (!g_ascii_isdigit (**place))
        return FALSE;
      *number = *number * 10 + (**place - '0');
    }

  return *number >= min && *number <= max;
}

static gboolean
take_char (const char **place,
           char         c)
{
  if (**place != c)
    return FALSE;
  (*place)++;
  return TRUE;
}

static gboolean
take_date (const char **place,
           Parts       *parts)
{
  return take_number (place, 4, 1, 9999, &parts->year)
         && take_char (place, '-')
         && take_number (place, 2, 1, 12, &parts->month)
         && take_char (place, '-')
         && take_number (place, 2, 1, 31, &parts->day)
         && g_date_valid_dmy ((GDateDay)parts->day, (GDateMonth)parts->month,
                              (GDateYear)parts->year);
}

static gboolean
take_fraction (const char **place,
               Parts       *parts)
{
  int unit = 100;

  if (!g_ascii_isdigit (**place))
    return FALSE;
  for (; g_ascii_isdigit (**place); (*place)++, unit /= 10)
    parts->millisecond += (**place - '0') * unit;
  return TRUE;
}

static gboolean
take_offset (const char **place,
             Parts       *parts)
{
  int hours, minutes = 0;
  gboolean negative = **place == '-';

  parts->has_offset = TRUE;
  if (take_char (place, 'Z'))
    return TRUE;
  (*place)++;
  if (!take_number (place, 2, 0, 23, &hours))
    return FALSE;
  if (take_char (place, ':') ? !take_number (place, 2, 0, 59, &minutes)
                             : **place != '\0' && !take_number (place, 2, 0, 59, &minutes))
    return FALSE;

  parts->offset_minutes = (hours * 60 + minutes) * (negative ? -1 : 1);
  return TRUE;
}

static gboolean
take_time (const char **place,
           Parts       *parts)
{
  if (!take_number (place, 2, 0, 23, &parts->hour) || !take_char (place, ':')
      || !take_number (place, 2, 0, 59, &parts->minute))
    return FALSE;
  if (take_char (place, ':'))
    {
      if (!take_number (place, 2, 0, 59, &parts->second))
        return FALSE;
      if (take_char (place, '.') && !take_fraction (place, parts))
        return FALSE;
    }

  return strchr ("Z+-", **place) == NULL || **place == '\0' || take_offset (place, parts);
}

static gboolean
read_parts (const char *text,
            Parts      *parts)
{
  const char *place = text;

  if (!take_date (&place, parts))
    return FALSE;
  if ((take_char (&place, ' ') || take_char (&place, 'T')) && !take_time (&place, parts))
    return FALSE;

  return *place == '\0';
}

/**
 * bp_date_parse_time:
 * @text: `2010-12-01`, `2010-12-01 08:26`, `2010-12-01T08:26:00.123`, the
 *   latter two also with `Z`, `+05:30`, `+0530` or `+05`
 * @zone: where it was written, unless it carries an offset
 * @time: (out): in milliseconds since 1970 UTC; untouched on failure
 * @error: %BP_DATA_ERROR_INVALID_VALUE
 *
 * A time that a change of the clocks left out is the moment of the change or
 * after; one that it repeats is one of the two.
 *
 * Returns: whether @text is a time
 */
gboolean
bp_date_parse_time (const char *text,
                    GTimeZone  *zone,
                    gint64     *time,
                    GError    **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) moment = NULL;
  Parts parts = { 0 };

  if (read_parts (trimmed, &parts))
    moment = g_date_time_new (parts.has_offset ? utc : zone, parts.year, parts.month, parts.day,
                              parts.hour, parts.minute, parts.second);
  if (moment == NULL)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "“%.64s” is not a date or time", trimmed);
      return FALSE;
    }

  *time = g_date_time_to_unix (moment) * 1000 + parts.millisecond
          - (gint64)parts.offset_minutes * 60000;
  return TRUE;
}

/**
 * bp_date_get_financial_year:
 * @business_date: `YYYY-MM-DD`
 * @year_start: `MM-DD`, the first day of the shop's year
 *
 * Returns: (transfer full) (nullable): `25-26` for 2025-06-01 where the year
 *   starts on `04-01`; the calendar year, `2025`, where it starts on `01-01`;
 *   %NULL where either is not in its form
 */
char *
bp_date_get_financial_year (const char *business_date,
                            const char *year_start)
{
  Parts parts = { 0 };
  Parts start = { 0 };
  const char *date_place = business_date;
  const char *start_place = year_start;
  int year;

  if (!take_date (&date_place, &parts) || *date_place != '\0'
      || !take_number (&start_place, 2, 1, 12, &start.month) || !take_char (&start_place, '-')
      || !take_number (&start_place, 2, 1, 31, &start.day) || *start_place != '\0')
    return NULL;

  if (start.month == 1 && start.day == 1)
    return g_strdup_printf ("%04d", parts.year);

  year = parts.year;
  if (parts.month * 100 + parts.day < start.month * 100 + start.day)
    year--;
  return g_strdup_printf ("%02d-%02d", year % 100, (year + 1) % 100);
}
