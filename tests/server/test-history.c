/* Who did what to a record: `/v1/history`. */
#include "config.h"

#include <string.h>

#include "bp-fixture.h"
#include "bp-history.h"
#include "bp-rules.h"

#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))

static GPtrArray *
ask (Fixture    *fixture,
     const char *query,
     gboolean   *more)
{
  g_autoptr (BpReply) reply = fixture_call (fixture, BP_ENDPOINT_HISTORY, fixture->token, query);
  g_autoptr (GError) error = NULL;
  GPtrArray *entries;

  g_assert_cmpint (reply->status, ==, 200);
  g_assert_cmpstr (reply->epoch, ==, fixture->epoch);
  entries = bp_history_parse (reply->body, strlen (reply->body), more, &error);
  g_assert_no_error (error);
  return entries;
}

static char *
tell (GPtrArray *entries)
{
  GString *told = g_string_new (NULL);

  for (guint i = 0; i < entries->len; i++)
    {
      const BpHistoryEntry *entry = entries->pdata[i];

      g_string_append_printf (told, "%s%s:%s:%" G_GINT64_FORMAT ":%s", i > 0 ? " " : "",
                              entry->op_id, bp_operation_kind_to_string (entry->kind),
                              entry->version, entry->data != NULL ? entry->data : "-");
      g_assert_cmpstr (entry->user, ==, "Asha");
      g_assert_cmpstr (entry->device_name, ==, "Till");
      g_assert_cmpint (entry->modified_at, ==, 17);
      g_assert_cmpint (entry->received_at, >, 0);
    }
  return g_string_free (told, FALSE);
}

static void
tells_who_did_what_in_order (Fixture      *fixture,
                             gconstpointer data)
{
  g_autofree char *insert = product ("o1", "p1", ",'price':5");
  g_autofree char *other = product ("o2", "p2", "");
  g_autofree char *update = operation ("o3", "products", "p1", "UPDATE",
                                       "'base_version':1,'data':{'price':7}");
  g_autofree char *away = operation ("o4", "products", "p1", "DELETE", "'base_version':2");
  g_autofree char *refused = operation ("o5", "products", "p2", "UPDATE",
                                        "'base_version':9,'data':{'price':7}");
  g_autoptr (GPtrArray) entries = NULL;
  g_autofree char *told = NULL;
  gboolean more = TRUE;

  assert_push (fixture, insert, "applied:1");
  assert_push (fixture, other, "applied:1");
  assert_push (fixture, update, "applied:2");
  assert_push (fixture, away, "applied:3");
  assert_push (fixture, refused, "conflict:UPDATE_UPDATE");

  entries = ask (fixture, "table=products&id=p1", &more);
  g_assert_false (more);
  told = tell (entries);
  g_assert_cmpstr (told, ==,
                   "o1:INSERT:1:{\"name\":\"Tea\",\"price\":5} o3:UPDATE:2:{\"price\":7}"
                   " o4:DELETE:3:-");
}

static void
unknown_records_and_other_tables_have_none (Fixture      *fixture,
                                            gconstpointer data)
{
  static const char *const queries[] = {
    "table=products&id=nobody", "table=customers&id=p1",
  };
  g_autofree char *insert = product ("o1", "p1", "");

  assert_push (fixture, insert, "applied:1");
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      gboolean more = TRUE;
      g_autoptr (GPtrArray) entries = ask (fixture, queries[i], &more);

      g_assert_cmpuint (entries->len, ==, 0);
      g_assert_false (more);
    }
}

static void
another_store_sees_nothing (Fixture      *fixture,
                            gconstpointer data)
{
  g_autofree char *insert = product ("o1", "p1", "");
  g_autofree char *code = NULL;
  g_autofree char *store = fixture_add_store (fixture, "Other", &code);
  g_autoptr (JsonNode) answer = fixture_pair (fixture, code, "r9", 201);
  const char *token = json_object_get_string_member (json_node_get_object (answer), "token");
  g_autoptr (BpReply) reply = NULL;

  assert_push (fixture, insert, "applied:1");
  reply = fixture_call (fixture, BP_ENDPOINT_HISTORY, token, "table=products&id=p1");
  g_assert_cmpstr (reply->body, ==, "{\"operations\":[],\"more\":false}");
}

static void
what_is_no_question_is_refused (Fixture      *fixture,
                                gconstpointer data)
{
  static const struct
  {
    const char *query;
    int status;
  } cases[] = {
    { "", 422 }, { "table=products", 422 }, { "table=gadgets&id=p1", 422 },
    { "table=products&id=p1&before=x", 422 }, { "=&=&%zz", 400 },
  };
  g_autoptr (BpReply) stranger = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BpReply) reply
        = fixture_call (fixture, BP_ENDPOINT_HISTORY, fixture->token, cases[i].query);

      g_test_message ("%s: %s", cases[i].query, reply->body);
      g_assert_cmpint (reply->status, ==, cases[i].status);
    }
  stranger = fixture_call (fixture, BP_ENDPOINT_HISTORY, NULL, "table=products&id=p1");
  g_assert_cmpint (stranger->status, ==, 401);
}

