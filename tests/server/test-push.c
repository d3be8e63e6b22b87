/* Once whatever happens, attempts, epochs, actions and limits. */
#include "config.h"

#include <string.h>

#include "bp-fixture.h"
#include "bp-json.h"

static BpReply *
push_raw (Fixture    *fixture,
          const char *epoch,
          gint64      attempt,
          const char *operations)
{
  g_autofree char *raw = g_strdup_printf ("{'epoch':%s,'attempt':%" G_GINT64_FORMAT
                                          ",'operations':[%s]}", epoch, attempt, operations);
  g_autofree char *body = quote (raw);

  return fixture_call (fixture, BP_ENDPOINT_PUSH, fixture->token, body);
}

static char *
update (const char *op,
        const char *id,
        gint64      base,
        const char *data)
{
  g_autofree char *rest = g_strdup_printf ("'base_version':%" G_GINT64_FORMAT ",'data':{%s}", base,
                                           data);

  return operation (op, "products", id, "UPDATE", rest);
}

static void
applied_once (Fixture      *fixture,
              gconstpointer data)
{
  g_autofree char *one = movement ("o1", "m1", 5000);
  gint64 seq;

  add_basics (fixture);
  assert_push (fixture, one, "applied:1");
  seq = fixture_get_seq (fixture);
  assert_push (fixture, one, "applied:1");
  fixture_reopen (fixture);
  assert_push (fixture, one, "applied:1");
  g_assert_cmpint (fixture_get_seq (fixture), ==, seq);
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, 5000);
}

static void
remembered_after_change (Fixture      *fixture,
                         gconstpointer data)
{
  g_autofree char *one = product ("o1", "p1", "");
  g_autoptr (JsonNode) first = fixture_push (fixture, one);
  g_autoptr (JsonNode) again = NULL;

  assert_pushed (fixture, "applied:2", update ("o2", "p1", 1, "'price':1"));
  again = fixture_push (fixture, one);
  g_assert_cmpint (json_object_get_int_member (get_result (again, 0), "version"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (get_result (again, 0), "seq"), ==,
                   json_object_get_int_member (get_result (first, 0), "seq"));
  assert_pushed (fixture, "applied:2", update ("o2", "p1", 7, "'price':1"));
}

static void
other_device (Fixture      *fixture,
              gconstpointer data)
{
  g_autofree char *code = fixture_add_code (fixture, fixture->store_id);
  g_autoptr (JsonNode) answer = fixture_pair (fixture, code, "r2", 201);
  g_autofree char *one = movement ("o1", "m1", 5000);

  add_basics (fixture);
  assert_push (fixture, one, "applied:1");
  g_free (fixture->token);
  fixture->token = g_strdup (json_object_get_string_member (json_node_get_object (answer),
                                                            "token"));
  fixture->attempt = 0;
  assert_push (fixture, one, "applied:1");
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, 5000);
}

static void
op_reused (Fixture      *fixture,
           gconstpointer data)
{
  assert_pushed (fixture, "applied:1", product ("o1", "p1", ""));
  assert_pushed (fixture, "applied:1", product ("o1", "p1", ",'price':0,'sku':null"));
  assert_pushed (fixture, "rejected:op_reused", product ("o1", "p1", ",'price':1"));
  assert_pushed (fixture, "rejected:op_reused", product ("o1", "p2", ""));
  assert_pushed (fixture, "rejected:op_reused",
                 operation ("o1", "products", "p1", "DELETE", "'base_version':1"));
}

static void
twice_in_one_push (Fixture      *fixture,
                   gconstpointer data)
{
  add_basics (fixture);
  assert_pushed (fixture, "applied:1 applied:1", movement ("o1", "m1", 10),
                 movement ("o1", "m1", 10));
  assert_pushed (fixture, "applied:1 rejected:op_reused", movement ("o2", "m2", 10),
                 movement ("o2/x", "m2", 20));
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, 20);
}

static void
attempt_fence (Fixture      *fixture,
               gconstpointer data)
{
  g_autofree char *epoch = g_strdup_printf ("'%s'", fixture->epoch);
  g_autofree char *one = product ("o1", "p1", "");
  gint64 attempts[] = { 5, 4, 0 };

  fixture->attempt = 4;
  assert_pushed (fixture, "applied:1", product ("o0", "p0", ""));
  for (guint i = 0; i < G_N_ELEMENTS (attempts); i++)
    {
      g_autoptr (BpReply) reply = push_raw (fixture, epoch, attempts[i], one);

      g_assert_cmpint (reply->status, ==, 409);
      g_assert_cmpint (reply->problem->code, ==, BP_PROBLEM_STALE);
      g_assert_cmpint (reply->problem->attempt, ==, 5);
    }
  g_assert_null (fixture_get (fixture, "products", "p1"));
  assert_push (fixture, one, "applied:1");
}

