/* Pages, cursors, tombstones, horizon, epochs. */
#include "config.h"

#include <string.h>

#include "bp-fixture.h"
#include "bp-limits.h"
#include "bp-pull.h"

static BpPullPage *
pull (Fixture    *fixture,
      const char *request)
{
  g_autofree char *text = fixture_pull (fixture, request);
  g_autofree char *raw = g_strdup_printf ("{'epoch':'%s',%s}", fixture->epoch, request);
  g_autofree char *body = quote (raw);
  g_autoptr (BpPullRequest) parsed = bp_pull_request_parse (body, strlen (body), NULL);
  g_autoptr (GError) error = NULL;
  BpPullPage *page = bp_pull_page_parse (text, strlen (text), parsed, &error);

  g_assert_no_error (error);
  return page;
}

/* Ids in the order of their seq, a dash before deleted ones. */
static char *
tell_rows (const BpPullPage *page)
{
  GString *told = g_string_new (NULL);
  guint next[BP_N_TABLES] = { 0 };

  for (;;)
    {
      const BpState *first = NULL;
      guint t = 0;

      for (guint i = 0; i < BP_N_TABLES; i++)
        {
          const BpState *state;

          if (page->rows[i] == NULL || next[i] >= page->rows[i]->len)
            continue;
          state = page->rows[i]->pdata[next[i]];
          if (first == NULL || state->seq < first->seq)
            {
              first = state;
              t = i;
            }
        }
      if (first == NULL)
        return g_string_free (told, FALSE);
      next[t]++;
      g_string_append_printf (told, "%s%s%s", told->len > 0 ? " " : "",
                              first->is_deleted ? "-" : "", first->id);
    }
}

#define assert_rows(page, expected) \
  do \
    { \
      g_autofree char *rows_ = tell_rows (page); \
      g_assert_cmpstr (rows_, ==, expected); \
    } \
  while (0)

static void
pages_in_order (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (BpPullPage) first = NULL;
  g_autoptr (BpPullPage) second = NULL;
  g_autoptr (BpPullPage) last = NULL;

  assert_pushed (fixture, "applied:1 applied:1 applied:1 applied:1",
                 product ("o1", "p1", ""), payment ("o2", "y1", 1, ""), product ("o3", "p2", ""),
                 payment ("o4", "y2", 1, ""));
  first = pull (fixture, "'since':{'products':0,'payments':1,'settings':0},'limit':3");
  assert_rows (first, "p1 y1 p2");
  g_assert_true (first->more);
  g_assert_cmpint (first->since[0], ==, 3);
  g_assert_cmpint (first->since[3], ==, 3);
  g_assert_cmpint (first->seq, ==, 4);
  g_assert_cmpint (first->time, ==, fixture->clock->now);
  second = pull (fixture, "'since':{'products':3,'payments':3,'settings':3},'limit':1");
  assert_rows (second, "y2");
  g_assert_false (second->more);
  g_assert_cmpint (second->since[0], ==, 4);
  last = pull (fixture, "'since':{'products':4,'payments':4}");
  assert_rows (last, "");
  g_assert_cmpint (last->since[0], ==, 4);
}

static void
nothing_asked (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (BpPullPage) page = pull (fixture, "'since':{}");

  g_assert_false (page->more);
  g_assert_cmpuint (page->asked, ==, 0);
}

static void
tombstones (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr (BpPullPage) from_zero = NULL;
  g_autoptr (BpPullPage) all = NULL;
  g_autoptr (BpPullPage) later = NULL;

  assert_pushed (fixture, "applied:1 applied:1 applied:2", product ("o1", "p1", ""),
                 product ("o2", "p2", ""),
                 operation ("o3", "products", "p1", "DELETE", "'base_version':1"));
  from_zero = pull (fixture, "'since':{'products':0}");
  assert_rows (from_zero, "p2");
  g_assert_cmpint (from_zero->since[0], ==, 3);
  all = pull (fixture, "'since':{'products':0},'deleted':true");
  assert_rows (all, "p2 -p1");
  later = pull (fixture, "'since':{'products':2}");
  assert_rows (later, "-p1");
}

