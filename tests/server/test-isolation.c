/* Every call of the server with another store's token: two stores ask the same,
 * one with what a third store has, the other with what nobody has. They must
 * not be able to tell which of them they are, and the third store must stay as
 * it was. */
#include "config.h"

#include <string.h>

#include "bp-hosted.h"
#include "bp-json.h"

#define JSON "Content-Type: application/json\r\n"
#define UPGRADE \
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define PUSH "{'epoch':'$OWN','attempt':$ATTEMPT,'operations':["
#define OPERATION(op, table, id, rest) \
  "{'op_id':'" op "','action_id':'" op "','table':'" table "','id':'" id "','modified_at':17," \
  rest "}"

/* In what is asked, `$OWN` is the asking store's epoch; the other names are
 * what another store has, or what nobody has. */
static const struct
{
  BpEndpointId endpoint;
  const char *query;
  const char *body;
} cases[] = {
  { BP_ENDPOINT_INFO, "", NULL },
  { BP_ENDPOINT_PAIR, "",
    "{'request':'r8','store':'$STORE','device':{'name':'Copy','prefix':'XYZ'}}" },
  { BP_ENDPOINT_PAIR, "", "{'request':'r9','device':{'name':'Copy','prefix':'$PREFIX'}}" },
  { BP_ENDPOINT_PAIR, "", "{'code':'$CODE','request':'r9','device':{'name':'Copy'}}" },
  { BP_ENDPOINT_PULL, "", "{'epoch':'$OWN','since':{'products':0,'sales':0,'payments':0,"
    "'customers':0,'stock_movements':0,'settings':0,'reports':0,'analytics':0},'deleted':true}" },
  { BP_ENDPOINT_PULL, "", "{'epoch':'$EPOCH','since':{'products':0}}" },
  { BP_ENDPOINT_HISTORY, "?table=products&id=$PRODUCT", NULL },
  { BP_ENDPOINT_HISTORY, "?table=sales&id=$SALE", NULL },
  { BP_ENDPOINT_SNAPSHOT, "", NULL },
  { BP_ENDPOINT_SNAPSHOT, "?tables=products,sales&store=$STORE", NULL },
  { BP_ENDPOINT_BACKUPS, "", NULL },
  { BP_ENDPOINT_BACKUPS, "?device=$DEVICE&store=$STORE", NULL },
  { BP_ENDPOINT_GET_BACKUP, "nightly", NULL },
  { BP_ENDPOINT_GET_BACKUP, "nightly?device=$DEVICE", NULL },
  { BP_ENDPOINT_GET_BACKUP, "$STORE", NULL },
  { BP_ENDPOINT_PUT_BACKUP, "nightly?device=$DEVICE&store=$STORE", "{'mine':1}" },
  { BP_ENDPOINT_LIVE, "", NULL },
  { BP_ENDPOINT_LIVE, "?store=$STORE", NULL },
  { BP_ENDPOINT_PUSH, "", PUSH
    OPERATION ("u1", "products", "$PRODUCT", "'operation':'UPDATE','base_version':1,"
               "'data':{'name':'Mine'}") "]}" },
  { BP_ENDPOINT_PUSH, "", PUSH
    OPERATION ("u2", "customers", "$CUSTOMER", "'operation':'DELETE','base_version':1") "]}" },
  { BP_ENDPOINT_PUSH, "", PUSH
    OPERATION ("u3", "sales", "$SALE", "'operation':'UPDATE','base_version':1,"
               "'data':{'status':'void'}") "]}" },
  { BP_ENDPOINT_PUSH, "", PUSH
    OPERATION ("$OP", "products", "own-1", "'operation':'INSERT','data':{'name':'Mine',"
               "'sku':'$SKU'}") "]}" },
  { BP_ENDPOINT_PUSH, "", PUSH
    OPERATION ("u5", "products", "$PRODUCT", "'operation':'INSERT','data':{'name':'Mine'}") "]}" },
  { BP_ENDPOINT_PUSH, "", PUSH
    OPERATION ("u6", "settings", "$SETTING", "'operation':'INSERT','data':{'value':'7'}") "]}" },
  { BP_ENDPOINT_PUSH, "", PUSH
    OPERATION ("u7", "sales", "own-2", "'operation':'INSERT','data':{'number':'$NUMBER',"
               "'customer_id':'$CUSTOMER','sale_date':1,'business_date':'2026-01-02',"
               "'status':'posted','kind':'sale','currency':'INR','total_amount':5,"
               "'lines':[{'product_id':'$PRODUCT','name':'Mine','quantity':1000,'total':5}]}") ","
    OPERATION ("u8", "payments", "own-3", "'operation':'INSERT','data':{'sale_id':'$SALE',"
               "'customer_id':'$CUSTOMER','amount':5,'method':'cash'}") ","
    OPERATION ("u9", "stock_movements", "own-4", "'operation':'INSERT','data':{"
               "'product_id':'$PRODUCT','quantity':1000,'reason':'opening'}") ","
    OPERATION ("u10", "sales", "own-5", "'operation':'INSERT','data':{'number':'R1',"
               "'refers_to':'$SALE','sale_date':1,'business_date':'2026-01-02',"
               "'status':'posted','kind':'return','currency':'INR','total_amount':0,"
               "'lines':[]}") "]}" },
  { BP_ENDPOINT_PUSH, "", PUSH
    OPERATION ("u11", "products", "$PRODUCT", "'operation':'UPDATE','base_version':1,"
               "'store_id':'$STORE','data':{'store_id':'$STORE','version':9,'seq':1}") "]}" },
  { BP_ENDPOINT_PUSH, "", "{'epoch':'$EPOCH','attempt':$ATTEMPT,'operations':[]}" },
  { BP_ENDPOINT_PUSH, "", "{'epoch':'$OWN','attempt':$ATTEMPT,'operations':[],'store':'$STORE',"
    "'device':'$DEVICE'}" },
  { BP_ENDPOINT_PULL, "", "{'epoch':'$OWN','since':{'products':0,'sales':0,'payments':0,"
    "'customers':0,'stock_movements':0,'settings':0},'deleted':true}" },
  /* Last: it begins an epoch. */
  { BP_ENDPOINT_PULL, "", "{'epoch':'$OWN','since':{'products':$SEQ}}" },
};

