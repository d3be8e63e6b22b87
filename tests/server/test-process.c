/* The program itself, over real sockets. */
#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "bp-client.h"
#include "bp-gzip.h"
#include "bp-json.h"

#define JSON "Content-Type: application/json\r\n"

typedef struct
{
  Process process;
  char *store;
  char *code;
  char *token;
  char *epoch;
  char *headers;
} Shop;

static void
shop_open (Shop *shop)
{
  g_autofree char *output = process_run (&shop->process, 0, "store-add", "Asha Stores", NULL);
  g_autoptr (JsonNode) node = bp_json_parse_object (output, -1, NULL);
  JsonObject *object = json_node_get_object (node);

  shop->store = g_strdup (json_object_get_string_member (object, "store"));
  shop->code = g_strdup (json_object_get_string_member (object, "code"));
}

static void
shop_pair (Shop *shop)
{
  g_autofree char *body = g_strdup_printf (
    "{\"code\":\"%s\",\"request\":\"r1\",\"device\":{\"name\":\"Till\"}}", shop->code);
  g_autoptr (Answer) answer = ask (shop->process.port, "POST", "/v1/pair", JSON, body);
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  g_assert_cmpint (answer->status, ==, 201);
  object = answer_get_json (answer, &node);
  shop->token = g_strdup (json_object_get_string_member (object, "token"));
  shop->epoch = g_strdup (json_object_get_string_member (object, "epoch"));
  shop->headers = g_strdup_printf (JSON "Bizpulse-Protocol: 1\r\nAuthorization: Bearer %s\r\n",
                                   shop->token);
}

static void
shop_set_up (Shop         *shop,
             gconstpointer data)
{
  process_set_up (&shop->process, data);
  shop_open (shop);
  process_start (&shop->process, ":");
  shop_pair (shop);
}

static void
shop_tear_down (Shop         *shop,
                gconstpointer data)
{
  process_tear_down (&shop->process, data);
  g_free (shop->store);
  g_free (shop->code);
  g_free (shop->token);
  g_free (shop->epoch);
  g_free (shop->headers);
}

static char *
make_push (Shop       *shop,
           guint       attempt,
           const char *op,
           const char *name)
{
  return g_strdup_printf ("{\"epoch\":\"%s\",\"attempt\":%u,\"operations\":[{\"op_id\":\"%s\","
                          "\"action_id\":\"%s\",\"table\":\"products\",\"id\":\"%s\","
                          "\"operation\":\"INSERT\",\"modified_at\":1,"
                          "\"data\":{\"name\":\"%s\"}}]}", shop->epoch, attempt, op, op, op, name);
}

static char *
make_pull (Shop *shop)
{
  return g_strdup_printf ("{\"epoch\":\"%s\",\"since\":{\"products\":0}}", shop->epoch);
}

static void
assert_pulled (Shop *shop,
               guint n_rows)
{
  g_autofree char *body = make_pull (shop);
  g_autoptr (Answer) answer = ask (shop->process.port, "POST", "/v1/pull", shop->headers, body);
  g_autoptr (JsonNode) node = NULL;
  JsonArray *tables;
  JsonArray *rows = NULL;

  g_assert_cmpint (answer->status, ==, 200);
  tables = json_object_get_array_member (answer_get_json (answer, &node), "tables");
  if (json_array_get_length (tables) > 0)
    rows = json_object_get_array_member (json_array_get_object_element (tables, 0), "rows");
  g_assert_cmpuint (rows != NULL ? json_array_get_length (rows) : 0, ==, n_rows);
}

static void
headers (Shop         *shop,
         gconstpointer data)
{
  g_autofree char *body = make_push (shop, 1, "o1", "Tea");
  g_autoptr (Answer) push = ask (shop->process.port, "POST", "/v1/push", shop->headers, body);
  g_autoptr (Answer) wrong = ask (shop->process.port, "POST", "/v1/push", shop->headers, "{");
  g_autoptr (Answer) info = ask (shop->process.port, "GET", "/v1/info", "", NULL);
  Answer *answers[] = { push, wrong, info };

  g_assert_cmpint (push->status, ==, 200);
  assert_problem (wrong, 400, "malformed");
  g_assert_cmpint (info->status, ==, 200);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *protocol = answer_get_header (answers[i], "Bizpulse-Protocol");
      g_autofree char *epoch = answer_get_header (answers[i], "Bizpulse-Epoch");
      g_autofree char *server = answer_get_header (answers[i], "Server");

      g_assert_cmpstr (protocol, ==, "1");
      g_assert_cmpstr (epoch, ==, i < 2 ? shop->epoch : NULL);
      g_assert_null (server);
    }
}