static void
attempt_of_conflicts (Fixture      *fixture,
                      gconstpointer data)
{
  g_autofree char *epoch = g_strdup_printf ("'%s'", fixture->epoch);
  g_autoptr (BpReply) reply = NULL;

  assert_pushed (fixture, "conflict:DELETE_UPDATE:null", update ("o1", "p1", 1, "'price':1"));
  reply = push_raw (fixture, epoch, fixture->attempt, "");
  g_assert_cmpint (reply->problem->code, ==, BP_PROBLEM_STALE);
}

static void
epoch_check (Fixture      *fixture,
             gconstpointer data)
{
  const char *epochs[] = { "'other'", "null" };
  g_autofree char *one = product ("o1", "p1", "");

  for (guint i = 0; i < G_N_ELEMENTS (epochs); i++)
    {
      g_autoptr (BpReply) reply = push_raw (fixture, epochs[i], 100, one);

      g_assert_cmpint (reply->status, ==, 409);
      g_assert_cmpint (reply->problem->code, ==, BP_PROBLEM_EPOCH_CHANGED);
      g_assert_cmpstr (reply->problem->epoch, ==, fixture->epoch);
      g_assert_cmpstr (reply->epoch, ==, fixture->epoch);
    }
  g_assert_cmpint (fixture_get_seq (fixture), ==, 0);
  assert_push (fixture, one, "applied:1");
}

static void
whole_actions (Fixture      *fixture,
               gconstpointer data)
{
  add_basics (fixture);
  assert_pushed (fixture, "held rejected:invalid_value held applied:1",
                 sale ("o1/a1", "s1", "sale", 1000, 500, ""),
                 payment ("o2/a1", "y1", 500, ",'paid_at':'now'"), movement ("o3/a1", "m1", 7),
                 movement ("o4/a2", "m2", 5));
  g_assert_null (fixture_get (fixture, "sales", "s1"));
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, 5);
  assert_pushed (fixture, "applied:1 applied:1 applied:1",
                 sale ("o1/a1", "s1", "sale", 1000, 500, ""),
                 payment ("o2/a1", "y1", 500, ",'sale_id':'s1'"), movement ("o3/a1", "m1", 7));
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, -988);
}

static void
conflict_holds_the_rest (Fixture      *fixture,
                         gconstpointer data)
{
  add_basics (fixture);
  assert_pushed (fixture, "held conflict:UPDATE_UPDATE", movement ("o1/a1", "m1", 7),
                 update ("o2/a1", "p1", 9, "'price':1"));
  g_assert_null (fixture_get (fixture, "stock_movements", "m1"));
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, 0);
}

static void
interleaved (Fixture      *fixture,
             gconstpointer data)
{
  assert_pushed (fixture, "applied:1 applied:2 applied:3", product ("o1/a1", "p1", ""),
                 update ("o2/a2", "p1", 1, "'price':1"), update ("o3/a1", "p1", 2, "'price':2"));
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "price"), ==, 2);
}

static void
failed_action_leaves_nothing_behind (Fixture      *fixture,
                                     gconstpointer data)
{
  /* a2 collides with what a1 made, but a1 fails in the end. */
  assert_pushed (fixture, "held applied:1 rejected:posted",
                 product ("o1/a1", "p1", ",'sku':'X'"), product ("o2/a2", "p2", ",'sku':'X'"),
                 operation ("o3/a1", "payments", "y1", "DELETE", "'base_version':1"));
}

static void
built_on_a_failed_action (Fixture      *fixture,
                          gconstpointer data)
{
  assert_pushed (fixture, "held conflict:DELETE_UPDATE:null rejected:posted",
                 product ("o1/a1", "p1", ""), update ("o2/a2", "p1", 1, "'price':1"),
                 operation ("o3/a1", "payments", "y1", "DELETE", "'base_version':1"));
  g_assert_cmpint (fixture_get_seq (fixture), ==, 0);
}

