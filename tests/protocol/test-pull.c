#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-json.h"
#include "bp-pull.h"

#define PRODUCTS 0
#define SALES 2

static void
request_round_trip (void)
{
  const char *texts[] = {
    "{\"epoch\":\"e1\",\"since\":{\"products\":120,\"sales\":0},"
    "\"from\":{\"sales\":\"2026-01-01\"},\"limit\":10,\"deleted\":true}",
    "{\"epoch\":null,\"since\":{},\"limit\":1000}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BpPullRequest) request = bp_pull_request_parse (texts[i], strlen (texts[i]),
                                                                 &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = bp_pull_request_to_text (request);
      g_assert_cmpstr (text, ==, texts[i]);
    }
}

static void
request_defaults (void)
{
  const char *text = "{\"since\":{\"products\":1},\"limit\":5000,"
                     "\"from\":{\"products\":\"2026-01-01\"}}";
  g_autoptr (BpPullRequest) request = bp_pull_request_parse (text, strlen (text), NULL);

  g_assert_null (request->epoch);
  g_assert_cmpint (request->limit, ==, 1000);
  g_assert_false (request->deleted);
  g_assert_null (request->from[PRODUCTS]);
  g_assert_cmpuint (request->asked, ==, 1u << PRODUCTS);
}

static void
request_shape (void)
{
  static const char *const texts[] = {
    "[]", "{}", "{\"since\":[]}", "{\"since\":{\"odd\":0}}", "{\"since\":{\"sales\":-1}}",
    "{\"since\":{\"sales\":1.5}}", "{\"since\":{\"sales\":\"1\"}}",
    "{\"since\":{},\"limit\":0}", "{\"since\":{},\"limit\":\"9\"}",
    "{\"since\":{},\"deleted\":1}", "{\"since\":{},\"from\":{\"sales\":\"yesterday\"}}",
    "{\"since\":{},\"from\":{\"sales\":7}}", "{\"since\":{},\"from\":{\"odd\":\"2026-01-01\"}}",
    "{\"since\":{},\"epoch\":1}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", texts[i]);
      g_assert_null (bp_pull_request_parse (texts[i], strlen (texts[i]), &error));
      g_assert_true (error != NULL && error->domain == BP_DATA_ERROR
                     && error->code != BP_DATA_ERROR_MALFORMED);
    }
}

static void
request_of_much_else (void)
{
  g_autofree char *filler = g_strnfill (3 * 1024 * 1024, '[');
  g_autoptr (GString) text = g_string_new ("{\"else\":[");
  g_autoptr (BpPullRequest) request = NULL;
  g_autoptr (BpPullRequest) refused = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 300000; i++)
    g_string_append (text, "[],");
  g_string_append (text, "0],\"since\":{\"sales\":7}}");
  request = bp_pull_request_parse (text->str, text->len, &error);
  g_assert_no_error (error);
  g_assert_cmpint (request->since[SALES], ==, 7);

  g_string_truncate (text, 0);
  g_string_append (text, "{\"since\":[");
  for (guint i = 0; i < 300000; i++)
    g_string_append (text, "[],");
  g_string_append (text, "0]}");
  refused = bp_pull_request_parse (text->str, text->len, &error);
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
  g_clear_error (&error);
  g_assert_null (bp_pull_request_parse (filler, strlen (filler), &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
}

static BpState *
make_state (guint       table,
            const char *id,
            gint64      seq)
{
  BpState *state = bp_state_new (bp_table_get (table), id);

  state->version = 3;
  state->seq = seq;
  state->modified_at = 17;
  state->op_id = g_strdup ("o1");
  state->device_name = g_strdup ("Till \\ \"2\"");
  if (table == PRODUCTS)
    bp_change_set_text (state->data, "name", "Tea\n\t茶 <b>&");
  else
    bp_change_set_text (state->data, "lines",
                        "[{\"product_id\":\"p1\",\"name\":\"x \\\"y\\\"\",\"quantity\":-5}]");
  bp_change_complete (state->data);
  return state;
}

static BpPullPage *
make_page (void)
{
  BpPullPage *page = bp_pull_page_new ();

  page->asked = (1u << PRODUCTS) | (1u << SALES);
  page->since[PRODUCTS] = page->since[SALES] = 130;
  page->seq = 9003;
  page->time = 1763000000000;
  page->more = TRUE;
  page->rows[PRODUCTS] = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  page->rows[SALES] = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  g_ptr_array_add (page->rows[PRODUCTS], make_state (PRODUCTS, "p1", 121));
  g_ptr_array_add (page->rows[PRODUCTS], make_state (PRODUCTS, "p2", 129));
  ((BpState *)page->rows[PRODUCTS]->pdata[1])->is_deleted = TRUE;
  g_ptr_array_add (page->rows[SALES], make_state (SALES, "s1", 130));
  return page;
}

static BpPullRequest *
make_request (void)
{
  BpPullRequest *request = bp_pull_request_new ();

  request->asked = (1u << PRODUCTS) | (1u << SALES);
  request->since[PRODUCTS] = 120;
  return request;
}

static void
page_round_trip (void)
{
  g_autoptr (BpPullPage) page = make_page ();
  g_autoptr (BpPullRequest) request = make_request ();
  g_autofree char *text = bp_pull_page_to_text (page);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPullPage) back = bp_pull_page_parse (text, strlen (text), request, &error);
  g_autofree char *again = NULL;

  g_assert_no_error (error);
  again = bp_pull_page_to_text (back);
  g_assert_cmpstr (again, ==, text);
  g_assert_true (((BpState *)back->rows[PRODUCTS]->pdata[1])->is_deleted);
  g_assert_cmpstr (bp_change_get_text (((BpState *)back->rows[SALES]->pdata[0])->data, "lines"),
                   ==, "[{\"product_id\":\"p1\",\"name\":\"x \\\"y\\\"\",\"quantity\":-5}]");
}