#define N_NAMES 13

static const char *const names[N_NAMES] = {
  "$STORE", "$DEVICE", "$EPOCH", "$PREFIX", "$CODE", "$PRODUCT", "$CUSTOMER", "$SALE", "$NUMBER",
  "$OP", "$SKU", "$SETTING", "$SEQ",
};

/* What no answer to another store may hold. */
static const char *const told_to_nobody[] = {
  "Secret Tea", "Secret Ravi", "Secret value", "Secret till",
};

typedef struct
{
  char *token;
  char *epoch;
  char *device_id;
  guint attempt;
  char *values[N_NAMES];
} Party;

typedef struct
{
  Hosted hosted;
  Party thief;    /* knows the names of what the fixture's store has */
  Party stranger; /* knows names of nothing */
  char *before;
} Isolation;

static void
party_set_up (Party      *party,
              Fixture    *fixture,
              const char *store,
              const char *code)
{
  g_autofree char *body = g_strdup_printf (
    "{\"code\":\"%s\",\"request\":\"%s\",\"device\":{\"name\":\"Till\",\"prefix\":\"OWN\"}}", code,
    store);
  g_autoptr (BpReply) reply = fixture_call (fixture, BP_ENDPOINT_PAIR, NULL, body);
  g_autoptr (JsonNode) node = bp_json_parse (reply->body, -1, NULL);
  JsonObject *object;

  g_assert_cmpint (reply->status, ==, 201);
  object = json_node_get_object (node);
  party->token = g_strdup (json_object_get_string_member (object, "token"));
  party->epoch = g_strdup (json_object_get_string_member (object, "epoch"));
  object = json_object_get_object_member (object, "device");
  party->device_id = g_strdup (json_object_get_string_member (object, "id"));
}

static void
party_clear (Party *party)
{
  g_free (party->token);
  g_free (party->epoch);
  g_free (party->device_id);
  for (guint i = 0; i < N_NAMES; i++)
    g_free (party->values[i]);
}