static void
many_failing_actions (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr (GString) operations = g_string_new (NULL);
  g_autofree char *told = NULL;

  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *op = g_strdup_printf ("i%u/a%u", i, i);
      g_autofree char *id = g_strdup_printf ("p%u", i);
      g_autofree char *one = product (op, id, "");

      g_string_append_printf (operations, "%s,", one);
    }
  for (guint i = 50; i-- > 0;)
    {
      g_autofree char *op = g_strdup_printf ("d%u/a%u", i, i);
      g_autofree char *one = operation (op, "payments", "y", "DELETE", "'base_version':1");

      g_string_append_printf (operations, "%s%s", one, i > 0 ? "," : "");
    }
  told = fixture_push_told (fixture, operations->str);
  g_assert_null (strstr (told, "applied"));
  g_assert_cmpint (fixture_get_seq (fixture), ==, 0);
}

static void
faults_are_answered_one_by_one (Fixture      *fixture,
                                gconstpointer data)
{
  assert_pushed (fixture,
                 "rejected:unknown_table rejected:unknown_field rejected:missing_field "
                 "rejected:invalid_value rejected:unknown_field applied:1 rejected:missing_field",
                 operation ("o1", "odd", "x", "INSERT", "'data':{}"),
                 product ("o2", "x", ",'odd':1"),
                 operation ("o3", "products", "x", "INSERT", "'data':{'price':1}"),
                 product ("o4", "x", ",'price':1.5"), product ("o5", "x", ",'stock':1"),
                 product ("o6", "p6", ""), g_strdup ("{'op_id':'o7'}"));
}

static void
limits (Fixture      *fixture,
        gconstpointer data)
{
  g_autofree char *epoch = g_strdup_printf ("'%s'", fixture->epoch);
  g_autoptr (GString) many = g_string_new (NULL);
  g_autofree char *note = g_strnfill (60 * 1024, 'x');
  g_autofree char *more = g_strdup_printf (",'note':'%s'", note);
  g_autofree char *told = NULL;
  g_autoptr (BpReply) reply = NULL;

  for (guint i = 0; i < 101; i++)
    {
      g_autofree char *op = g_strdup_printf ("n%u", i);
      g_autofree char *one = product (op, op, "");

      g_string_append_printf (many, "%s%s", i > 0 ? "," : "", one);
    }
  reply = push_raw (fixture, epoch, 1, many->str);
  g_assert_cmpint (reply->status, ==, 413);

  g_string_truncate (many, 0);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *op = g_strdup_printf ("l%u/a", i);
      g_autofree char *one = product (op, op, more);

      g_string_append_printf (many, "%s,", one);
    }
  g_string_append (many, "{'op_id':'z','action_id':'z','table':'products','id':'z',"
                   "'operation':'INSERT','data':{'name':'Z'}}");
  told = fixture_push_told (fixture, many->str);
  g_assert_true (g_str_has_prefix (told, "rejected:too_large "));
  g_assert_true (g_str_has_suffix (told, " rejected:too_large applied:1"));
}

static void
wrong_requests (Fixture      *fixture,
                gconstpointer data)
{
  static const struct
  {
    const char *body;
    int status;
  } cases[] = {
    { "", 400 }, { "{", 400 }, { "{\"attempt\":1,\"operations\":[]}{}", 400 },
    { "[]", 422 }, { "{\"attempt\":1}", 422 }, { "{\"operations\":[]}", 422 },
    { "{\"attempt\":1,\"operations\":[{}]}", 422 }, { "{\"attempt\":1,\"operations\":[1]}", 422 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BpReply) reply = fixture_call (fixture, BP_ENDPOINT_PUSH, fixture->token,
                                                cases[i].body);

      g_assert_cmpint (reply->status, ==, cases[i].status);
      g_assert_cmpstr (reply->epoch, ==, fixture->epoch);
    }
  assert_push (fixture, "", "");
}

static void
strangers (Fixture      *fixture,
           gconstpointer data)
{
  g_autofree char *forged = g_strdup (fixture->token);
  const char *tokens[] = { NULL, "", "bp_", "bp_x", "bp__", forged };
  BpEndpointId endpoints[] = { BP_ENDPOINT_PUSH, BP_ENDPOINT_PULL };

  forged[strlen (forged) - 1] ^= 1;
  for (guint i = 0; i < G_N_ELEMENTS (tokens); i++)
    {
      for (guint e = 0; e < G_N_ELEMENTS (endpoints); e++)
        {
          g_autoptr (BpReply) reply = fixture_call (fixture, endpoints[e], tokens[i], "{");

          g_assert_cmpint (reply->status, ==, 401);
          g_assert_null (reply->epoch);
        }
    }
}