static void
wrong_requests (Shop         *shop,
                gconstpointer data)
{
  guint16 port = shop->process.port;
  g_autofree char *other = g_strconcat (shop->headers, "X: y\r\n", NULL);
  g_autofree char *plain = g_strdup_printf ("Authorization: Bearer %s\r\n", shop->token);
  g_autoptr (Answer) not_found = ask (port, "GET", "/v1/odd", "", NULL);
  g_autoptr (Answer) root = ask (port, "GET", "/", "", NULL);
  g_autoptr (Answer) method = ask (port, "GET", "/v1/push", "", NULL);
  g_autoptr (Answer) remove = ask (port, "DELETE", "/v1/info", "", NULL);
  g_autoptr (Answer) stranger = ask (port, "POST", "/v1/push", JSON, "{}");
  g_autoptr (Answer) basic = ask (port, "POST", "/v1/pull", JSON "Authorization: Basic eA==\r\n",
                                  "{}");
  g_autoptr (Answer) type = ask (port, "POST", "/v1/push", plain, "{}");
  g_autoptr (Answer) latin = NULL;
  g_autoptr (Answer) brotli = NULL;
  g_autoptr (Answer) protocol = ask (port, "GET", "/v1/info", "Bizpulse-Protocol: 2\r\n", NULL);
  g_autoptr (Answer) shape = ask (port, "POST", "/v1/pull", other, "[]");
  g_autofree char *latin_headers = g_strconcat (
    plain, "Content-Type: application/json; charset=iso-8859-1\r\n", NULL);
  g_autofree char *brotli_headers = g_strconcat (shop->headers, "Content-Encoding: br\r\n", NULL);
  g_autofree char *allow = answer_get_header (method, "Allow");

  latin = ask (port, "POST", "/v1/push", latin_headers, "{}");
  brotli = ask (port, "POST", "/v1/push", brotli_headers, "{}");
  assert_problem (not_found, 404, "not_found");
  assert_problem (root, 404, "not_found");
  assert_problem (method, 405, "method_not_allowed");
  g_assert_cmpstr (allow, ==, "POST");
  assert_problem (remove, 405, "method_not_allowed");
  assert_problem (stranger, 401, "unauthorized");
  assert_problem (basic, 401, "unauthorized");
  assert_problem (type, 415, "unsupported_type");
  assert_problem (latin, 415, "unsupported_type");
  assert_problem (brotli, 415, "unsupported_type");
  assert_problem (protocol, 426, "upgrade_required");
  assert_problem (shape, 422, "invalid");
}

static void
packed (Shop         *shop,
        gconstpointer data)
{
  g_autofree char *name = g_strnfill (3000, 'x');
  g_autofree char *body = make_push (shop, 1, "o1", name);
  g_autofree char *pull = make_pull (shop);
  g_autofree char *in = g_strconcat (shop->headers, "Content-Encoding: gzip\r\n", NULL);
  g_autofree char *out = g_strconcat (shop->headers, "Accept-Encoding: gzip, br\r\n", NULL);
  g_autofree char *none = g_strconcat (shop->headers, "Accept-Encoding: gzip;q=0\r\n", NULL);
  g_autoptr (Client) client = client_new (shop->process.port);
  g_autoptr (GBytes) small = bp_gzip_pack (body, strlen (body));
  g_autoptr (Answer) push = client_ask (client, "POST", "/v1/push", in,
                                        g_bytes_get_data (small, NULL),
                                        (gssize)g_bytes_get_size (small));
  g_autoptr (Answer) page = client_ask (client, "POST", "/v1/pull", out, pull, -1);
  g_autoptr (Answer) plain = client_ask (client, "POST", "/v1/pull", none, pull, -1);
  g_autofree char *encoding = answer_get_header (page, "Content-Encoding");
  g_autofree char *no_encoding = answer_get_header (plain, "Content-Encoding");
  g_autoptr (GBytes) unpacked = NULL;

  g_assert_cmpint (push->status, ==, 200);
  g_assert_cmpstr (encoding, ==, "gzip");
  g_assert_null (no_encoding);
  unpacked = bp_gzip_unpack (g_bytes_get_data (page->body, NULL), g_bytes_get_size (page->body),
                             1024 * 1024, NULL);
  g_assert_nonnull (unpacked);
  g_assert_true (bp_json_check (g_bytes_get_data (unpacked, NULL), g_bytes_get_size (unpacked),
                                NULL));
  g_assert_cmpuint (g_bytes_get_size (unpacked), >, 3000);
  g_assert_cmpuint (g_bytes_get_size (page->body), <, 2000);
}

