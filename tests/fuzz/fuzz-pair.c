/* `/v1/pair`: the request, as the server reads it, the answer, as a device
 * does. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-pair.h"

static void
try_request (const char *text,
             gsize       length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPairRequest) request = bp_pair_request_parse (text, length, &error);
  g_autoptr (BpPairRequest) back = NULL;
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;

  g_assert_true ((request == NULL) == (error != NULL));
  if (request == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  g_assert_true (bp_id_is_valid (request->request));
  g_assert_cmpuint (strlen (request->device_name), >, 0);
  written = bp_pair_request_to_text (request);
  back = bp_pair_request_parse (written, strlen (written), &error);
  g_assert_no_error (error);
  again = bp_pair_request_to_text (back);
  g_assert_cmpstr (again, ==, written);
}

static void
try_answer (const char *text,
            gsize       length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPairAnswer) answer = bp_pair_answer_parse (text, length, &error);
  g_autoptr (BpPairAnswer) back = NULL;
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;

  g_assert_true ((answer == NULL) == (error != NULL));
  if (answer == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  g_assert_true (bp_id_is_valid (answer->epoch));
  g_assert_true (bp_id_is_valid (answer->store_id));
  g_assert_true (bp_id_is_valid (answer->device_id));
  written = bp_pair_answer_to_text (answer);
  back = bp_pair_answer_parse (written, strlen (written), &error);
  g_assert_no_error (error);
  again = bp_pair_answer_to_text (back);
  g_assert_cmpstr (again, ==, written);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *text = bp_fuzz_copy (data, size);

  try_request (text, size);
  try_answer (text, size);
  free (text);
  return 0;
}
