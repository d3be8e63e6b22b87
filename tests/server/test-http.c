/* Deadlines, the cap on connections, and the end: with times of our own. The
 * server runs on the main context, who talks to it in a thread. */
#include "config.h"

#include "bp-hosted.h"

static void
set_up (Hosted       *hosted,
        gconstpointer data)
{
  hosted_set_up (hosted, data);
  hosted->options.max_connections = 3;
  hosted->options.start_ms = 300;
  hosted->options.headers_ms = 300;
  hosted->options.request_ms = 600;
  hosted_start (hosted);
}

static void
assert_alive (Hosted *hosted)
{
  g_autoptr (Answer) answer = ask (hosted->port, "GET", "/v1/info", "", NULL);

  g_assert_cmpint (answer->status, ==, 200);
}

static void
talk_slowly (gpointer data,
             gpointer unused)
{
  Hosted *hosted = data;
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
  host (hosted, talk_slowly, NULL);
}

/* A byte now and then must not move the deadline. */
static void
talk_in_trickles (gpointer data,
                  gpointer unused)
{
  Hosted *hosted = data;
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
  host (hosted, talk_in_trickles, NULL);
}

static void
talk_all_at_once (gpointer data,
                  gpointer unused)
{
  Hosted *hosted = data;
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
  host (hosted, talk_all_at_once, NULL);
}

static void
talk_twice (gpointer data,
            gpointer unused)
{
  Hosted *hosted = data;
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
  host (hosted, talk_twice, NULL);
}

/* More than may be open at once, each closed by the client after its answer. */
static void
talk_and_leave (gpointer data,
                gpointer unused)
{
  Hosted *hosted = data;

  for (guint i = 0; i < 10 * hosted->options.max_connections; i++)
    {
      g_autoptr (Client) client = client_new (hosted->port);
      g_autoptr (Answer) answer = client_ask (client, "GET", "/v1/info", "", NULL, 0);

      g_assert_cmpint (answer->status, ==, 200);
    }
}

static void
closed_connections (Hosted       *hosted,
                    gconstpointer data)
{
  host (hosted, talk_and_leave, NULL);
}

static void
talk_two_lengths (gpointer data,
                  gpointer unused)
{
  Hosted *hosted = data;
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
  host (hosted, talk_two_lengths, NULL);
}

#define ADD(name, func) \
  g_test_add ("/server/http/" name, Hosted, NULL, set_up, func, hosted_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("slow-clients-are-cut-off", slow_clients);
  ADD ("trickles-do-not-move-the-deadline", trickles);
  ADD ("more-connections-than-the-cap-wait", many_connections);
  ADD ("a-connection-is-kept", kept_connection);
  ADD ("a-connection-that-the-client-closed-is-given-up", closed_connections);
  ADD ("two-lengths-of-one-body", two_lengths);
  return g_test_run ();
}
