/* Codes, tokens, prefixes, and what the tables of the file are. */
#define _GNU_SOURCE
#include "config.h"

#include <string.h>

#include "bp-database.h"
#include "bp-fixture.h"
#include "bp-limiter.h"
#include "bp-pair.h"
#include "bp-token.h"

static BpReply *
pair (Fixture    *fixture,
      const char *token,
      const char *members)
{
  g_autofree char *raw = g_strdup_printf ("{%s}", members);
  g_autofree char *body = quote (raw);

  return fixture_call (fixture, BP_ENDPOINT_PAIR, token, body);
}

static BpReply *
pair_with_code (Fixture    *fixture,
                const char *code,
                const char *request,
                const char *more)
{
  g_autofree char *members = g_strdup_printf ("'code':'%s','request':'%s','device':{'name':'T'%s}",
                                              code, request, more);

  return pair (fixture, NULL, members);
}

static const char *
get_device (JsonNode   *answer,
            const char *member)
{
  JsonObject *device = json_object_get_object_member (json_node_get_object (answer), "device");

  return json_object_get_string_member (device, member);
}

static void
same_request (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (JsonNode) again = fixture_pair (fixture, fixture->code, "r1", 201);
  g_autoptr (JsonNode) other = fixture_pair (fixture, fixture->code, "r2", 404);
  g_autofree char *typed = g_ascii_strdown (fixture->code, -1);
  g_autoptr (JsonNode) lower = fixture_pair (fixture, typed, "r1", 201);
  JsonObject *object = json_node_get_object (again);

  g_assert_cmpstr (json_object_get_string_member (object, "token"), ==, fixture->token);
  g_assert_cmpstr (get_device (again, "id"), ==, fixture->device_id);
  g_assert_cmpstr (get_device (again, "prefix"), ==, "KQX");
  g_assert_cmpstr (get_device (lower, "id"), ==, fixture->device_id);
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (other), "code"), ==,
                   "not_found");
}

static void
wrong_and_expired (Fixture      *fixture,
                   gconstpointer data)
{
  g_autofree char *code = fixture_add_code (fixture, fixture->store_id);
  g_autoptr (BpReply) wrong = pair_with_code (fixture, "AAAA-AAAA", "r2", "");
  g_autoptr (BpReply) empty = pair_with_code (fixture, "", "r2", "");
  g_autoptr (BpReply) expired = NULL;

  g_assert_cmpint (wrong->status, ==, 404);
  g_assert_true (wrong->wrong_code);
  g_assert_cmpint (empty->status, ==, 404);
  fixture->clock->now += 15 * 60 * 1000;
  expired = pair_with_code (fixture, code, "r2", "");
  g_assert_cmpint (expired->status, ==, 404);
  g_assert_cmpstr (expired->body, ==, wrong->body);
}

static void
prefixes (Fixture      *fixture,
          gconstpointer data)
{
  static const char *const wanted[] = { ",'prefix':'KQX'", ",'prefix':'ABC'", "",
                                        ",'prefix':'not one'" };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_hash_table_add (seen, g_strdup ("KQX"));
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      g_autofree char *code = fixture_add_code (fixture, fixture->store_id);
      g_autoptr (BpReply) reply = pair_with_code (fixture, code, "r2", wanted[i]);
      g_autoptr (BpPairAnswer) answer = NULL;

      g_assert_cmpint (reply->status, ==, 201);
      answer = bp_pair_answer_parse (reply->body, strlen (reply->body), NULL);
      g_assert_nonnull (answer);
      if (i == 1)
        g_assert_cmpstr (answer->prefix, ==, "ABC");
      g_assert_true (g_hash_table_add (seen, g_strdup (answer->prefix)));
    }
}

static void
other_store (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *code = fixture_add_code (fixture, fixture->store_id);
  g_autofree char *members = g_strdup_printf (
    "'code':'%s','request':'r2','store':'odd','device':{'name':'T'}", code);
  g_autofree char *same = g_strdup_printf (
    "'code':'%s','request':'r2','store':'%s','device':{'name':'T'}", code, fixture->store_id);
  g_autoptr (BpReply) refused = pair (fixture, NULL, members);
  g_autoptr (BpReply) accepted = pair (fixture, NULL, same);

  g_assert_cmpint (refused->status, ==, 409);
  g_assert_cmpint (refused->problem->code, ==, BP_PROBLEM_OTHER_STORE);
  g_assert_cmpint (accepted->status, ==, 201);
}

