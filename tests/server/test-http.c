/* Deadlines, the cap on connections, and the end: with times of our own. The
 * server runs on the main context, who talks to it in a thread. */
#include "config.h"

#include "bp-client.h"
#include "bp-fixture.h"
#include "bp-http-server.h"

typedef struct _Hosted Hosted;

struct _Hosted
{
  Fixture fixture;
  BpHttpServer *server;
  GMainLoop *loop;
  guint16 port;
  void (*talk) (Hosted *hosted);
};

static void
set_up (Hosted       *hosted,
        gconstpointer data)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GPtrArray) backends = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  BpHttpOptions options;

  fixture_set_up (&hosted->fixture, data);
  bp_http_options_init (&options);
  options.max_connections = 3;
  options.start_ms = 300;
  options.headers_ms = 300;
  options.request_ms = 600;
  hosted->loop = g_main_loop_new (NULL, FALSE);
  g_ptr_array_add (backends, hosted->fixture.backend);
  hosted->server = bp_http_server_new (backends, BP_CLOCK (hosted->fixture.clock), &options);
  g_assert_true (bp_http_server_listen (hosted->server, address, &error));
  g_assert_no_error (error);
  hosted->port = bp_http_server_get_port (hosted->server);
}

static void
tear_down (Hosted       *hosted,
           gconstpointer data)
{
  g_assert_finalize_object (hosted->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_main_loop_unref (hosted->loop);
  fixture_tear_down (&hosted->fixture, data);
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_assert_true (g_task_propagate_boolean (G_TASK (result), NULL));
  g_main_loop_quit (data);
}

static gboolean
stop (gpointer data)
{
  Hosted *hosted = data;

  bp_http_server_stop (hosted->server, on_stopped, hosted->loop);
  return G_SOURCE_REMOVE;
}

static gpointer
run_talk (gpointer data)
{
  Hosted *hosted = data;

  hosted->talk (hosted);
  g_idle_add (stop, hosted);
  return NULL;
}

static void
host (Hosted  *hosted,
      void  ( *talk ) (Hosted *hosted))
{
  GThread *thread;

  hosted->talk = talk;
  thread = g_thread_new ("talk", run_talk, hosted);
  g_main_loop_run (hosted->loop);
  g_thread_join (thread);
}

static void
assert_alive (Hosted *hosted)
{
  g_autoptr (Answer) answer = ask (hosted->port, "GET", "/v1/info", "", NULL);

  g_assert_cmpint (answer->status, ==, 200);
}

static void
talk_slowly (Hosted *hosted)
{
  const char *starts[] = { "", "P", "POST /v1/push HTTP/1.1\r\nHost: x\r\n",
                           "POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
                           "Content-Type: application/json\r\n\r\n{" };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autoptr (Client) client = client_new (hosted->port);
      gint64 before = g_get_monotonic_time ();
      Answer *answer;

      client_send (client, starts[i], -1);
      answer = client_receive (client);
      g_assert_null (answer);
      g_assert_cmpint (g_get_monotonic_time () - before, <, 5 * G_USEC_PER_SEC);
    }
  assert_alive (hosted);
}

static void
slow_clients (Hosted       *hosted,
              gconstpointer data)
{
  host (hosted, talk_slowly);
}

/* A byte now and then must not move the deadline. */
static void
talk_in_trickles (Hosted *hosted)
{
  g_autoptr (Client) client = client_new (hosted->port);
  GSocket *socket = g_socket_connection_get_socket (client->connection);
  gint64 before = g_get_monotonic_time ();

  client_send (client, "GET /v1/info HTTP/1.1\r\nX: ", -1);
  while (!g_socket_condition_timed_wait (socket, G_IO_IN | G_IO_HUP, 20000, NULL, NULL))
    {
      client_send (client, "x", 1);
      g_assert_cmpint (g_get_monotonic_time () - before, <, 5 * G_USEC_PER_SEC);
    }
  assert_alive (hosted);
}

static void
trickles (Hosted       *hosted,
          gconstpointer data)
{
  host (hosted, talk_in_trickles);
}

static void
talk_all_at_once (Hosted *hosted)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify)client_free);

  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (clients, client_new (hosted->port));
  assert_alive (hosted);
  for (guint i = 0; i < 20; i++)
    client_send (clients->pdata[i], "GET /v1/info HTTP/1.1\r\nHo", -1);
  assert_alive (hosted);
}

static void
many_connections (Hosted       *hosted,
                  gconstpointer data)
{
  host (hosted, talk_all_at_once);
}

static void
talk_twice (Hosted *hosted)
{
  g_autoptr (Client) client = client_new (hosted->port);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (Answer) answer = client_ask (client, i == 1 ? "GET" : "POST",
                                              i == 1 ? "/v1/info" : "/v1/push", "", NULL, 0);

      g_assert_cmpint (answer->status, ==, i == 1 ? 200 : 401);
    }
}

static void
kept_connection (Hosted       *hosted,
                 gconstpointer data)
{
  host (hosted, talk_twice);
}

static void
talk_two_lengths (Hosted *hosted)
{
  g_autoptr (Client) client = client_new (hosted->port);
  g_autoptr (Answer) answer = NULL;
  g_autofree char *head = g_strdup_printf (
    "POST /v1/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
    "Content-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    "2\r\n{}\r\n0\r\n\r\n", hosted->fixture.token);

  client_send (client, head, -1);
  answer = client_receive (client);
  assert_problem (answer, 400, "malformed");
}

static void
two_lengths (Hosted       *hosted,
             gconstpointer data)
{
  host (hosted, talk_two_lengths);
}

#define ADD(name, func) g_test_add ("/server/http/" name, Hosted, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("slow-clients-are-cut-off", slow_clients);
  ADD ("trickles-do-not-move-the-deadline", trickles);
  ADD ("more-connections-than-the-cap-wait", many_connections);
  ADD ("a-connection-is-kept", kept_connection);
  ADD ("two-lengths-of-one-body", two_lengths);
  return g_test_run ();
}