static void
from_date (Fixture      *fixture,
           gconstpointer data)
{
  /* 2026-01-02 begins at 18:30 UTC the day before. */
  const char *request = "'since':{'payments':0,'stock_movements':0,'products':0},"
                        "'from':{'payments':'2026-01-02','stock_movements':'2026-01-02',"
                        "'products':'2026-01-02'}";
  g_autoptr (BpPullPage) page = NULL;

  assert_pushed (fixture, "applied:1 applied:1 applied:1 applied:1 applied:1 applied:1",
                 payment ("o1", "y1", 1, ",'business_date':'2026-01-01'"),
                 payment ("o2", "y2", 1, ",'business_date':'2026-01-02'"),
                 payment ("o3", "y3", 1, ""), product ("o4", "p1", ""),
                 operation ("o5", "stock_movements", "m1", "INSERT",
                            "'data':{'product_id':'p1','quantity':1,'reason':'opening',"
                            "'moved_at':1767292199999}"),
                 operation ("o6", "stock_movements", "m2", "INSERT",
                            "'data':{'product_id':'p1','quantity':1,'reason':'opening',"
                            "'moved_at':1767292200000}"));
  page = pull (fixture, request);
  assert_rows (page, "y2 y3 m2 p1");
  g_assert_cmpint (page->since[3], ==, page->seq);
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, 2);
}

static void
large_rows (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *note = g_strnfill (60 * 1024, 'x');
  g_autofree char *more = g_strdup_printf (",'note':'%s'", note);
  g_autofree char *text = NULL;
  gint64 since = 0;
  guint n_rows = 0, n_pages = 0;

  for (guint n = 0; n < 20; n++)
    {
      g_autoptr (GString) operations = g_string_new (NULL);
      g_autoptr (JsonNode) answer = NULL;

      for (guint i = 0; i < 10; i++)
        {
          g_autofree char *id = g_strdup_printf ("p%u-%u", n, i);
          g_autofree char *one = product (id, id, more);

          g_string_append_printf (operations, "%s%s", i > 0 ? "," : "", one);
        }
      answer = fixture_push (fixture, operations->str);
    }
  for (gboolean more_pages = TRUE; more_pages; n_pages++)
    {
      g_autofree char *request = g_strdup_printf ("'since':{'products':%" G_GINT64_FORMAT "}",
                                                  since);
      g_autoptr (BpPullPage) page = pull (fixture, request);

      g_free (text);
      text = fixture_pull (fixture, request);
      g_assert_cmpuint (strlen (text), <=, BP_MAX_ANSWER);
      n_rows += page->rows[0] != NULL ? page->rows[0]->len : 0;
      since = page->since[0];
      more_pages = page->more;
    }
  g_assert_cmpuint (n_rows, ==, 200);
  g_assert_cmpuint (n_pages, ==, 2);
}

static int
pull_status (Fixture    *fixture,
             const char *request)
{
  g_autofree char *body = quote (request);
  g_autoptr (BpReply) reply = fixture_call (fixture, BP_ENDPOINT_PULL, fixture->token, body);

  return reply->status;
}

static void
epoch_check (Fixture      *fixture,
             gconstpointer data)
{
  g_assert_cmpint (pull_status (fixture, "{'since':{}}"), ==, 409);
  g_assert_cmpint (pull_status (fixture, "{'epoch':'odd','since':{}}"), ==, 409);
  g_assert_cmpint (pull_status (fixture, "{'epoch':'odd','since':{'odd':1}}"), ==, 422);
  g_assert_cmpint (pull_status (fixture, "{"), ==, 400);
}

static void
since_above_the_store (Fixture      *fixture,
                       gconstpointer data)
{
  g_autofree char *raw = g_strdup_printf ("{'epoch':'%s','since':{'products':1}}", fixture->epoch);
  g_autofree char *body = quote (raw);
  g_autoptr (BpReply) first = fixture_call (fixture, BP_ENDPOINT_PULL, fixture->token, body);
  g_autoptr (BpReply) second = fixture_call (fixture, BP_ENDPOINT_PULL, fixture->token, body);

  g_assert_cmpint (first->status, ==, 409);
  g_assert_cmpint (first->problem->code, ==, BP_PROBLEM_EPOCH_CHANGED);
  g_assert_cmpstr (first->problem->epoch, !=, fixture->epoch);
  g_assert_cmpstr (first->epoch, ==, first->problem->epoch);
  g_assert_cmpstr (second->problem->epoch, ==, first->problem->epoch);
}