static void
revoked (Fixture      *fixture,
         gconstpointer data)
{
  g_autoptr (BpDevice) device = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpReply) push = NULL;
  g_autoptr (BpReply) pull = NULL;

  bp_backend_call (fixture->backend, begin_write, NULL, &error);
  bp_backend_call (fixture->backend, find_device_by_id, NULL, fixture->device_id, &device, &error);
  device->revoked_at = 1;
  bp_backend_call (fixture->backend, write_device, device, &error);
  BP_BACKEND_GET_CLASS (fixture->backend)->commit (fixture->backend, &error);
  g_assert_no_error (error);

  push = fixture_call (fixture, BP_ENDPOINT_PUSH, fixture->token, "{}");
  g_assert_cmpint (push->status, ==, 403);
  g_assert_cmpint (push->problem->code, ==, BP_PROBLEM_REVOKED);
  g_assert_null (push->epoch);
  pull = fixture_call (fixture, BP_ENDPOINT_PULL, fixture->token, "{}");
  g_assert_cmpint (pull->status, ==, 403);
}

static void
another_store_sees_nothing (Fixture      *fixture,
                            gconstpointer data)
{
  g_autofree char *code = NULL;
  g_autofree char *other = fixture_add_store (fixture, "Other", &code);
  g_autoptr (JsonNode) answer = fixture_pair (fixture, code, "r1", 201);
  g_autofree char *one = product ("o1", "p1", ",'sku':'X'");
  g_autofree char *page = NULL;
  g_autoptr (BpState) state = NULL;

  assert_push (fixture, one, "applied:1");
  g_free (fixture->token);
  g_free (fixture->epoch);
  fixture->token = g_strdup (json_object_get_string_member (json_node_get_object (answer),
                                                            "token"));
  fixture->epoch = g_strdup (json_object_get_string_member (json_node_get_object (answer),
                                                            "epoch"));
  fixture->attempt = 0;
  page = fixture_pull (fixture, "'since':{'products':0}");
  g_assert_null (strstr (page, "p1"));
  assert_pushed (fixture, "conflict:DELETE_UPDATE:null", update ("o2", "p1", 1, "'price':1"));
  assert_push (fixture, one, "applied:1");
  assert_pushed (fixture, "applied:2",
                 operation ("o3", "products", "p1", "DELETE", "'base_version':1"));
  state = fixture_get (fixture, "products", "p1");
  g_assert_false (state->is_deleted);
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
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
  add_basics (fixture);
  for (guint n = 0; n < 20; n++)
    {
      g_autoptr (GString) operations = g_string_new (NULL);
      g_autoptr (JsonNode) answer = NULL;

      for (guint i = 0; i < 100; i++)
        {
          g_autofree char *id = g_strdup_printf ("s%u-%u", n, i);
          g_autofree char *one = sale (id, id, "sale", 1000, 500, "");

          g_string_append_printf (operations, "%s%s", i > 0 ? "," : "", one);
        }
      g_test_timer_start ();
      answer = fixture_push (fixture, operations->str);
      best = MIN (best, g_test_timer_elapsed ());
    }
  g_test_minimized_result (best, "100 sales pushed in %.2f ms", best * 1000);
}

static void
odd_values (Fixture      *fixture,
            gconstpointer data)
{
  static const char *const texts[] = {
    "{}", "{a,b}", "NULL", "null", "\\\\", "\\\\x41", "\\\\N", "a\\tb\\n\\r", "%s $1 ?",
    "; DROP TABLE x --",
    "\\u0001\\u007f", "\\ufffe\\uffff", "\\ud83d\\ude00", "e\\u0301", "\\u202e",
    "\\\"", "$$x$$", "(1,2)"
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *id = g_strdup_printf ("p%u", i);
      g_autofree char *op = g_strdup_printf ("o%u", i);
      g_autofree char *json = g_strdup_printf ("\"%s\"", texts[i]);
      g_autoptr (JsonNode) expected = bp_json_parse (json, -1, NULL);
      g_autofree char *fields = g_strdup_printf (",'note':\"%s\",'price':%s,'category':''",
                                                 texts[i], "9007199254740991");
      g_autoptr (BpState) state = NULL;

      assert_pushed (fixture, "applied:1", product (op, id, fields));
      state = fixture_get (fixture, "products", id);
      g_assert_nonnull (expected);
      g_assert_cmpstr (bp_change_get_text (state->data, "note"), ==,
                       json_node_get_string (expected));
      g_assert_cmpint (bp_change_get_integer (state->data, "price"), ==,
                       G_GINT64_CONSTANT (9007199254740991));
    }
  assert_pushed (fixture, "applied:1",
                 movement ("least", "v1", G_GINT64_CONSTANT (-9007199254740991)));
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
}

