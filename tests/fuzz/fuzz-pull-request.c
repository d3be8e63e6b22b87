/* The body of `/v1/pull`, as the server reads it. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-limits.h"
#include "bp-pull.h"

static void
check_from (const BpTable *table,
            const char    *from)
{
  static const BpField date = { "from", BP_FIELD_DATE, BP_FIELD_PLAIN, NULL, NULL, 0, 0 };
  g_auto (BpValue) value = { BP_VALUE_NULL, 0, NULL };

  bp_value_set_text (&value, from);
  g_assert_nonnull (table->date_field);
  g_assert_true (bp_field_check (&date, &value, NULL));
}

static void
check_request (const BpPullRequest *request)
{
  g_assert_cmpint (request->limit, >=, 1);
  g_assert_cmpint (request->limit, <=, BP_MAX_PAGE);
  g_assert_cmpuint (request->asked, <, 1u << BP_N_TABLES);
  g_assert_true (request->epoch == NULL || strlen (request->epoch) <= BP_ID_MAX_LENGTH);
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      g_assert_cmpint (request->since[i], >=, 0);
      g_assert_cmpint (request->since[i], <=, BP_INTEGER_MAX);
      if (request->from[i] != NULL)
        check_from (bp_table_get (i), request->from[i]);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *text = bp_fuzz_copy (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPullRequest) request = bp_pull_request_parse (text, size, &error);
  g_autoptr (BpPullRequest) back = NULL;
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;

  free (text);
  g_assert_true ((request == NULL) == (error != NULL));
  if (request == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return 0;
    }

  check_request (request);
  written = bp_pull_request_to_text (request);
  back = bp_pull_request_parse (written, strlen (written), &error);
  g_assert_no_error (error);
  again = bp_pull_request_to_text (back);
  g_assert_cmpstr (again, ==, written);
  return 0;
}