static void
bombs (Shop         *shop,
       gconstpointer data)
{
  gsize length = 100 * 1024 * 1024;
  g_autofree char *zeroes = g_malloc0 (length);
  g_autoptr (GBytes) bomb = bp_gzip_pack (zeroes, length);
  g_autofree char *in = g_strconcat (shop->headers, "Content-Encoding: gzip\r\n", NULL);
  g_autoptr (Client) client = client_new (shop->process.port);
  g_autoptr (Answer) large = client_ask (client, "POST", "/v1/push", in,
                                         g_bytes_get_data (bomb, NULL),
                                         (gssize)g_bytes_get_size (bomb));
  g_autoptr (Answer) broken = client_ask (client, "POST", "/v1/push", in, "{}", -1);

  assert_problem (large, 413, "too_large");
  assert_problem (broken, 400, "malformed");
}

static void
large_bodies (Shop         *shop,
              gconstpointer data)
{
  gsize length = 40 * 1024 * 1024;
  g_autofree char *body = g_strnfill (length, ' ');
  g_autoptr (Client) kept = client_new (shop->process.port);
  g_autoptr (Client) cut = client_new (shop->process.port);
  g_autoptr (Client) chunked = client_new (shop->process.port);
  g_autoptr (Answer) two = client_ask (kept, "POST", "/v1/push", shop->headers, body,
                                       2 * 1024 * 1024);
  g_autoptr (Answer) again = client_ask (kept, "GET", "/v1/info", "", NULL, 0);
  g_autoptr (Answer) forty = client_ask (cut, "POST", "/v1/push", shop->headers, body,
                                         (gssize)length);
  g_autofree char *head = g_strdup_printf ("POST /v1/push HTTP/1.1\r\nHost: localhost\r\n%s"
                                           "Transfer-Encoding: chunked\r\n\r\n", shop->headers);
  g_autofree char *chunk = g_strdup_printf ("100000\r\n%.*s\r\n", 0x100000, body);
  g_autoptr (Answer) stream = NULL;
  g_autofree char *path = NULL;
  g_autofree char *status = NULL;
  const char *peak;

  assert_problem (two, 413, "too_large");
  g_assert_cmpint (again->status, ==, 200);
  assert_problem (forty, 413, "too_large");
  client_send (chunked, head, -1);
  for (guint i = 0; i < 40; i++)
    client_send (chunked, chunk, -1);
  stream = client_receive (chunked);
  assert_problem (stream, 413, "too_large");

  path = g_strdup_printf ("/proc/%s/status", g_subprocess_get_identifier (shop->process.process));
  g_assert_true (g_file_get_contents (path, &status, NULL, NULL));
  peak = strstr (status, "VmHWM:");
  if (g_getenv ("ASAN_OPTIONS") == NULL)
    g_assert_cmpint (atoi (peak + strlen ("VmHWM:")), <, 64 * 1024);
}

static void
expectation (Shop         *shop,
             gconstpointer data)
{
  g_autoptr (Client) client = client_new (shop->process.port);
  g_autoptr (Client) good = client_new (shop->process.port);
  g_autofree char *head = g_strdup_printf ("POST /v1/push HTTP/1.1\r\nHost: localhost\r\n%s"
                                           "Content-Length: 2000000\r\nExpect: 100-continue\r\n"
                                           "\r\n", shop->headers);
  g_autofree char *body = make_push (shop, 1, "o1", "Tea");
  g_autofree char *fine = g_strdup_printf ("POST /v1/push HTTP/1.1\r\nHost: localhost\r\n%s"
                                           "Content-Length: %" G_GSIZE_FORMAT
                                           "\r\nExpect: 100-continue\r\n\r\n",
                                           shop->headers, strlen (body));
  g_autoptr (Answer) refused = NULL;
  g_autoptr (Answer) goes_on = NULL;
  g_autoptr (Answer) answer = NULL;

  client_send (client, head, -1);
  refused = client_receive (client);
  assert_problem (refused, 413, "too_large");
  client_send (good, fine, -1);
  goes_on = client_receive (good);
  g_assert_cmpint (goes_on->status, ==, 100);
  client_send (good, body, -1);
  answer = client_receive (good);
  g_assert_cmpint (answer->status, ==, 200);
}

