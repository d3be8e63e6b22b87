/* The query of `/v1/history`, as the server reads it, and its answer, as a
 * device does. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"
#include "bp-history.h"
#include "bp-id.h"

static void
try_query (const char *text,
           gsize       length)
{
  g_autofree char *query_text = g_strndup (text, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpHistoryQuery) query = bp_history_query_parse (query_text, &error);
  g_autoptr (BpHistoryQuery) back = NULL;
  g_autofree char *written = NULL;

  g_assert_true ((query == NULL) == (error != NULL));
  if (query == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  g_assert_true (bp_id_is_valid (query->id));
  g_assert_cmpint (query->before, >=, 0);
  g_assert_cmpint (query->before, <=, BP_INTEGER_MAX);
  written = bp_history_query_to_text (query);
  back = bp_history_query_parse (written, &error);
  g_assert_no_error (error);
  g_assert_true (back->table == query->table);
  g_assert_cmpstr (back->id, ==, query->id);
  g_assert_cmpint (back->before, ==, query->before);
}

static void
try_answer (const char *text,
            gsize       length)
{
  g_autoptr (GError) error = NULL;
  gboolean more = FALSE, more_back = FALSE;
  g_autoptr (GPtrArray) entries = bp_history_parse (text, length, &more, &error);
  g_autoptr (GPtrArray) back = NULL;
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;

  g_assert_true ((entries == NULL) == (error != NULL));
  if (entries == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  written = bp_history_to_text (entries, more);
  back = bp_history_parse (written, strlen (written), &more_back, &error);
  g_assert_no_error (error);
  again = bp_history_to_text (back, more_back);
  g_assert_cmpstr (again, ==, written);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *text = bp_fuzz_copy (data, size);

  try_query (text, size);
  try_answer (text, size);
  free (text);
  return 0;
}
