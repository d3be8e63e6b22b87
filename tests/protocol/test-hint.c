#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-hint.h"

static void
round_trip (void)
{
  static const gint64 seqs[] = { 0, 9003, 9007199254740991 };

  for (guint i = 0; i < G_N_ELEMENTS (seqs); i++)
    {
      g_autofree char *text = bp_hint_to_text (seqs[i]);
      g_autoptr (GError) error = NULL;
      gint64 seq = -1;

      g_assert_true (bp_hint_parse (text, strlen (text), &seq, &error));
      g_assert_no_error (error);
      g_assert_cmpint (seq, ==, seqs[i]);
    }
}

static void
newer_server (void)
{
  const char *text = "{\"table\":\"sales\",\"seq\":7}";
  gint64 seq = -1;

  g_assert_true (bp_hint_parse (text, strlen (text), &seq, NULL));
  g_assert_cmpint (seq, ==, 7);
}

static void
no_hint (void)
{
  static const struct
  {
    const char *text;
    int code;
  } cases[] = {
    { "", BP_DATA_ERROR_MALFORMED },
    { "[7]", BP_DATA_ERROR_INVALID_VALUE },
    { "{}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"seq\":null}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"seq\":\"7\"}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"seq\":-1}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"seq\":7.5}", BP_DATA_ERROR_INVALID_VALUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 seq = 11;

      g_test_message ("%s", cases[i].text);
      g_assert_false (bp_hint_parse (cases[i].text, strlen (cases[i].text), &seq, &error));
      g_assert_error (error, BP_DATA_ERROR, cases[i].code);
      g_assert_cmpint (seq, ==, 11);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/hint/is-read-as-it-was-written", round_trip);
  g_test_add_func ("/protocol/hint/may-hold-more", newer_server);
  g_test_add_func ("/protocol/hint/anything-else-is-none", no_hint);
  return g_test_run ();
}
