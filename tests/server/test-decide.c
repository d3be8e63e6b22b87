/* What becomes of an insert, an update and a deletion. */
#include "config.h"

#include <string.h>

#include "bp-fixture.h"

static char *
update (const char *op,
        const char *id,
        gint64      base,
        const char *rest)
{
  g_autofree char *all = g_strdup_printf ("'base_version':%" G_GINT64_FORMAT ",%s", base, rest);

  return operation (op, "products", id, "UPDATE", all);
}

static char *
delete (const char *op,
        const char *id,
        gint64      base)
{
  g_autofree char *rest = g_strdup_printf ("'base_version':%" G_GINT64_FORMAT, base);

  return operation (op, "products", id, "DELETE", rest);
}

static void
update_on_version (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr (JsonNode) answer = NULL;
  g_autofree char *stale = update ("o3", "p1", 1, "'data':{'price':3}");
  g_autoptr (BpState) state = NULL;
  JsonObject *server;

  assert_pushed (fixture, "applied:1", product ("o1", "p1", ",'price':1,'sku':'X'"));
  assert_pushed (fixture, "applied:2", update ("o2", "p1", 1, "'data':{'price':2,'sku':null}"));
  answer = fixture_push (fixture, stale);
  g_assert_cmpstr (json_object_get_string_member (get_result (answer, 0), "conflict_type"), ==,
                   "UPDATE_UPDATE");
  server = json_object_get_object_member (get_result (answer, 0), "server");
  g_assert_cmpint (json_object_get_int_member (server, "version"), ==, 2);
  g_assert_cmpint (json_object_get_int_member (server, "seq"), ==, 2);
  g_assert_cmpint (json_object_get_int_member (server, "is_deleted"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (server, "modified_at"), ==, 17);
  g_assert_cmpstr (json_object_get_string_member (server, "device_name"), ==, "Till");
  g_assert_cmpstr (json_object_get_string_member (server, "user"), ==, "Asha");
  server = json_object_get_object_member (server, "data");
  g_assert_cmpint (json_object_get_int_member (server, "price"), ==, 2);
  g_assert_true (json_object_get_null_member (server, "sku"));
  g_assert_cmpint (json_object_get_int_member (server, "stock"), ==, 0);
  assert_pushed (fixture, "conflict:UPDATE_UPDATE", update ("o4", "p1", 9, "'data':{'price':3}"));

  state = fixture_get (fixture, "products", "p1");
  g_assert_cmpint (state->version, ==, 2);
  g_assert_cmpstr (bp_change_get_text (state->data, "name"), ==, "Tea");
}

static void
insert_again (Fixture      *fixture,
              gconstpointer data)
{
  assert_pushed (fixture, "applied:1", product ("o1", "p1", ",'price':1"));
  assert_pushed (fixture, "applied:1", product ("o2", "p1", ",'price':1,'cost':0"));
  g_assert_cmpint (fixture_get_seq (fixture), ==, 1);
  assert_pushed (fixture, "applied:1", product ("o2", "p1", ",'price':1"));
  assert_pushed (fixture, "conflict:ID_COLLISION", product ("o3", "p1", ",'price':2"));
}

static void
insert_recover (Fixture      *fixture,
                gconstpointer data)
{
  assert_pushed (fixture, "applied:1",
                 operation ("o1", "products", "p1", "INSERT",
                            "'recover':true,'data':{'name':'Tea'}"));
  assert_pushed (fixture, "applied:1",
                 operation ("o2", "products", "p1", "INSERT",
                            "'recover':true,'data':{'name':'Coffee'}"));
  assert_pushed (fixture, "applied:2", delete ("o3", "p1", 1));
  assert_pushed (fixture, "applied:2",
                 operation ("o4", "products", "p1", "INSERT",
                            "'recover':true,'data':{'name':'Coffee'}"));
  g_assert_cmpint (fixture_get_seq (fixture), ==, 2);
}

static void
settings (Fixture      *fixture,
          gconstpointer data)
{
  assert_pushed (fixture, "applied:1",
                 operation ("o1", "settings", "shop.name", "INSERT", "'data':{'value':'1'}"));
  assert_pushed (fixture, "applied:1",
                 operation ("o2", "settings", "shop.name", "INSERT", "'data':{'value':'1'}"));
  assert_pushed (fixture, "conflict:UPDATE_UPDATE",
                 operation ("o3", "settings", "shop.name", "INSERT", "'data':{'value':'2'}"));
}

static void
keys_of_inserts (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *taken = product ("o3", "p3", ",'barcode':' 12 '");
  g_autoptr (JsonNode) answer = NULL;
  JsonObject *server;

  assert_pushed (fixture, "applied:1 applied:1", product ("o1", "p1", ",'sku':' X '"),
                 product ("o2", "p2", ",'barcode':'12','sku':' '"));
  assert_pushed (fixture, "conflict:ID_COLLISION:sku applied:1",
                 product ("o4", "p4", ",'sku':'X'"), product ("o5", "p5", ",'sku':'x'"));
  answer = fixture_push (fixture, taken);
  g_assert_cmpstr (json_object_get_string_member (get_result (answer, 0), "key"), ==, "barcode");
  server = json_object_get_object_member (get_result (answer, 0), "server");
  g_assert_cmpstr (json_object_get_string_member (server, "id"), ==, "p2");
  assert_pushed (fixture, "applied:2 applied:1", delete ("o6", "p1", 1),
                 product ("o7", "p7", ",'sku':'X'"));
}

static void
keys_of_updates (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *taken = update ("o3", "p2", 1, "'data':{'sku':'X'}");
  g_autoptr (JsonNode) answer = NULL;

  assert_pushed (fixture, "applied:1 applied:1", product ("o1", "p1", ",'sku':'X'"),
                 product ("o2", "p2", ""));
  answer = fixture_push (fixture, taken);
  g_assert_cmpstr (json_object_get_string_member (get_result (answer, 0), "code"), ==,
                   "duplicate_key");
  g_assert_nonnull (strstr (json_object_get_string_member (get_result (answer, 0), "detail"),
                            "p1"));
  assert_pushed (fixture, "applied:2 applied:2",
                 update ("o4", "p1", 1, "'data':{'sku':'Y'}"),
                 update ("o3", "p2", 1, "'data':{'sku':'X'}"));
  assert_pushed (fixture, "rejected:duplicate_key conflict:ID_COLLISION:sku",
                 update ("o5", "p2", 2, "'data':{'sku':'Y'}"), product ("o6", "p6", ",'sku':'Y'"));
}

static void
deletions (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (BpState) state = NULL;

  assert_pushed (fixture, "applied:1", product ("o1", "p1", ""));
  assert_pushed (fixture, "applied:2", update ("o2", "p1", 1, "'data':{'price':2}"));
  assert_pushed (fixture, "conflict:UPDATE_DELETE", delete ("o3", "p1", 1));
  assert_pushed (fixture, "applied:3", delete ("o4", "p1", 2));
  assert_pushed (fixture, "applied:3", delete ("o5", "p1", 1));
  assert_pushed (fixture, "conflict:DELETE_UPDATE conflict:DELETE_UPDATE",
                 update ("o6", "p1", 3, "'data':{'price':2}"), product ("o7", "p1", ""));
  state = fixture_get (fixture, "products", "p1");
  g_assert_true (state->is_deleted);
  g_assert_cmpint (fixture_get_seq (fixture), ==, 3);
}

static void
unknown_records (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (BpState) state = NULL;

  assert_pushed (fixture, "conflict:DELETE_UPDATE:null",
                 update ("o1", "p1", 4, "'data':{'price':2}"));
  assert_pushed (fixture, "applied:5", delete ("o2", "p1", 4));
  state = fixture_get (fixture, "products", "p1");
  g_assert_true (state->is_deleted);
  assert_pushed (fixture, "conflict:DELETE_UPDATE", product ("o3", "p1", ""));
}

static void
restores (Fixture      *fixture,
          gconstpointer data)
{
  g_autoptr (BpState) state = NULL;

  assert_pushed (fixture, "applied:1 applied:2", product ("o1", "p1", ",'price':5"),
                 delete ("o2", "p1", 1));
  assert_pushed (fixture, "rejected:missing_field",
                 update ("o3", "p1", 2, "'restore':true,'data':{'price':1}"));
  assert_pushed (fixture, "applied:3",
                 update ("o4", "p1", 2, "'restore':true,'data':{'name':'Back'}"));
  assert_pushed (fixture, "applied:8",
                 update ("o5", "p9", 7, "'restore':true,'data':{'name':'Known to nobody'}"));
  state = fixture_get (fixture, "products", "p1");
  g_assert_false (state->is_deleted);
  g_assert_cmpstr (bp_change_get_text (state->data, "name"), ==, "Back");
  assert_pushed (fixture, "conflict:UPDATE_UPDATE",
                 update ("o6", "p1", 2, "'restore':true,'data':{'name':'Too late'}"));
}

static void
restored_keys (Fixture      *fixture,
               gconstpointer data)
{
  assert_pushed (fixture, "applied:1 applied:2 applied:1", product ("o1", "p1", ",'sku':'X'"),
                 delete ("o2", "p1", 1), product ("o3", "p3", ",'sku':'X'"));
  assert_pushed (fixture, "rejected:duplicate_key rejected:duplicate_key",
                 update ("o4", "p1", 2, "'restore':true,'data':{'name':'A','sku':'X'}"),
                 update ("o5", "p5", 2, "'restore':true,'data':{'name':'A','sku':'X'}"));
}

static void
text_stays_as_it_is (Fixture      *fixture,
                     gconstpointer data)
{
  const char *names[] = { "Robert\"); DROP TABLE products;--", "%_\\", "\u202E abc", "茶 <b>&",
                          "line\nbreak\ttab" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *escaped = g_strescape (names[i], "\342\200\256\350\214\266");
      g_autofree char *id = g_strdup_printf ("../%u'", i);
      g_autofree char *body = g_strdup_printf (
        "{\"epoch\":\"%s\",\"attempt\":%u,\"operations\":[{\"op_id\":\"o%u\",\"action_id\":\"a%u\","
        "\"table\":\"products\",\"id\":\"%s\",\"operation\":\"INSERT\","
        "\"data\":{\"name\":\"%s\"}}]}", fixture->epoch, i + 1, i, i, id, escaped);
      g_autoptr (BpReply) reply = fixture_call (fixture, BP_ENDPOINT_PUSH, fixture->token, body);
      g_autoptr (BpState) state = NULL;

      g_assert_cmpint (reply->status, ==, 200);
      state = fixture_get (fixture, "products", id);
      g_assert_cmpstr (bp_change_get_text (state->data, "name"), ==, names[i]);
    }
}

#define ADD(name, func) \
  g_test_add ("/server/decide/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("an-update-needs-the-current-version", update_on_version);
  ADD ("an-insert-of-the-same-is-applied", insert_again);
  ADD ("a-recovery-never-overwrites", insert_recover);
  ADD ("two-inserts-of-a-setting-are-one-record", settings);
  ADD ("a-key-taken-by-an-insert-collides", keys_of_inserts);
  ADD ("a-key-taken-by-an-update-is-rejected", keys_of_updates);
  ADD ("deletions", deletions);
  ADD ("unknown-records", unknown_records);
  ADD ("a-restore-brings-back-what-is-gone", restores);
  ADD ("a-restored-key-may-be-taken", restored_keys);
  ADD ("text-stays-as-it-is", text_stays_as_it_is);
  return g_test_run ();
}