/* Everything that a database keeps of a store. */
static char *
describe_store (Fixture *fixture)
{
  gboolean is_file = fixture->path != NULL;
  g_autofree char *all = fixture_ask (
    fixture, is_file ? "SELECT group_concat (name, ' ') FROM (SELECT name FROM sqlite_schema"
    " WHERE type = 'table' AND sql LIKE '%store_id%' ORDER BY name)"
                     : "SELECT string_agg (table_name, ' ' ORDER BY table_name)"
    " FROM information_schema.columns WHERE table_schema = current_schema ()"
    " AND column_name = 'store_id'");
  g_auto (GStrv) tables = g_strsplit (all, " ", -1);
  GString *text = g_string_new (NULL);

  g_assert_cmpuint (g_strv_length (tables), >=, BP_N_TABLES + 6);
  for (guint i = 0; tables[i] != NULL; i++)
    {
      g_autofree char *columns_sql = g_strdup_printf (
        "SELECT group_concat ('quote (\"' || name || '\")', ' || '',''|| ')"
        " FROM pragma_table_info ('%s')", tables[i]);
      g_autofree char *columns = is_file ? fixture_ask (fixture, columns_sql) : NULL;
      g_autofree char *sql
        = is_file ? g_strdup_printf ("SELECT group_concat (line, char (10)) FROM (SELECT %s AS line"
                                     " FROM %s WHERE store_id = '%s' ORDER BY 1)",
                                     columns, tables[i], fixture->store_id)
                  : g_strdup_printf ("SELECT string_agg (own::text, E'\\n' ORDER BY own::text)"
                                     " FROM %s AS own WHERE store_id = '%s'",
                                     tables[i], fixture->store_id);
      g_autofree char *rows = fixture_ask (fixture, sql);

      g_string_append_printf (text, "%s\n%s\n", tables[i], rows != NULL ? rows : "");
    }

  return g_string_free (text, FALSE);
}

static void
fill_store (Fixture *fixture)
{
  assert_pushed (fixture, "applied:1 applied:1 applied:1 applied:1 applied:1 applied:1",
                 product ("a-op", "p1", ",'sku':'A-SKU','note':'Secret Tea'"),
                 operation ("o2", "customers", "c1", "INSERT", "'data':{'name':'Secret Ravi'}"),
                 sale ("o3", "a-sale", "sale", 1000, 500, ""),
                 payment ("o4", "a-payment", 500, ",'sale_id':'a-sale'"), movement ("o5", "m1", 7),
                 operation ("o6", "settings", "shop.motto", "INSERT",
                            "'data':{'value':'Secret value'}"));
}

static void
bring_backup (Hosted *hosted)
{
  g_autoptr (BpSpoolFile) file = bp_spool_make (hosted->spool, hosted->fixture.store_id, NULL);
  BpCall call = { .endpoint = BP_ENDPOINT_PUT_BACKUP, .token = hosted->fixture.token, .body = "",
                  .name = "nightly", .upload = file, .spool = hosted->spool };
  g_autoptr (BpReply) reply = NULL;

  g_assert_true (bp_spool_file_append (file, "Secret Tea", 10, NULL));
  bp_spool_file_finish (file, NULL);
  reply = bp_rules_answer (hosted->fixture.backend, BP_CLOCK (hosted->fixture.clock), &call);
  g_assert_cmpint (reply->status, ==, 201);
}

static void
know_names (Isolation  *isolation,
            const char *code)
{
  Fixture *fixture = &isolation->hosted.fixture;
  const char *real[N_NAMES] = {
    fixture->store_id, fixture->device_id, fixture->epoch, "KQX", code, "p1", "c1", "a-sale",
    "a-sale", "a-op", "A-SKU", "shop.motto", "900",
  };
  const char *made_up[N_NAMES] = {
    "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002",
    "01900000-0000-7000-8000-000000000003", "ZZZ", "ZZZZ-ZZZZ", "x9", "y9", "z-none", "z-none",
    "z-op", "Z-SKU", "shop.mottz", "900",
  };

  for (guint i = 0; i < N_NAMES; i++)
    {
      isolation->thief.values[i] = g_strdup (real[i]);
      isolation->stranger.values[i] = g_strdup (made_up[i]);
    }
}

