/* The transport against a server on a bare socket that misbehaves. */
#include "config.h"

#include <string.h>

#include "bp-gzip.h"
#include "bp-http-transport-private.h"
#include "bp-limits.h"

#define OUR_HEADERS "Bizpulse-Protocol: 1\r\nContent-Type: application/json\r\n"

typedef enum
{
  PLAN_SEND,       /* the bytes, then closed */
  PLAN_KEEP,       /* the bytes, and the connection stays */
  PLAN_HANG,       /* nothing at all */
  PLAN_TRICKLE,    /* the bytes, then one after the other, for ever */
} Plan;

typedef struct
{
  GThread *thread;
  GSocketListener *listener;
  GCancellable *cancellable;
  guint16 port;
  char *url;

  Plan plan;
  GByteArray *answer;

  /* Read after the thread has ended, or between requests. */
  int n_connections;
  int n_requests;
  GString *last_head;
  GByteArray *last_body;
} Server;

static gsize
find_length (const char *head)
{
  g_autoptr (GRegex) regex = g_regex_new ("\ncontent-length: *([0-9]+)", G_REGEX_CASELESS, 0,
                                          NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *digits = NULL;

  if (!g_regex_match (regex, head, 0, &match))
    return 0;
  digits = g_match_info_fetch (match, 1);
  return (gsize)g_ascii_strtoull (digits, NULL, 10);
}

/* Reads one request; FALSE where the other side has closed. */
static gboolean
read_request (Server       *server,
              GInputStream *input)
{
  g_autoptr (GString) head = g_string_new (NULL);
  g_autoptr (GByteArray) body = g_byte_array_new ();
  gsize length;
  char byte;

  while (strstr (head->str, "\r\n\r\n") == NULL)
    {
      if (g_input_stream_read (input, &byte, 1, server->cancellable, NULL) != 1)
        return FALSE;
      g_string_append_c (head, byte);
    }
  length = find_length (head->str);
  g_byte_array_set_size (body, (guint)length);
  if (length > 0
      && !g_input_stream_read_all (input, body->data, length, NULL, server->cancellable, NULL))
    return FALSE;

  g_string_assign (server->last_head, head->str);
  g_byte_array_set_size (server->last_body, 0);
  g_byte_array_append (server->last_body, body->data, body->len);
  g_atomic_int_inc (&server->n_requests);
  return TRUE;
}

/* Waits until the other side has closed, or the test is over. */
static void
wait_for_close (Server       *server,
                GInputStream *input)
{
  char byte;

  while (g_input_stream_read (input, &byte, 1, server->cancellable, NULL) > 0)
    ;
}

static void
trickle (Server        *server,
         GOutputStream *output)
{
  GPollFD fd;
  gboolean has_fd = g_cancellable_make_pollfd (server->cancellable, &fd);

  while (g_output_stream_write (output, " ", 1, server->cancellable, NULL) == 1)
    g_poll (&fd, has_fd ? 1 : 0, 5);
  if (has_fd)
    g_cancellable_release_fd (server->cancellable);
}

static void
serve (Server            *server,
       GSocketConnection *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));

  while (read_request (server, input))
    {
      if (server->plan != PLAN_HANG)
        g_output_stream_write_all (output, server->answer->data, server->answer->len, NULL,
                                   server->cancellable, NULL);
      if (server->plan == PLAN_SEND)
        return;
      if (server->plan == PLAN_HANG)
        wait_for_close (server, input);
      if (server->plan == PLAN_TRICKLE)
        trickle (server, output);
    }
}

static gpointer
run_server (gpointer data)
{
  Server *server = data;
  GSocketConnection *connection;

  while ((connection = g_socket_listener_accept (server->listener, NULL, server->cancellable,
                                                 NULL)) != NULL)
    {
      g_atomic_int_inc (&server->n_connections);
      serve (server, connection);
      g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
      g_object_unref (connection);
    }

  return NULL;
}

static void
server_set_up (Server       *server,
               gconstpointer data)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  server->listener = g_socket_listener_new ();
  g_socket_listener_add_address (server->listener, address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  server->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  server->url = g_strdup_printf ("http://127.0.0.1:%u/", server->port);
  server->cancellable = g_cancellable_new ();
  server->answer = g_byte_array_new ();
  server->last_head = g_string_new (NULL);
  server->last_body = g_byte_array_new ();
  server->thread = g_thread_new ("server", run_server, server);
}