static void
lost_answer (Shop         *shop,
             gconstpointer data)
{
  g_autofree char *first = make_push (shop, 1, "o1", "Tea");
  g_autofree char *again = make_push (shop, 2, "o1", "Tea");
  g_autofree char *head = g_strdup_printf ("POST /v1/push HTTP/1.1\r\nHost: localhost\r\n%s"
                                           "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                                           shop->headers, strlen (first), first);
  Client *client = client_new (shop->process.port);
  g_autoptr (Answer) answer = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonArray *results;

  client_send (client, head, -1);
  client_free (client);
  answer = ask (shop->process.port, "POST", "/v1/push", shop->headers, again);
  g_assert_cmpint (answer->status, ==, 200);
  results = json_object_get_array_member (answer_get_json (answer, &node), "results");
  g_assert_cmpint (json_object_get_int_member (json_array_get_object_element (results, 0), "seq"),
                   ==, 1);
  assert_pulled (shop, 1);
}

static void
restarts (Shop         *shop,
          gconstpointer data)
{
  for (guint i = 1; i <= 6; i++)
    {
      g_autofree char *op = g_strdup_printf ("o%u", i);
      g_autofree char *body = make_push (shop, i, op, "Tea");
      g_autoptr (Answer) answer = ask (shop->process.port, "POST", "/v1/push", shop->headers,
                                       body);
      g_autofree char *nothing = NULL;

      g_assert_cmpint (answer->status, ==, 200);
      process_stop (&shop->process, i % 2 == 0 ? SIGTERM : SIGKILL);
      nothing = process_run (&shop->process, 0, "check", NULL);
      g_assert_cmpstr (nothing, ==, "");
      process_start (&shop->process, ":");
      assert_pulled (shop, i);
    }
}

static void
stops_after_answering (Shop         *shop,
                       gconstpointer data)
{
  g_autofree char *body = make_push (shop, 1, "o1", "Tea");
  g_autofree char *head = g_strdup_printf ("POST /v1/push HTTP/1.1\r\nHost: localhost\r\n%s"
                                           "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%.20s",
                                           shop->headers, strlen (body), body);
  g_autoptr (Client) idle = client_new (shop->process.port);
  g_autoptr (Client) client = client_new (shop->process.port);
  g_autoptr (Answer) info = client_ask (client, "GET", "/v1/info", "", NULL, 0);
  g_autoptr (Answer) answer = NULL;

  client_send (client, head, -1);
  assert_pulled (shop, 0);
  g_subprocess_send_signal (shop->process.process, SIGTERM);
  client_send (client, body + 20, -1);
  answer = client_receive (client);
  g_assert_nonnull (answer);
  g_assert_cmpint (answer->status, ==, 200);
  process_stop (&shop->process, SIGTERM);
  process_start (&shop->process, ":");
  assert_pulled (shop, 1);
}

static void
wrong_codes (Shop         *shop,
             gconstpointer data)
{
  const char *wrong = "{\"code\":\"AAAA-AAAA\",\"request\":\"r\",\"device\":{\"name\":\"T\"}}";
  g_autofree char *right = g_strdup_printf (
    "{\"code\":\"%s\",\"request\":\"r1\",\"device\":{\"name\":\"Till\"}}", shop->code);
  g_autoptr (Answer) sixth = NULL;
  g_autofree char *retry_after = NULL;

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (Answer) answer = ask (shop->process.port, "POST", "/v1/pair", JSON, wrong);

      assert_problem (answer, 404, "not_found");
    }
  sixth = ask (shop->process.port, "POST", "/v1/pair", JSON, right);
  assert_problem (sixth, 429, "too_many_requests");
  retry_after = answer_get_header (sixth, "Retry-After");
  g_assert_cmpint (atoi (retry_after), >=, 1);
  g_assert_cmpint (atoi (retry_after), <=, 60);
  assert_pulled (shop, 0);
}

static void
few_descriptors (Shop         *shop,
                 gconstpointer data)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify)client_free);

  process_stop (&shop->process, SIGTERM);
  process_start (&shop->process, "ulimit -n 40");
  for (guint i = 0; i < 100; i++)
    {
      Client *client = client_new (shop->process.port);

      client_send (client, "POST /v1/push HTTP/1.1\r\nHost:", -1);
      g_ptr_array_add (clients, client);
    }
  g_ptr_array_set_size (clients, 0);
  assert_pulled (shop, 0);
}