static void
set_up (Isolation    *isolation,
        gconstpointer data)
{
  Fixture *fixture = &isolation->hosted.fixture;
  g_autofree char *used = NULL;
  g_autofree char *thief_code = NULL;
  g_autofree char *thief_store = NULL;
  g_autofree char *stranger_code = NULL;
  g_autofree char *stranger_store = NULL;

  hosted_set_up (&isolation->hosted, data);
  thief_store = fixture_add_store (fixture, "Other", &thief_code);
  stranger_store = fixture_add_store (fixture, "Other", &stranger_code);
  party_set_up (&isolation->thief, fixture, thief_store, thief_code);
  party_set_up (&isolation->stranger, fixture, stranger_store, stranger_code);
  fill_store (fixture);
  bring_backup (&isolation->hosted);
  used = g_strdup (fixture->code);
  know_names (isolation, used);
  isolation->before = describe_store (fixture);
  hosted_start (&isolation->hosted);
}

static void
tear_down (Isolation    *isolation,
           gconstpointer data)
{
  hosted_tear_down (&isolation->hosted, data);
  party_clear (&isolation->thief);
  party_clear (&isolation->stranger);
  g_free (isolation->before);
}

static char *
replace (const char *text,
         const char *what,
         const char *by)
{
  g_auto (GStrv) parts = g_strsplit (text, what, -1);

  return g_strjoinv (by, parts);
}

static char *
fill_in (Party      *party,
         const char *text)
{
  g_autofree char *attempt = g_strdup_printf ("%u", party->attempt);
  g_autofree char *owned = replace (text, "$OWN", party->epoch);
  char *filled = replace (owned, "$ATTEMPT", attempt);

  for (guint i = 0; i < N_NAMES; i++)
    {
      g_autofree char *before = filled;

      filled = replace (before, names[i], party->values[i]);
    }
  return filled;
}

/* What differs between two stores whatever they ask: tokens, and ids that the
 * server made. What was asked for is called by its name. */
static char *
make_comparable (Party      *party,
                 const char *text)
{
  static const char pattern[]
    = "(?m)^(Date|ETag): .*$|bp_[^\"]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
  g_autoptr (GRegex) own = g_regex_new (pattern, 0, 0, NULL);
  char *comparable = g_regex_replace_literal (own, text, -1, 0, "<own>", 0, NULL);

  for (guint i = 0; i < N_NAMES - 1; i++)
    {
      g_autofree char *before = comparable;
      g_autofree char *quoted = g_strdup_printf ("\"%s\"", party->values[i]);

      comparable = replace (before, quoted, names[i]);
    }
  return comparable;
}

static char *
try_case (Hosted *hosted,
          Party  *party,
          guint   index)
{
  const BpEndpoint *endpoint = bp_endpoint_get (cases[index].endpoint);
  g_autofree char *query = fill_in (party, cases[index].query);
  g_autofree char *path = g_strconcat (endpoint->path, query, NULL);
  g_autofree char *headers
    = g_strdup_printf ("Authorization: Bearer %s\r\n%s", party->token,
                       endpoint->id == BP_ENDPOINT_LIVE ? UPGRADE
                       : cases[index].body != NULL ? JSON
                                                        : "");
  g_autofree char *filled = NULL;
  g_autofree char *body = NULL;
  g_autofree char *text = NULL;
  g_autoptr (Answer) answer = NULL;

  party->attempt++;
  filled = cases[index].body != NULL ? fill_in (party, cases[index].body) : NULL;
  body = filled != NULL ? quote (filled) : NULL;
  answer = ask (hosted->port, endpoint->method, path, headers, body);
  text = g_strdup_printf ("%d\n%s\n%.*s", answer->status, answer->headers,
                          (int)g_bytes_get_size (answer->body),
                          (const char *)g_bytes_get_data (answer->body, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (told_to_nobody); i++)
    {
      g_assert_null (strstr (text, told_to_nobody[i]));
      g_assert_false (bytes_hold (answer->body, told_to_nobody[i]));
    }
  g_assert_null (strstr (text, hosted->fixture.store_id));
  g_assert_null (strstr (text, hosted->fixture.device_id));
  g_assert_null (strstr (text, hosted->fixture.epoch));
  return make_comparable (party, text);
}

static void
try_all (gpointer data,
         gpointer user_data)
{
  Isolation *isolation = user_data;
  Hosted *hosted = data;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *thief = try_case (hosted, &isolation->thief, i);
      g_autofree char *stranger = try_case (hosted, &isolation->stranger, i);
      g_autofree char *after = describe_store (&hosted->fixture);

      g_test_message ("%s%s %s: %.20s", bp_endpoint_get (cases[i].endpoint)->path, cases[i].query,
                      cases[i].body != NULL ? cases[i].body : "", thief);
      g_assert_cmpstr (thief, ==, stranger);
      g_assert_cmpstr (after, ==, isolation->before);
    }
}