static void
server_tear_down (Server       *server,
                  gconstpointer data)
{
  g_cancellable_cancel (server->cancellable);
  g_thread_join (server->thread);
  g_object_unref (server->listener);
  g_object_unref (server->cancellable);
  g_byte_array_unref (server->answer);
  g_byte_array_unref (server->last_body);
  g_string_free (server->last_head, TRUE);
  g_free (server->url);
}

static void
put_answer (Server     *server,
            Plan        plan,
            const char *text)
{
  server->plan = plan;
  g_byte_array_set_size (server->answer, 0);
  g_byte_array_append (server->answer, (const guint8 *)text, (guint)strlen (text));
}

static BpTransport *
make_transport (Server *server)
{
  g_autoptr (GError) error = NULL;
  BpTransport *transport = bp_http_transport_new (server->url, NULL, &error);

  g_assert_no_error (error);
  bp_http_transport_set_deadline (BP_HTTP_TRANSPORT (transport), 20 * 1000);
  return transport;
}

static BpAnswer *
ask (BpTransport *transport,
     const char  *body,
     GError     **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

  return bp_transport_send (transport, bp_endpoint_get (BP_ENDPOINT_PUSH), "secret", bytes, NULL,
                            error);
}

static BpAnswer *
ask_page (BpTransport *transport,
          GError     **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("{}", 2);

  return bp_transport_send (transport, bp_endpoint_get (BP_ENDPOINT_PULL), "secret", bytes, NULL,
                            error);
}

static char *
with_length (const char *status,
             const char *headers,
             const char *body)
{
  return g_strdup_printf ("HTTP/1.1 %s\r\n%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                          status, headers, strlen (body), body);
}

static void
expect_no_connection (Server     *server,
                      const char *words)
{
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = ask (transport, "{}", &error);

  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION);
  g_assert_null (answer);
  g_test_message ("%s", error->message);
  if (words != NULL)
    g_assert_nonnull (strstr (error->message, words));
}

static void
test_request_is_as_the_contract_says (Server       *server,
                                      gconstpointer data)
{
  g_autofree char *text = with_length ("200 OK", OUR_HEADERS "Bizpulse-Epoch: e7\r\n", "{\"a\":1}");
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  put_answer (server, PLAN_KEEP, text);
  answer = ask (transport, "{\"x\":2}", &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->status, ==, 200);
  g_assert_cmpstr (answer->epoch, ==, "e7");
  g_assert_null (answer->problem);
  g_assert_cmpmem (g_bytes_get_data (answer->body, NULL), g_bytes_get_size (answer->body),
                   "{\"a\":1}", 7);
  g_assert_cmpuint (answer->bytes_sent, ==, 7);
  g_assert_cmpuint (answer->bytes_received, ==, 7);

  g_assert_true (g_str_has_prefix (server->last_head->str, "POST /v1/push HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (server->last_head->str, "\r\nAuthorization: Bearer secret\r\n"));
  g_assert_nonnull (strstr (server->last_head->str, "\r\nBizpulse-Protocol: 1\r\n"));
  g_assert_nonnull (strstr (server->last_head->str, "\r\nAccept-Encoding: gzip\r\n"));
  g_assert_nonnull (strstr (server->last_head->str, "\r\nContent-Type: application/json\r\n"));
  g_assert_null (strstr (server->last_head->str, "Content-Encoding"));
  g_assert_cmpmem (server->last_body->data, server->last_body->len, "{\"x\":2}", 7);
}

static void
test_no_token_without_need (Server       *server,
                            gconstpointer data)
{
  g_autofree char *text = with_length ("200 OK", OUR_HEADERS, "{}");
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  put_answer (server, PLAN_KEEP, text);
  answer = bp_transport_send (transport, bp_endpoint_get (BP_ENDPOINT_INFO), NULL, NULL, NULL,
                              &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (server->last_head->str, "GET /v1/info HTTP/1.1\r\n"));
  g_assert_null (strstr (server->last_head->str, "Authorization"));
}

static void
test_long_bodies_are_packed (Server       *server,
                             gconstpointer data)
{
  g_autofree char *text = with_length ("200 OK", OUR_HEADERS, "{}");
  g_autofree char *spaces = g_strnfill (5000, ' ');
  g_autofree char *body = g_strdup_printf ("{%s}", spaces);
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GBytes) unpacked = NULL;
  g_autoptr (GError) error = NULL;

  put_answer (server, PLAN_KEEP, text);
  answer = ask (transport, body, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (server->last_head->str, "\r\nContent-Encoding: gzip\r\n"));
  g_assert_cmpuint (answer->bytes_sent, ==, server->last_body->len);
  g_assert_cmpuint (answer->bytes_sent, <, 500);
  unpacked = bp_gzip_unpack ((const char *)server->last_body->data, server->last_body->len,
                             BP_MAX_UNPACKED, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (unpacked, NULL), g_bytes_get_size (unpacked), body, 5002);
}

static void
test_one_connection_for_ten_requests (Server       *server,
                                      gconstpointer data)
{
  g_autofree char *text = with_length ("200 OK", OUR_HEADERS, "{}");
  g_autoptr (BpTransport) transport = make_transport (server);

  put_answer (server, PLAN_KEEP, text);
  for (int i = 0; i < 10; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BpAnswer) answer = ask (transport, "{}", &error);

      g_assert_no_error (error);
    }
  g_assert_cmpint (server->n_requests, ==, 10);
  g_assert_cmpint (server->n_connections, ==, 1);
}

