/* Headers that we read ourselves: how long to wait, whose token it is. The
 * first line of the input is one header, the second another. */
#include "config.h"

#include "bp-fuzz.h"

#include <string.h>

#include "bp-http-transport-private.h"
#include "bp-id.h"
#include "bp-limits.h"
#include "bp-token.h"

static void
try_retry_after (const char *text,
                 const char *date)
{
  gint64 seconds = bp_http_parse_retry_after (text, date);

  if (seconds != 0)
    g_assert_cmpint (seconds, >=, BP_RETRY_AFTER_MIN_S);
  g_assert_cmpint (seconds, <=, BP_RETRY_AFTER_MAX_S);
}

static void
try_token (const char *token)
{
  g_autofree char *store = bp_token_get_store (token);
  g_autofree char *code = bp_code_normalize (token);
  g_autofree char *again = bp_code_normalize (code);

  if (store != NULL)
    g_assert_true (bp_id_is_valid (store));
  if (store != NULL)
    g_assert_nonnull (strstr (token, store));
  g_assert_cmpstr (again, ==, code);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  char *second = strchr (text, '\n');

  if (second != NULL)
    *second++ = '\0';
  try_retry_after (text, second);
  try_token (text);
  return 0;
}