static void
commands (Shop         *shop,
          gconstpointer data)
{
  Process *process = &shop->process;
  g_autofree char *stores = process_run (process, 0, "stores", NULL);
  g_autofree char *devices = process_run (process, 0, "devices", "Asha Stores", NULL);
  g_autofree char *code = process_run (process, 0, "pair-code", shop->store, NULL);
  g_autofree char *second = process_run (process, 0, "store-add", "Asha Stores", "--currency=KWD",
                                         "--time-zone", "Asia/Kuwait", NULL);
  g_autofree char *copy = g_build_filename (process->folder, "copy.db", NULL);
  g_autofree char *backup = process_run (process, 0, "backup", copy, NULL);
  g_autofree char *unique = process_run (process, 1, "pair-code", "Asha Stores", NULL);
  g_autofree char *epoch = process_run (process, 0, "new-epoch", shop->store, NULL);
  g_autofree char *body = make_pull (shop);
  g_autoptr (Answer) changed = ask (process->port, "POST", "/v1/pull", shop->headers, body);
  g_autofree char *expected = g_strdup_printf (
    "{\"store\":\"%s\",\"name\":\"Asha Stores\",\"currency\":\"INR\","
    "\"time_zone\":\"Asia/Kolkata\"}\n", shop->store);
  g_autoptr (JsonNode) node = bp_json_parse_object (devices, -1, NULL);
  const char *device = json_object_get_string_member (json_node_get_object (node), "device");
  g_autofree char *revoked = process_run (process, 0, "revoke", device, NULL);
  g_autoptr (Answer) shut_out = ask (process->port, "POST", "/v1/pull", shop->headers, body);
  GStatBuf info;

  g_assert_cmpstr (stores, ==, expected);
  g_assert_nonnull (strstr (devices, "\"revoked\":false"));
  g_assert_nonnull (strstr (code, shop->store));
  g_assert_nonnull (strstr (second, "\"code\":\""));
  g_assert_cmpint (g_stat (copy, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  assert_problem (changed, 409, "epoch_changed");
  g_assert_nonnull (strstr (epoch, "\"epoch\":\""));
  assert_problem (shut_out, 403, "revoked");
}

static void
exit_statuses (Shop         *shop,
               gconstpointer data)
{
  Process *process = &shop->process;
  const char *const wrong_usage[][3] = {
    { "odd", NULL, NULL }, { "store-add", NULL, NULL }, { "store-add", "", NULL },
    { "stores", "x", NULL }, { "--odd", NULL, NULL }, { "--listen=odd", NULL, NULL },
    { "store-add", "X", "--currency=XYZ" }, { "store-add", "X", "--time-zone=Odd/Place" },
    { "stores", "--currency=INR", NULL },
  };
  const char *const failures[][3] = {
    { "revoke", "odd", NULL }, { "devices", "odd", NULL }, { "pair-code", "odd", NULL },
    { "--listen=0.0.0.0:0", NULL, NULL }, { "--database=postgresql://x", "stores", NULL },
  };
  g_autofree char *version = process_run (process, 0, "--version", NULL);
  g_autofree char *help = process_run (process, 0, "--help", NULL);

  g_assert_true (g_str_has_prefix (version, "bizpulse-server "));
  g_assert_nonnull (strstr (help, "store-add"));
  for (guint i = 0; i < G_N_ELEMENTS (wrong_usage); i++)
    {
      g_autofree char *output = process_run (process, 2, wrong_usage[i][0], wrong_usage[i][1],
                                             wrong_usage[i][2], NULL);

      g_assert_cmpstr (output, ==, "");
    }
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    {
      g_autofree char *output = process_run (process, 1, failures[i][0], failures[i][1],
                                             failures[i][2], NULL);

      g_assert_cmpstr (output, ==, "");
    }
}

static void
file_modes (Shop         *shop,
            gconstpointer data)
{
  const char *path = strchr (shop->process.database, ':') + 1;
  g_autofree char *folder = g_path_get_dirname (path);
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (g_stat (folder, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
}

#define ADD(name, func) \
  g_test_add ("/server/process/" name, Shop, NULL, shop_set_up, func, shop_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("every-answer-has-our-headers", headers);
  ADD ("wrong-requests-are-problems", wrong_requests);
  ADD ("bodies-are-packed-both-ways", packed);
  ADD ("bombs-are-refused", bombs);
  ADD ("large-bodies-are-refused-while-they-come", large_bodies);
  ADD ("who-asks-before-sending-is-told", expectation);
  ADD ("a-lost-answer-is-given-again", lost_answer);
  ADD ("a-restart-keeps-everything", restarts);
  ADD ("what-is-under-way-is-finished", stops_after_answering);
  ADD ("five-wrong-codes-a-minute", wrong_codes);
  ADD ("few-descriptors-are-survived", few_descriptors);
  ADD ("commands-work-beside-a-server", commands);
  ADD ("exit-statuses", exit_statuses);
  ADD ("files-are-for-their-owner", file_modes);
  return g_test_run ();
}