static gpointer
ask_in_thread (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = ask (data, "{}", &error);

  g_assert_no_error (error);
  return NULL;
}

static void
test_any_thread_may_ask (Server       *server,
                         gconstpointer data)
{
  g_autofree char *text = with_length ("200 OK", OUR_HEADERS, "{}");
  g_autoptr (BpTransport) transport = make_transport (server);

  put_answer (server, PLAN_KEEP, text);
  for (int i = 0; i < 3; i++)
    {
      g_thread_join (g_thread_new ("asks", ask_in_thread, transport));
      ask_in_thread (transport);
    }
  g_assert_cmpint (server->n_requests, ==, 6);
}

static void
test_a_closed_connection_is_opened_again (Server       *server,
                                          gconstpointer data)
{
  g_autofree char *text = with_length ("200 OK", OUR_HEADERS, "{}");
  g_autoptr (BpTransport) transport = make_transport (server);

  put_answer (server, PLAN_SEND, text);
  for (int i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BpAnswer) answer = ask (transport, "{}", &error);

      g_assert_no_error (error);
    }
  g_assert_cmpint (server->n_connections, ==, 3);
}

static void
test_problems_are_answers (Server       *server,
                           gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  text = with_length ("409 Conflict",
                      "Bizpulse-Protocol: 1\r\nContent-Type: application/problem+json\r\n",
                      "{\"status\":409,\"code\":\"epoch_changed\",\"epoch\":\"e2\"}");
  put_answer (server, PLAN_KEEP, text);
  answer = ask (transport, "{}", &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->status, ==, 409);
  g_assert_cmpint (answer->problem->code, ==, BP_PROBLEM_EPOCH_CHANGED);
  g_assert_cmpstr (answer->problem->epoch, ==, "e2");
}

static void
test_a_proxys_413_is_an_answer (Server       *server,
                                gconstpointer data)
{
  g_autofree char *text = with_length ("413 Payload Too Large", "Content-Type: text/html\r\n",
                                       "<h1>nginx</h1>");
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  put_answer (server, PLAN_KEEP, text);
  answer = ask (transport, "{}", &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->status, ==, 413);
  g_assert_cmpint (answer->problem->code, ==, BP_PROBLEM_TOO_LARGE);
}

static void
test_a_body_over_the_limit_is_not_sent (Server       *server,
                                        gconstpointer data)
{
  g_autofree char *spaces = g_strnfill (BP_MAX_UNPACKED + 1, ' ');
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  answer = ask (transport, spaces, &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->problem->code, ==, BP_PROBLEM_TOO_LARGE);
  g_assert_cmpint (server->n_connections, ==, 0);
}

