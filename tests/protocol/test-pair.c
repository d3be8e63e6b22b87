#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-pair.h"

static void
request_round_trip (void)
{
  const char *texts[] = {
    "{\"code\":\"ABCD-EFGH\",\"request\":\"r1\",\"store\":\"s1\","
    "\"device\":{\"name\":\"Counter \\\"PC\\\"\",\"prefix\":\"KQX\"}}",
    "{\"request\":\"r1\",\"device\":{\"name\":\"Till\"}}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BpPairRequest) request = bp_pair_request_parse (texts[i], strlen (texts[i]),
                                                                 &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = bp_pair_request_to_text (request);
      g_assert_cmpstr (text, ==, texts[i]);
    }
}

static void
request_shape (void)
{
  static const char *const texts[] = {
    "[]",
    "{}",
    "{\"request\":\"r1\"}",
    "{\"request\":\"r1\",\"device\":{}}",
    "{\"request\":\"r1\",\"device\":{\"name\":\"\"}}",
    "{\"request\":\"r 1\",\"device\":{\"name\":\"Till\"}}",
    "{\"request\":1,\"device\":{\"name\":\"Till\"}}",
    "{\"code\":7,\"request\":\"r1\",\"device\":{\"name\":\"Till\"}}",
    "{\"request\":\"r1\",\"device\":\"Till\"}",
  };
  g_autoptr (GError) malformed = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (bp_pair_request_parse (texts[i], strlen (texts[i]), &error));
      g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
    }
  g_assert_null (bp_pair_request_parse ("{\"request\":", 11, &malformed));
  g_assert_error (malformed, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
}

static void
answer_round_trip (void)
{
  const char *text = "{\"token\":\"bp_x\",\"epoch\":\"e1\",\"store\":{\"id\":\"s1\","
                     "\"name\":\"Asha\",\"currency\":\"INR\",\"time_zone\":\"Asia/Kolkata\"},"
                     "\"device\":{\"id\":\"d1\",\"name\":\"Till\",\"prefix\":\"KQX\"}}";
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPairAnswer) answer = bp_pair_answer_parse (text, strlen (text), &error);
  g_autofree char *back = NULL;

  g_assert_no_error (error);
  back = bp_pair_answer_to_text (answer);
  g_assert_cmpstr (back, ==, text);

  g_assert_null (bp_pair_answer_parse ("{\"token\":\"bp_x\"}", 16, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
}

static void
info (void)
{
  const BpInfo told = { 1, G_GINT64_CONSTANT (1763000000000) };
  g_autofree char *text = bp_info_to_text (&told);
  BpInfo read = { 0 };
  static const char *const texts[] = {
    "{}", "<html>", "{\"service\":\"other\",\"protocol\":[1],\"schema\":1,\"time\":1}",
    "{\"service\":\"bizpulse\",\"protocol\":[2],\"schema\":1,\"time\":1}",
    "{\"service\":\"bizpulse\",\"protocol\":[1],\"schema\":\"1\",\"time\":1}",
  };

  g_assert_cmpstr (text, ==,
                   "{\"service\":\"bizpulse\",\"protocol\":[1],\"schema\":1,"
                   "\"time\":1763000000000,\"limits\":{\"max_operations\":100,"
                   "\"max_body\":1048576,\"max_unpacked\":8388608}}");
  g_assert_true (bp_info_parse (text, strlen (text), &read, NULL));
  g_assert_cmpint (read.schema, ==, 1);
  g_assert_cmpint (read.time, ==, told.time);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_false (bp_info_parse (texts[i], strlen (texts[i]), &read, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/pair/request-round-trip", request_round_trip);
  g_test_add_func ("/protocol/pair/request-of-the-wrong-shape", request_shape);
  g_test_add_func ("/protocol/pair/answer-round-trip", answer_round_trip);
  g_test_add_func ("/protocol/pair/info-tells-our-server-from-others", info);
  return g_test_run ();
}
