/* What a server says in a few words, as a device reads it: an error, who it
 * is (`/v1/info`), a hint of `/v1/live`. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"
#include "bp-hint.h"
#include "bp-pair.h"
#include "bp-problem.h"
#include "bp-table.h"

static void
try_problem (const char *text,
             gsize       length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpProblem) problem = bp_problem_new_from_text (text, length, &error);
  g_autoptr (BpProblem) back = NULL;
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;

  g_assert_true ((problem == NULL) == (error != NULL));
  if (problem == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  g_assert_cmpint (problem->attempt, >=, 0);
  g_assert_true (problem->epoch != NULL || problem->code != BP_PROBLEM_EPOCH_CHANGED);
  written = bp_problem_to_text (problem);
  back = bp_problem_new_from_text (written, strlen (written), &error);
  g_assert_no_error (error);
  again = bp_problem_to_text (back);
  g_assert_cmpstr (again, ==, written);
}

static void
try_info (const char *text,
          gsize       length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *written = NULL;
  BpInfo info = { 0 }, back = { 0 };

  if (!bp_info_parse (text, length, &info, &error))
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  g_assert_cmpint (info.schema, >=, 1);
  g_assert_cmpint (info.time, >=, 0);
  written = bp_info_to_text (&info);
  g_assert_true (bp_info_parse (written, strlen (written), &back, &error));
  g_assert_cmpint (back.schema, ==, info.schema);
  g_assert_cmpint (back.time, ==, info.time);
}

static void
try_hint (const char *text,
          gsize       length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *written = NULL;
  gint64 seq = -1, back = -1;

  if (!bp_hint_parse (text, length, &seq, &error))
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  g_assert_cmpint (seq, >=, 0);
  g_assert_cmpint (seq, <=, BP_INTEGER_MAX);
  written = bp_hint_to_text (seq);
  g_assert_true (bp_hint_parse (written, strlen (written), &back, &error));
  g_assert_cmpint (back, ==, seq);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *text = bp_fuzz_copy (data, size);

  try_problem (text, size);
  try_info (text, size);
  try_hint (text, size);
  free (text);
  return 0;
}