static void
with_a_token (Fixture      *fixture,
              gconstpointer data)
{
  const char *members = "'request':'r2','device':{'name':'Copy'}";
  g_autoptr (BpReply) stranger = pair (fixture, NULL, members);
  g_autoptr (BpReply) first = pair (fixture, fixture->token, members);
  g_autoptr (BpReply) again = pair (fixture, fixture->token, members);
  g_autoptr (BpPairAnswer) answer = NULL;
  g_autoptr (BpReply) push = NULL;

  g_assert_cmpint (stranger->status, ==, 401);
  g_assert_cmpint (first->status, ==, 201);
  g_assert_cmpstr (first->epoch, ==, fixture->epoch);
  g_assert_cmpstr (first->body, ==, again->body);
  answer = bp_pair_answer_parse (first->body, strlen (first->body), NULL);
  g_assert_cmpstr (answer->store_id, ==, fixture->store_id);
  g_assert_cmpstr (answer->device_id, !=, fixture->device_id);
  push = fixture_call (fixture, BP_ENDPOINT_PUSH, answer->token, "{}");
  g_assert_cmpint (push->status, ==, 422);
}

static void
wrong_shape (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (BpReply) shape = pair (fixture, NULL, "'code':7");
  g_autoptr (BpReply) broken = fixture_call (fixture, BP_ENDPOINT_PAIR, NULL, "{");
  g_autoptr (BpReply) info = fixture_call (fixture, BP_ENDPOINT_INFO, NULL, "");
  BpInfo told;

  g_assert_cmpint (shape->status, ==, 422);
  g_assert_cmpint (broken->status, ==, 400);
  g_assert_true (bp_info_parse (info->body, strlen (info->body), &told, NULL));
  g_assert_cmpint (told.time, ==, fixture->clock->now);
}

static void
no_secret_in_the_file (Fixture      *fixture,
                       gconstpointer data)
{
  g_autofree char *wal = g_strconcat (fixture->path != NULL ? fixture->path : "", "-wal", NULL);
  const char *paths[] = { fixture->path, wal };
  g_autofree char *normal = bp_code_normalize (fixture->code);
  const char *secret = strrchr (fixture->token, '_') + 1;

  if (fixture->path == NULL)
    {
      g_test_skip ("What PostgreSQL's files hold is its own affair");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *content = NULL;
      gsize length;

      if (!g_file_get_contents (paths[i], &content, &length, NULL))
        continue;
      g_assert_null (memmem (content, length, secret, strlen (secret)));
      g_assert_null (memmem (content, length, normal, strlen (normal)));
      g_assert_null (memmem (content, length, fixture->code, strlen (fixture->code)));
    }
}

static void
tokens (void)
{
  g_autofree char *one = bp_token_make ("secret", "s1", "d1", "code", "r1");
  g_autofree char *two = bp_token_make ("secret", "s1", "d1", "code", "r1");
  g_autofree char *store = bp_token_get_store (one);
  const char *others[][5] = {
    { "secrez", "s1", "d1", "code", "r1" }, { "secret", "s1", "d2", "code", "r1" },
    { "secret", "s1", "d1", "codf", "r1" }, { "secret", "s1", "d1", "code", "r2" },
    { "secret", "s1", "d1c", "ode", "r1" },
  };

  g_assert_cmpstr (one, ==, two);
  g_assert_cmpstr (store, ==, "s1");
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *other = bp_token_make (others[i][0], others[i][1], others[i][2],
                                              others[i][3], others[i][4]);

      g_assert_cmpstr (one, !=, other);
    }
}

static void
limiter (void)
{
  g_autoptr (BpFixedClock) clock = g_object_new (BP_TYPE_FIXED_CLOCK, NULL);
  g_autoptr (BpLimiter) limits = bp_limiter_new (BP_CLOCK (clock), 5, 60000);
  g_autofree char *v4 = bp_limiter_get_network ("192.0.2.1");
  g_autofree char *one = bp_limiter_get_network ("2001:db8::1");
  g_autofree char *two = bp_limiter_get_network ("2001:db8::2");

  for (guint i = 0; i < 5; i++)
    {
      g_assert_cmpint (bp_limiter_get_wait (limits, v4), ==, 0);
      bp_limiter_count (limits, v4);
      clock->now += 1000;
    }
  g_assert_cmpint (bp_limiter_get_wait (limits, v4), ==, 55000);
  g_assert_cmpint (bp_limiter_get_wait (limits, one), ==, 0);
  clock->now += 55000;
  g_assert_cmpint (bp_limiter_get_wait (limits, v4), ==, 0);
  bp_limiter_count (limits, v4);
  g_assert_cmpint (bp_limiter_get_wait (limits, v4), ==, 0);
  g_assert_cmpstr (v4, ==, "192.0.2.1");
  g_assert_cmpstr (one, ==, two);
}