/* NUL, half a pair of surrogates, bytes that are no UTF-8: refused, wherever
 * they stand, before any database has to. */
static void
no_texts (Fixture      *fixture,
          gconstpointer data)
{
  static const char *const texts[] = { "\\u0000", "\\ud800", "\\udc00x", "\xff", "\xc0\x80",
                                       "\xed\xa0\x80", "\xf4\x90\x80\x80" };
  static const char *const places[] = {
    "{'epoch':'%s','attempt':1,'operations':[]}",
    "{'epoch':'e','attempt':1,'operations':[{'op_id':'%s','table':'products','id':'x',"
    "'operation':'INSERT','modified_at':1,'data':{'name':'x'}}]}",
    "{'epoch':'%s','since':{'products':0}}",
    "{'code':'%s','request':'r','device':{'name':'x'}}",
    "{'code':'AAAA-AAAA','request':'%s','device':{'name':'%s'}}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *raw = g_strdup_printf (
        "{'epoch':'%s','attempt':%u,'operations':[{'op_id':'n%u','action_id':'n%u',"
        "'table':'products','id':'n%u','operation':'INSERT','modified_at':1,"
        "'data':{'name':'a%s'}}]}", fixture->epoch, 1000 + i, i, i, i, texts[i]);
      g_autofree char *fields = quote (raw);
      g_autoptr (BpReply) pushed = fixture_call (fixture, BP_ENDPOINT_PUSH, fixture->token, fields);
      g_autofree char *token = g_strdup_printf ("bp_%s_x", texts[i]);
      g_autoptr (BpReply) strange = fixture_call (fixture, BP_ENDPOINT_PULL, token, "{}");

      g_assert_cmpint (pushed->status, ==, 400);
      g_assert_cmpint (strange->status, ==, 401);
      for (guint j = 0; j < G_N_ELEMENTS (places); j++)
        {
          g_auto (GStrv) parts = g_strsplit (places[j], "%s", -1);
          g_autofree char *joined = g_strjoinv (texts[i], parts);
          g_autofree char *body = quote (joined);
          g_autoptr (BpReply) reply
            = fixture_call (fixture, j < 2 ? BP_ENDPOINT_PUSH : j < 3 ? BP_ENDPOINT_PULL
                                                                     : BP_ENDPOINT_PAIR,
                            fixture->token, body);

          g_test_message ("%u %u: %d", i, j, reply->status);
          g_assert_cmpint (reply->status, >=, 400);
          g_assert_cmpint (reply->status, <, 500);
        }
    }
}

#define ADD(name, func) \
  g_test_add ("/server/push/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("an-operation-is-applied-once", applied_once);
  ADD ("a-repeated-one-is-answered-as-before", remembered_after_change);
  ADD ("a-repeated-one-from-another-device", other_device);
  ADD ("an-op-id-used-for-something-else", op_reused);
  ADD ("twice-in-one-push", twice_in_one_push);
  ADD ("an-attempt-that-does-not-rise-is-stale", attempt_fence);
  ADD ("an-attempt-of-conflicts-only-counts", attempt_of_conflicts);
  ADD ("another-epoch-is-told-before-any-effect", epoch_check);
  ADD ("an-action-is-all-or-nothing", whole_actions);
  ADD ("a-conflict-holds-its-action", conflict_holds_the_rest);
  ADD ("operations-of-a-record-keep-their-order", interleaved);
  ADD ("a-failed-action-is-in-nobodys-way", failed_action_leaves_nothing_behind);
  ADD ("nothing-is-built-on-a-failed-action", built_on_a_failed_action);
  ADD ("many-failing-actions-end-soon", many_failing_actions);
  ADD ("faults-are-answered-one-by-one", faults_are_answered_one_by_one);
  ADD ("odd-texts-and-numbers-come-back-as-they-were", odd_values);
  ADD ("what-is-no-text-is-no-fault-of-the-server", no_texts);
  ADD ("limits", limits);
  ADD ("wrong-requests", wrong_requests);
  ADD ("strangers-are-401", strangers);
  ADD ("a-revoked-device-is-403", revoked);
  ADD ("another-store-sees-nothing", another_store_sees_nothing);
  ADD ("speed", speed);
  return g_test_run ();
}