static void
horizon (Fixture      *fixture,
         gconstpointer data)
{
  const gint64 day = G_GINT64_CONSTANT (24) * 60 * 60 * 1000;
  g_autoptr (GError) error = NULL;
  g_autofree char *below = NULL;
  g_autoptr (BpPullPage) page = NULL;
  g_autoptr (BpState) tombstone = NULL;

  assert_pushed (fixture, "applied:1 applied:1 applied:1", product ("o1", "p1", ""),
                 product ("o2", "p2", ""), movement ("o3", "m1", 5));
  assert_pushed (fixture, "applied:2",
                 operation ("o4", "products", "p1", "DELETE", "'base_version':1"));
  fixture->clock->now += 89 * day;
  g_assert_true (bp_rules_forget_deletions (fixture->backend, BP_CLOCK (fixture->clock), &error));
  tombstone = fixture_get (fixture, "products", "p1");
  g_assert_true (tombstone->is_deleted);
  assert_pushed (fixture, "applied:1", product ("o5", "p5", ""));
  fixture->clock->now += 2 * day;
  g_assert_true (bp_rules_forget_deletions (fixture->backend, BP_CLOCK (fixture->clock), &error));
  g_assert_null (fixture_get (fixture, "products", "p1"));
  g_assert_cmpuint (fixture_check (fixture), ==, 0);

  below = g_strdup_printf ("{'epoch':'%s','since':{'products':2}}", fixture->epoch);
  g_assert_cmpint (pull_status (fixture, below), ==, 410);
  page = pull (fixture, "'since':{'products':5}");
  assert_rows (page, "p5");
  bp_pull_page_free (page);

  /* Who begins anew gets past the horizon. */
  page = pull (fixture, "'since':{'products':0},'limit':1");
  assert_rows (page, "p2");
  bp_pull_page_free (page);
  page = pull (fixture, "'since':{'products':2},'limit':1");
  assert_rows (page, "p5");

  assert_pushed (fixture, "applied:3",
                 operation ("o6", "products", "p1", "UPDATE",
                            "'base_version':2,'restore':true,'data':{'name':'Tea'}"));
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, 5);
}

static void
changed_figure_comes_again (Fixture      *fixture,
                            gconstpointer data)
{
  g_autoptr (BpPullPage) page = NULL;
  BpState *state;

  add_basics (fixture);
  assert_pushed (fixture, "applied:1", movement ("o1", "m1", 5));
  page = pull (fixture, "'since':{'products':2}");
  assert_rows (page, "p1");
  state = page->rows[0]->pdata[0];
  g_assert_cmpint (state->version, ==, 1);
  g_assert_cmpint (state->seq, ==, 4);
  g_assert_cmpint (bp_change_get_integer (state->data, "stock"), ==, 5);
}

static void
speed (Fixture      *fixture,
       gconstpointer data)
{
  double best = G_MAXDOUBLE;

  if (!g_test_perf ())
    {
      g_test_skip ("run with -m perf");
      return;
    }
  for (guint n = 0; n < 20; n++)
    {
      g_autoptr (GString) operations = g_string_new (NULL);
      g_autoptr (JsonNode) answer = NULL;

      for (guint i = 0; i < 100; i++)
        {
          g_autofree char *id = g_strdup_printf ("0190a1b2-0000-7000-8000-%06u%06u", i * 7919 % 100,
                                                 n);
          g_autofree char *one = product (id, id, ",'category':'Groceries','unit':'kg'");

          g_string_append_printf (operations, "%s%s", i > 0 ? "," : "", one);
        }
      answer = fixture_push (fixture, operations->str);
    }
  for (guint n = 0; n < 20; n++)
    {
      g_autofree char *text = NULL;

      g_test_timer_start ();
      text = fixture_pull (fixture, "'since':{'products':0,'sales':0,'payments':0}");
      best = MIN (best, g_test_timer_elapsed ());
    }
  g_test_minimized_result (best, "1000 products pulled in %.2f ms", best * 1000);
}

#define ADD(name, func) \
  g_test_add ("/server/pull/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("pages-come-in-order", pages_in_order);
  ADD ("nothing-asked-is-nothing-answered", nothing_asked);
  ADD ("tombstones-come-above-zero", tombstones);
  ADD ("from-leaves-out-what-is-older", from_date);
  ADD ("a-page-ends-before-it-is-too-large", large_rows);
  ADD ("another-epoch-is-told", epoch_check);
  ADD ("a-since-above-the-store-begins-an-epoch", since_above_the_store);
  ADD ("forgotten-deletions-make-a-horizon", horizon);
  ADD ("a-changed-figure-comes-again", changed_figure_comes_again);
  ADD ("speed", speed);
  return g_test_run ();
}