/* 1,200 changes: pages of at most 500, the newest first to come. */
static void
a_long_history_comes_in_pages (Fixture      *fixture,
                               gconstpointer data)
{
  g_autofree char *insert = product ("o0", "p1", "");
  g_autoptr (GPtrArray) all
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_history_entry_free);
  g_autofree char *query = g_strdup ("table=products&id=p1");
  gboolean more = TRUE;
  guint n_pages = 0;

  assert_push (fixture, insert, "applied:1");
  for (int version = 1; version < 1200; version++)
    {
      g_autofree char *op = g_strdup_printf ("o%d", version);
      g_autofree char *rest = g_strdup_printf ("'base_version':%d,'data':{'price':%d}", version,
                                               version);
      g_autofree char *update = operation (op, "products", "p1", "UPDATE", rest);
      g_autofree char *told = fixture_push_told (fixture, update);

      g_assert_true (g_str_has_prefix (told, "applied"));
    }

  while (more)
    {
      g_autoptr (GPtrArray) page = ask (fixture, query, &more);

      n_pages++;
      g_assert_cmpuint (page->len, >, 0);
      g_free (query);
      query = g_strdup_printf ("table=products&id=p1&before=%" G_GINT64_FORMAT,
                               ((BpHistoryEntry *)page->pdata[0])->seq);
      for (guint i = 0; i < page->len; i++)
        g_ptr_array_insert (all, (int)i, page->pdata[i]);
      g_ptr_array_set_free_func (page, NULL);
    }

  g_assert_cmpuint (n_pages, ==, 3);
  g_assert_cmpuint (all->len, ==, 1200);
  for (guint i = 0; i < all->len; i++)
    g_assert_cmpint (((BpHistoryEntry *)all->pdata[i])->version, ==, i + 1);
}

static void
push_many (Fixture    *fixture,
           const char *prefix,
           guint       n)
{
  for (guint first = 0; first < n; first += 100)
    {
      g_autoptr (GString) operations = g_string_new (NULL);
      g_autoptr (JsonNode) answer = NULL;

      for (guint i = first; i < MIN (first + 100, n); i++)
        {
          g_autofree char *id = g_strdup_printf ("%s%04u", prefix, i);
          g_autofree char *one = product (id, id, "");

          g_string_append_printf (operations, "%s%s", i > first ? "," : "", one);
        }
      answer = fixture_push (fixture, operations->str);
      g_assert_nonnull (answer);
    }
}

static void
thin (Fixture *fixture,
      int      days)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (bp_rules_thin_history (fixture->backend, BP_CLOCK (fixture->clock), days, NULL,
                                        &error));
  g_assert_no_error (error);
}

static void
assert_kept (Fixture    *fixture,
             const char *where,
             const char *expected)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count (*) FROM operations WHERE %s", where);
  g_autofree char *count = fixture_ask (fixture, sql);

  g_assert_cmpstr (count, ==, expected);
}

/* More than a batch; some are newer, with ids before and behind. */
static void
old_history_is_thinned (Fixture      *fixture,
                        gconstpointer data)
{
  static const char told[] = "data IS NOT NULL OR \"user\" IS NOT NULL";

  push_many (fixture, "a", 1100);
  fixture->clock->now += 30 * DAY_MS;
  push_many (fixture, "z", 7);
  push_many (fixture, "0", 5);
  assert_kept (fixture, told, "1112");

  thin (fixture, 31);
  assert_kept (fixture, told, "1112");
  thin (fixture, 29);
  assert_kept (fixture, told, "12");
  assert_kept (fixture, "TRUE", "1112");
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
}

static void
what_is_thinned_is_still_known (Fixture      *fixture,
                                gconstpointer data)
{
  g_autofree char *insert = product ("o1", "p1", "");
  g_autofree char *changed = product ("o1", "p1", ",'price':7");
  g_autofree char *away = operation ("o2", "products", "p1", "DELETE", "'base_version':1");
  g_autoptr (GPtrArray) entries = NULL;
  gboolean more = TRUE;

  assert_push (fixture, insert, "applied:1");
  fixture->clock->now += 2 * DAY_MS;
  thin (fixture, 1);

  assert_push (fixture, insert, "applied:1");
  assert_push (fixture, changed, "rejected:op_reused");
  assert_push (fixture, away, "applied:2");
  entries = ask (fixture, "table=products&id=p1", &more);
  g_assert_cmpuint (entries->len, ==, 2);
  for (guint i = 0; i < entries->len; i++)
    {
      const BpHistoryEntry *entry = entries->pdata[i];

      g_assert_null (entry->data);
      g_assert_cmpstr (entry->user, ==, i == 0 ? NULL : "Asha");
      g_assert_cmpstr (entry->device_name, ==, "Till");
      g_assert_cmpint (entry->version, ==, i + 1);
      g_assert_cmpint (entry->modified_at, ==, 17);
    }
}

static void
thinning_can_be_ended (Fixture      *fixture,
                       gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  push_many (fixture, "a", 3);
  fixture->clock->now += 2 * DAY_MS;
  g_cancellable_cancel (cancellable);
  g_assert_false (bp_rules_thin_history (fixture->backend, BP_CLOCK (fixture->clock), 1,
                                         cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_kept (fixture, "data IS NOT NULL", "3");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define add(name, function) \
  g_test_add ("/server/history/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
  add ("tells-who-did-what-in-order", tells_who_did_what_in_order);
  add ("unknown-records-and-other-tables-have-none", unknown_records_and_other_tables_have_none);
  add ("another-store-sees-nothing", another_store_sees_nothing);
  add ("what-is-no-question-is-refused", what_is_no_question_is_refused);
  add ("a-long-history-comes-in-pages", a_long_history_comes_in_pages);
  add ("old-history-is-thinned", old_history_is_thinned);
  add ("what-is-thinned-is-still-known", what_is_thinned_is_still_known);
  add ("thinning-can-be-ended", thinning_can_be_ended);
#undef add

  return g_test_run ();
}