static void
newer_and_older_servers (void)
{
  const char *text
    = "{\"new\":{\"a\":[]},\"more\":false,\"seq\":900,\"time\":1,\"since\":{\"products\":121,"
      "\"sales\":5,\"novel\":3},\"tables\":[{\"rows\":[[1,\"x\"]],\"name\":\"novel\","
      "\"columns\":[]},{\"rows\":[ [\"Tea\", {\"deep\":[1,2]}, 121, 1, \"p1\"] ],"
      "\"columns\":[\"name\",\"novel\",\"seq\",\"version\",\"id\"],\"name\":\"products\"},"
      "{\"name\":\"sales\",\"columns\":[\"id\",\"version\",\"seq\",\"lines\"],\"rows\":["
      "[\"s1\",1,2,[{\"quantity\":5, \"novel\":[], \"name\":\"\\u0041\"}]]]}]}";
  g_autoptr (BpPullRequest) request = make_request ();
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPullPage) page = NULL;
  BpState *state;

  page = bp_pull_page_parse (text, strlen (text), request, &error);
  g_assert_no_error (error);
  state = page->rows[PRODUCTS]->pdata[0];
  g_assert_cmpstr (bp_change_get_text (state->data, "name"), ==, "Tea");
  g_assert_cmpint (bp_change_get_integer (state->data, "price"), ==, 0);
  state = page->rows[SALES]->pdata[0];
  g_assert_cmpstr (bp_change_get_text (state->data, "lines"), ==,
                   "[{\"name\":\"A\",\"quantity\":5}]");
}

static void
hostile_pages (void)
{
#define HEAD "{\"tables\":[{\"name\":\"products\",\"columns\":[\"id\",\"version\",\"seq\"," \
             "\"is_deleted\",\"name\",\"price\"],\"rows\":["
#define TAIL "]}],\"since\":{\"products\":200,\"sales\":0},\"more\":false,\"seq\":200,\"time\":1}"
  static const char *const texts[] = {
    "", "{}", "[]", "<html></html>", "null",
    HEAD "[\"p1\",1,130,0,\"n\",1]" "]}],\"since\":{\"products\":200},\"more\":false,\"seq\":200,"
    "\"time\":1}",
    HEAD "[\"p1\",1,130,0,\"n\",1]" "]}],\"since\":{\"products\":119,\"sales\":0},"
    "\"more\":false,\"seq\":200,\"time\":1}",
    HEAD "]}],\"since\":{\"products\":120,\"sales\":0},\"more\":true,\"seq\":200,\"time\":1}",
    HEAD "]}],\"since\":{\"products\":201,\"sales\":0},\"more\":false,\"seq\":200,\"time\":1}",
    HEAD "[\"p1\",1,130,0,\"n\"]" TAIL,
    HEAD "[\"p1\",1,130,0,\"n\",1,2]" TAIL,
    HEAD "[\"p1\",0,130,0,\"n\",1]" TAIL,
    HEAD "[\"p 1\",1,130,0,\"n\",1]" TAIL,
    HEAD "[null,1,130,0,\"n\",1]" TAIL,
    HEAD "[7,1,130,0,\"n\",1]" TAIL,
    HEAD "[\"p1\",1,120,0,\"n\",1]" TAIL,
    HEAD "[\"p1\",1,201,0,\"n\",1]" TAIL,
    HEAD "[\"p1\",1,130,2,\"n\",1]" TAIL,
    HEAD "[\"p1\",1,130,0,7,1]" TAIL,
    HEAD "[\"p1\",1,130,0,\"n\",\"1\"]" TAIL,
    HEAD "[\"p1\",1,130,0,\"n\",1.5]" TAIL,
    HEAD "[\"p1\",1,130,0,\"n\",1],[\"p2\",1,130,0,\"n\",1]" TAIL,
    HEAD "[\"p1\",1,130,0,\"n\",1],[\"p2\",1,129,0,\"n\",1]" TAIL,
    HEAD "{}" TAIL,
  };
  g_autoptr (BpPullRequest) request = make_request ();
  const char *good = HEAD "[\"p1\",1,130,0,\"n\",1]" TAIL;
  g_autoptr (BpPullPage) page = bp_pull_page_parse (good, strlen (good), request, NULL);

  g_assert_nonnull (page);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", texts[i]);
      g_assert_null (bp_pull_page_parse (texts[i], strlen (texts[i]), request, &error));
      g_assert_true (error != NULL && error->domain == BP_DATA_ERROR);
    }
}