/* Answers that are none, and what is said of them. */
static void
test_garbage_is_no_connection (Server       *server,
                               gconstpointer data)
{
  static const struct
  {
    const char *status;
    const char *headers;
    const char *body;
    const char *words;
  } cases[] = {
    { "200 OK", "Content-Type: text/html\r\n", "<form>Wi-Fi</form>", "sign in to the network" },
    { "200 OK", "Content-Type: application/json\r\n", "{}", "Not a BizPulse server" },
    { "200 OK", "Bizpulse-Protocol: 1\r\nContent-Type: text/html\r\n", "{}", "no JSON" },
    { "200 OK", "Bizpulse-Protocol: 1\r\n", "{}", "no JSON" },
    { "200 OK", "Bizpulse-Protocol: 2\r\nContent-Type: application/json\r\n", "{}", "version" },
    { "302 Found", "Location: https://elsewhere.example/\r\n", "",
      "moved to https://elsewhere.example/" },
    { "301 Moved", OUR_HEADERS "Location: /v1/pull\r\n", "{}", "moved to /v1/pull" },
    { "307 Temporary", "Location: http://127.0.0.1:1/\r\n", "", "moved" },
    { "308 Permanent", "", "", "moved" },
    { "502 Bad Gateway", "Content-Type: text/html\r\n", "<h1>nginx</h1>", "502" },
    { "503 Unavailable", "Content-Type: application/json\r\n", "{}", "503" },
    { "401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", "", "401" },
    { "407 Proxy", "Proxy-Authenticate: Basic realm=\"x\"\r\n", "", NULL },
    { "200 OK", OUR_HEADERS, "", NULL },
    { "204 No Content", OUR_HEADERS, "", NULL },
    { "200 OK", OUR_HEADERS, "{\"a\":1", NULL },
    { "200 OK", OUR_HEADERS, "{\"a\":1,\"a\":2}", NULL },
    { "200 OK", OUR_HEADERS, "{} {}", NULL },
    { "200 OK", OUR_HEADERS, "{\"a\":\"\\u0000\"}", NULL },
    { "500 Oops", OUR_HEADERS, "{\"no\":\"code\"}", NULL },
    { "200 OK", OUR_HEADERS "Content-Encoding: br\r\n", "{}", "unknown way" },
    { "200 OK", OUR_HEADERS "Content-Encoding: gzip\r\n", "{}", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = with_length (cases[i].status, cases[i].headers, cases[i].body);

      g_test_message ("%s %s", cases[i].status, cases[i].body);
      put_answer (server, PLAN_SEND, text);
      expect_no_connection (server, cases[i].words);
    }
  g_assert_cmpint (server->n_requests, ==, G_N_ELEMENTS (cases));
}

/* Nothing of it is believed before bp_pull_page_parse() has read it. */
static void
test_page_is_checked_by_its_reader (Server       *server,
                                    gconstpointer data)
{
  g_autofree char *text = with_length ("200 OK", OUR_HEADERS, "{\"a\":1");
  g_autofree char *failure = with_length ("500 Oops", OUR_HEADERS, "{\"no\":\"code\"}");
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  put_answer (server, PLAN_KEEP, text);
  answer = ask_page (transport, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (answer->body, NULL), g_bytes_get_size (answer->body),
                   "{\"a\":1", 6);

  put_answer (server, PLAN_KEEP, failure);
  g_assert_null (ask_page (transport, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION);
}

static void
test_cut_answers_are_no_connection (Server       *server,
                                    gconstpointer data)
{
  static const char *const cases[] = {
    "",
    "HTTP/1.1 200",
    "HTTP/1.1 200 OK\r\nBizpulse-Prot",
    "HTTP/1.1 200 OK\r\n" OUR_HEADERS "Content-Length: 20\r\n\r\n{\"a\":1}",
    "HTTP/1.1 200 OK\r\n" OUR_HEADERS "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
    "HTTP/1.1 200 OK\r\n" OUR_HEADERS "Transfer-Encoding: chunked\r\n\r\n50\r\n{\"a\":",
    "HTTP/1.1 200 OK\r\n" OUR_HEADERS "\r\n{\"a\":",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      put_answer (server, PLAN_SEND, cases[i]);
      expect_no_connection (server, NULL);
    }
}

static void
put_packed (Server     *server,
            const char *data,
            gsize       length,
            gsize       cut)
{
  g_autoptr (GBytes) packed = bp_gzip_pack (data, length);
  gsize size;
  const guint8 *bytes = g_bytes_get_data (packed, &size);
  g_autofree char *head = NULL;

  head = g_strdup_printf ("HTTP/1.1 200 OK\r\n" OUR_HEADERS "Content-Encoding: gzip\r\n"
                          "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n", size - cut);
  put_answer (server, PLAN_SEND, head);
  g_byte_array_append (server->answer, bytes, (guint)(size - cut));
}

static void
test_packed_answers (Server       *server,
                     gconstpointer data)
{
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  put_packed (server, "{\"a\":1}", 7, 0);
  answer = ask (transport, "{}", &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (answer->body, NULL), g_bytes_get_size (answer->body),
                   "{\"a\":1}", 7);

  put_packed (server, "{\"a\":1}", 7, 3);
  expect_no_connection (server, NULL);
}

/* 64 MiB of spaces in 64 KiB. */
static void
test_a_packed_bomb_is_no_connection (Server       *server,
                                     gconstpointer data)
{
  gsize length = 64 * 1024 * 1024;
  g_autofree char *spaces = g_strnfill (length, ' ');

  put_packed (server, spaces, length, 0);
  expect_no_connection (server, "when unpacked");
}

static void
test_an_endless_answer_is_no_connection (Server       *server,
                                         gconstpointer data)
{
  g_autofree char *spaces = g_strnfill (BP_MAX_ANSWER + 2, ' ');

  put_answer (server, PLAN_SEND, "HTTP/1.1 200 OK\r\n" OUR_HEADERS "\r\n");
  g_byte_array_append (server->answer, (const guint8 *)spaces, BP_MAX_ANSWER + 2);
  expect_no_connection (server, "too long");
}

static void
expect_deadline (Server     *server,
                 Plan        plan,
                 const char *text)
{
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  put_answer (server, plan, text);
  bp_http_transport_set_deadline (BP_HTTP_TRANSPORT (transport), 100);
  answer = ask (transport, "{}", &error);
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION);
  g_assert_nonnull (strstr (error->message, "does not answer"));
}

static void
test_silence_ends (Server       *server,
                   gconstpointer data)
{
  expect_deadline (server, PLAN_HANG, "");
}

static void
test_a_trickle_in_the_head_ends (Server       *server,
                                 gconstpointer data)
{
  expect_deadline (server, PLAN_TRICKLE, "HTTP/1.1 200 OK\r\nX-Slow:");
}

static void
test_a_trickle_in_the_body_ends (Server       *server,
                                 gconstpointer data)
{
  expect_deadline (server, PLAN_TRICKLE,
                   "HTTP/1.1 200 OK\r\n" OUR_HEADERS "Content-Length: 1000000\r\n\r\n");
}

static void
test_after_a_failure_the_next_request_goes (Server       *server,
                                            gconstpointer data)
{
  g_autofree char *text = with_length ("200 OK", OUR_HEADERS, "{}");
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  put_answer (server, PLAN_HANG, "");
  bp_http_transport_set_deadline (BP_HTTP_TRANSPORT (transport), 50);
  g_assert_null (ask (transport, "{}", &error));
  g_clear_error (&error);

  put_answer (server, PLAN_KEEP, text);
  bp_http_transport_set_deadline (BP_HTTP_TRANSPORT (transport), 20 * 1000);
  answer = ask (transport, "{}", &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->status, ==, 200);
}

static gpointer
cancel_when_asked (gpointer data)
{
  gpointer *both = data;
  Server *server = both[0];

  while (g_atomic_int_get (&server->n_requests) == 0)
    g_thread_yield ();
  g_cancellable_cancel (both[1]);
  return NULL;
}

static void
test_cancelling_ends_at_once (Server       *server,
                              gconstpointer data)
{
  g_autoptr (BpTransport) transport = make_transport (server);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  gpointer both[] = { server, cancellable };
  GThread *thread;

  put_answer (server, PLAN_HANG, "");
  thread = g_thread_new ("cancels", cancel_when_asked, both);
  g_assert_null (bp_transport_send (transport, bp_endpoint_get (BP_ENDPOINT_INFO), NULL, NULL,
                                    cancellable, &error));
  g_thread_join (thread);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_nobody_there_is_no_connection (void)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (BpTransport) transport = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;

  /* Bound and not listening: nobody else can take the port meanwhile. */
  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_bind (socket, address, FALSE, &error);
  g_assert_no_error (error);
  local = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  url = g_strdup_printf ("http://localhost:%u",
                         g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local)));

  transport = bp_http_transport_new (url, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (ask (transport, "{}", &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION);
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *url;
    gboolean good;
  } cases[] = {
    { "https://shop.example", TRUE },
    { "https://shop.example:8750/books/", TRUE },
    { "http://127.0.0.1:8750", TRUE },
    { "http://localhost:8750", TRUE },
    { "http://[::1]:8750", TRUE },
    { "http://shop.example", FALSE },
    { "http://192.168.1.5:8750", FALSE },
    { "http://localhost.example", FALSE },
    { "http://127.0.0.1.example", FALSE },
    { "ftp://shop.example", FALSE },
    { "https://user:secret@shop.example", FALSE },
    { "https://shop.example/?a=b", FALSE },
    { "https://shop.example/#a", FALSE },
    { "https://", FALSE },
    { "shop.example", FALSE },
    { "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BpTransport) transport = bp_http_transport_new (cases[i].url, NULL, &error);

      g_test_message ("%s", cases[i].url);
      g_assert_true ((transport != NULL) == cases[i].good);
      if (!cases[i].good)
        g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED);
    }
}