/* One line a column: its name and what it holds. */
static char *
describe_table (Fixture       *fixture,
                const BpTable *table)
{
  g_autofree char *sql = NULL;

  if (fixture->path == NULL)
    sql = g_strdup_printf ("SELECT string_agg (column_name || ' '"
                           " || CASE data_type WHEN 'bigint' THEN 'INTEGER' ELSE 'TEXT' END,"
                           " E'\\n' ORDER BY ordinal_position) FROM information_schema.columns"
                           " WHERE table_schema = current_schema () AND table_name = '%s'"
                           " AND is_generated = 'NEVER'",
                           table->name);
  else
    sql = g_strdup_printf ("SELECT group_concat (name || ' ' || type, char (10))"
                           " FROM (SELECT name, type FROM pragma_table_info ('%s') ORDER BY cid)",
                           table->name);
  return fixture_ask (fixture, sql);
}

static void
tables_are_as_described (Fixture      *fixture,
                         gconstpointer data)
{
  static const char own[] = "store_id TEXT\nid TEXT\nversion INTEGER\nseq INTEGER\n"
                            "is_deleted INTEGER\nmodified_at INTEGER\nop_id TEXT\n"
                            "device_name TEXT\nuser TEXT\n";

  for (guint t = 0; t < BP_N_TABLES; t++)
    {
      const BpTable *table = bp_table_get (t);
      g_autofree char *found = describe_table (fixture, table);
      g_autoptr (GString) expected = g_string_new (own);

      for (guint i = 0; i < table->n_fields; i++)
        g_string_append_printf (expected, "%s %s\n", table->fields[i].name,
                                bp_field_is_text (&table->fields[i]) ? "TEXT" : "INTEGER");
      g_string_append (expected, "changed_at INTEGER");
      g_assert_cmpstr (found, ==, expected->str);
    }
}

static void
check_finds_faults (Fixture      *fixture,
                    gconstpointer data)
{
  static const struct
  {
    const char *harm;
    const char *mend;
  } cases[] = {
    { "UPDATE products SET stock = 1 WHERE id = 'p1'",
      "UPDATE products SET stock = 5 WHERE id = 'p1'" },
    { "UPDATE products SET seq = 99 WHERE id = 'p1'",
      "UPDATE products SET seq = 5 WHERE id = 'p1'" },
    { "UPDATE operations SET op_id = 'gone' WHERE op_id = 'b1'",
      "UPDATE operations SET op_id = 'b1' WHERE op_id = 'gone'" },
    { "UPDATE products SET version = 7", "UPDATE products SET version = 1" },
    { "UPDATE products SET sku = 'X' WHERE id = 'p1'",
      "UPDATE products SET sku = NULL WHERE id = 'p1'" },
    { "UPDATE products SET id = 'p7' WHERE id = 'p1'",
      "UPDATE products SET id = 'p1' WHERE id = 'p7'" },
    { "UPDATE stock_movements SET quantity = 6", "UPDATE stock_movements SET quantity = 5" },
  };

  add_basics (fixture);
  assert_pushed (fixture, "applied:1 applied:1", movement ("o1", "m1", 5),
                 product ("o2", "p2", ",'sku':'X'"));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpuint (fixture_check (fixture), ==, 0);
      g_test_message ("%s", cases[i].harm);
      fixture_run (fixture, cases[i].harm);
      g_assert_cmpuint (fixture_check (fixture), >, 0);
      fixture_run (fixture, cases[i].mend);
    }
}

#define ADD(name, func) \
  g_test_add ("/server/pair/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("the-same-request-gets-the-same-answer", same_request);
  ADD ("wrong-and-expired-codes-look-alike", wrong_and_expired);
  ADD ("a-prefix-is-given-once", prefixes);
  ADD ("another-store-is-refused", other_store);
  ADD ("a-token-makes-another-device", with_a_token);
  ADD ("wrong-requests", wrong_shape);
  ADD ("no-secret-is-in-the-file", no_secret_in_the_file);
  g_test_add_func ("/server/token/depends-on-everything", tokens);
  g_test_add_func ("/server/limiter/five-a-minute", limiter);
  ADD ("tables-are-as-described", tables_are_as_described);
  ADD ("check-finds-faults", check_finds_faults);
  return g_test_run ();
}