static void
cut_pages (void)
{
  g_autoptr (BpPullPage) page = make_page ();
  g_autoptr (BpPullRequest) request = make_request ();
  g_autofree char *text = bp_pull_page_to_text (page);

  for (gsize length = 0; length < strlen (text); length++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *cut = g_strndup (text, length);

      g_assert_null (bp_pull_page_parse (cut, length, request, &error));
      g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
    }
}

static void
changed_bytes (void)
{
  static const char bytes[] = "{}[]\",:0123456789-.eE\\unt\xff ";
  g_autoptr (BpPullPage) page = make_page ();
  g_autoptr (BpPullRequest) request = make_request ();
  g_autofree char *text = bp_pull_page_to_text (page);
  gsize length = strlen (text);

  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *copy = g_memdup2 (text, length);
      g_autoptr (BpPullPage) read = NULL;
      GPtrArray *sales;

      for (int n = g_test_rand_int_range (1, 4); n > 0; n--)
        copy[g_test_rand_int_range (0, (gint32)length)]
          = bytes[g_test_rand_int_range (0, sizeof bytes - 1)];
      read = bp_pull_page_parse (copy, length, request, NULL);
      sales = read != NULL ? read->rows[SALES] : NULL;
      for (guint r = 0; sales != NULL && r < sales->len; r++)
        {
          BpState *state = sales->pdata[r];
          const char *lines = bp_change_get_text (state->data, "lines");

          g_assert_true (lines == NULL || bp_json_check (lines, strlen (lines), NULL));
        }
    }
}

static void
speed (void)
{
  g_autoptr (BpPullPage) page = bp_pull_page_new ();
  g_autoptr (BpPullRequest) request = make_request ();
  g_autoptr (BpPullPage) back = NULL;
  g_autofree char *text = NULL;
  double written;
  double read;

  if (!g_test_perf ())
    {
      g_test_skip ("run with -m perf");
      return;
    }
  page->asked = request->asked;
  page->rows[PRODUCTS] = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  for (gint64 i = 0; i < 100000; i++)
    g_ptr_array_add (page->rows[PRODUCTS],
                     make_state (PRODUCTS, "0190a1b2-0000-7000-8000-000000000000", 121 + i));
  page->since[PRODUCTS] = page->seq = 200000;
  g_test_timer_start ();
  text = bp_pull_page_to_text (page);
  written = g_test_timer_elapsed ();
  g_test_timer_start ();
  back = bp_pull_page_parse (text, strlen (text), request, NULL);
  read = g_test_timer_elapsed ();
  g_assert_cmpuint (back->rows[PRODUCTS]->len, ==, 100000);
  g_test_minimized_result (written, "100,000 rows written in %.3f s", written);
  g_test_minimized_result (read, "100,000 rows read in %.3f s", read);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/pull/request-round-trip", request_round_trip);
  g_test_add_func ("/protocol/pull/request-defaults", request_defaults);
  g_test_add_func ("/protocol/pull/request-of-the-wrong-shape", request_shape);
  g_test_add_func ("/protocol/pull/request-of-much-else", request_of_much_else);
  g_test_add_func ("/protocol/pull/page-round-trip", page_round_trip);
  g_test_add_func ("/protocol/pull/newer-and-older-servers", newer_and_older_servers);
  g_test_add_func ("/protocol/pull/hostile-pages-are-refused", hostile_pages);
  g_test_add_func ("/protocol/pull/cut-pages-are-refused", cut_pages);
  g_test_add_func ("/protocol/pull/changed-bytes-do-no-harm", changed_bytes);
  g_test_add_func ("/protocol/pull/speed", speed);
  return g_test_run ();
}