static void
test_retry_after (void)
{
  static const char now[] = "Sun, 06 Nov 1994 08:49:37 GMT";
  static const struct
  {
    const char *text;
    gint64 seconds;
  } cases[] = {
    { NULL, 0 },
    { "120", 120 },
    { "0", 1 },
    { "-5", 1 },
    { "86400", 3600 },
    { "99999999999999999999999", 3600 },
    { "Sun, 06 Nov 1994 08:50:07 GMT", 30 },
    { "Sun, 06 Nov 1994 08:49:00 GMT", 1 },
    { "Mon, 06 Nov 2094 08:49:37 GMT", 3600 },
    { "soon", 0 },
    { "", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (bp_http_parse_retry_after (cases[i].text, now), ==, cases[i].seconds);
}

#define ADD(path, func) \
  g_test_add ("/sync/http-transport/" path, Server, NULL, server_set_up, func, server_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("request-is-as-the-contract-says", test_request_is_as_the_contract_says);
  ADD ("no-token-without-need", test_no_token_without_need);
  ADD ("long-bodies-are-packed", test_long_bodies_are_packed);
  ADD ("one-connection-for-ten-requests", test_one_connection_for_ten_requests);
  ADD ("any-thread-may-ask", test_any_thread_may_ask);
  ADD ("a-closed-connection-is-opened-again", test_a_closed_connection_is_opened_again);
  ADD ("problems-are-answers", test_problems_are_answers);
  ADD ("a-proxys-413-is-an-answer", test_a_proxys_413_is_an_answer);
  ADD ("a-body-over-the-limit-is-not-sent", test_a_body_over_the_limit_is_not_sent);
  ADD ("garbage-is-no-connection", test_garbage_is_no_connection);
  ADD ("page-is-checked-by-its-reader", test_page_is_checked_by_its_reader);
  ADD ("cut-answers-are-no-connection", test_cut_answers_are_no_connection);
  ADD ("packed-answers", test_packed_answers);
  ADD ("a-packed-bomb-is-no-connection", test_a_packed_bomb_is_no_connection);
  ADD ("an-endless-answer-is-no-connection", test_an_endless_answer_is_no_connection);
  ADD ("silence-ends", test_silence_ends);
  ADD ("a-trickle-in-the-head-ends", test_a_trickle_in_the_head_ends);
  ADD ("a-trickle-in-the-body-ends", test_a_trickle_in_the_body_ends);
  ADD ("after-a-failure-the-next-request-goes", test_after_a_failure_the_next_request_goes);
  ADD ("cancelling-ends-at-once", test_cancelling_ends_at_once);
  g_test_add_func ("/sync/http-transport/nobody-there-is-no-connection",
                   test_nobody_there_is_no_connection);
  g_test_add_func ("/sync/http-transport/addresses", test_addresses);
  g_test_add_func ("/sync/http-transport/retry-after", test_retry_after);

  return g_test_run ();
}
