#include "config.h"

#include "bp-http-transport-private.h"

#include <libsoup/soup.h>
#include <string.h>

#include "bp-limits.h"

static gboolean
parse_seconds (const char *text,
               gint64     *seconds)
{
  const char *digits = text[0] == '-' ? text + 1 : text;

  if (digits[0] == '\0' || strspn (digits, "0123456789") != strlen (digits))
    return FALSE;

  *seconds = g_ascii_strtoll (text, NULL, 10);
  return TRUE;
}

/**
 * bp_http_parse_retry_after:
 * @text: (nullable): header `Retry-After`: seconds or a date
 * @date: (nullable): header `Date`: when the server said so, by its clock
 *
 * Returns: how long to wait, in seconds from 1 to 3600; 0 where @text says
 *   nothing
 */
gint64
bp_http_parse_retry_after (const char *text,
                           const char *date)
{
  g_autoptr (GDateTime) until = NULL;
  g_autoptr (GDateTime) said = NULL;
  gint64 seconds;

  if (text == NULL)
    return 0;
  if (!parse_seconds (text, &seconds))
    {
      until = soup_date_time_new_from_http_string (text);
      if (until == NULL)
        return 0;
      said = date != NULL ? soup_date_time_new_from_http_string (date) : NULL;
      if (said == NULL)
        said = g_date_time_new_now_utc ();
      seconds = g_date_time_difference (until, said) / G_TIME_SPAN_SECOND;
    }

  return CLAMP (seconds, BP_RETRY_AFTER_MIN_S, BP_RETRY_AFTER_MAX_S);
}