/* A call that nobody has thought of here is none that may be served. */
static void
assert_all_are_tried (void)
{
  for (guint id = 0; id < BP_N_ENDPOINTS; id++)
    {
      gboolean is_tried = FALSE;

      for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        is_tried |= cases[i].endpoint == id;
      if (!is_tried)
        g_error ("No case tries %s with another store's token: add one to cases[]",
                 bp_endpoint_get (id)->path);
    }
}

static void
another_store (Isolation    *isolation,
               gconstpointer data)
{
  assert_all_are_tried ();
  host (&isolation->hosted, try_all, isolation);
  g_assert_cmpuint (fixture_check (&isolation->hosted.fixture), ==, 0);
}

static void
assert_refused (Hosted           *hosted,
                const BpEndpoint *endpoint,
                const char       *credentials,
                const char       *code)
{
  g_autofree char *headers = g_strconcat (credentials, UPGRADE JSON, NULL);
  g_autofree char *path
    = g_strconcat (endpoint->path, g_str_has_suffix (endpoint->path, "/") ? "nightly" : "", NULL);
  g_autoptr (Answer) answer
    = ask (hosted->port, endpoint->method, path, headers, endpoint->max_body > 0 ? "{}" : NULL);
  g_autofree char *epoch = answer_get_header (answer, "Bizpulse-Epoch");

  g_test_message ("%s: %d", endpoint->path, answer->status);
  assert_problem (answer, g_str_equal (code, "revoked") ? 403 : 401, code);
  g_assert_null (epoch);
}

static void
try_without (gpointer data,
             gpointer user_data)
{
  Isolation *isolation = user_data;
  Hosted *hosted = data;
  g_autofree char *shut_out = g_strdup_printf ("Authorization: Bearer %s\r\n",
                                               isolation->stranger.token);
  g_autofree char *cut = g_strdup_printf ("Authorization: Bearer %.*s\r\n",
                                          (int)strlen (isolation->thief.token) - 1,
                                          isolation->thief.token);
  const char *secret = strrchr (isolation->thief.token, '_');
  g_autofree char *moved = g_strdup_printf ("Authorization: Bearer bp_%s%s\r\n",
                                            hosted->fixture.store_id, secret);

  for (guint id = 0; id < BP_N_ENDPOINTS; id++)
    {
      const BpEndpoint *endpoint = bp_endpoint_get (id);

      if (!endpoint->needs_token)
        continue;
      assert_refused (hosted, endpoint, "", "unauthorized");
      assert_refused (hosted, endpoint, "Authorization: Bearer bp_*_00\r\n", "unauthorized");
      assert_refused (hosted, endpoint, cut, "unauthorized");
      assert_refused (hosted, endpoint, moved, "unauthorized");
      assert_refused (hosted, endpoint, shut_out, "revoked");
    }
}

static void
strangers (Isolation    *isolation,
           gconstpointer data)
{
  Fixture *fixture = &isolation->hosted.fixture;
  g_autofree char *sql = g_strdup_printf ("UPDATE devices SET revoked_at = 1 WHERE id = '%s'",
                                          isolation->stranger.device_id);
  g_autofree char *after = NULL;

  fixture_run (fixture, sql);
  host (&isolation->hosted, try_without, isolation);
  after = describe_store (fixture);
  g_assert_cmpstr (after, ==, isolation->before);
}

#define ADD(name, func) \
  g_test_add ("/server/isolation/" name, Isolation, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("every-call-with-another-stores-token", another_store);
  ADD ("every-call-without-a-token-that-holds", strangers);
  return g_test_run ();
}
