/* Who is told of changes, of which, and who is sent away. The servers run on
 * the main context, who talks to them in a thread. */
#include "config.h"

#include <string.h>

#include "bp-backend-open.h"
#include "bp-client.h"
#include "bp-ear.h"
#include "bp-fixture.h"
#include "bp-http-server.h"
#include "bp-json.h"

#define JSON "Content-Type: application/json\r\n"
#define UPGRADE \
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

typedef struct _Hosted Hosted;

/* Two servers over one main database; two devices of one store, and one of
 * another. */
struct _Hosted
{
  Fixture fixture;
  BpHttpServer *servers[2];
  BpBackend *own[2];
  guint16 ports[2];
  GMainLoop *loop;
  void (*talk) (Hosted *hosted);
  char *second_token;
  char *second_id;
  char *other_token;
  char *other_epoch;
  gboolean is_stopping;
  guint n_stopping;
};

static char *
get_member (JsonNode   *answer,
            const char *name)
{
  return g_strdup (json_object_get_string_member (json_node_get_object (answer), name));
}

static void
pair_others (Hosted *hosted)
{
  Fixture *fixture = &hosted->fixture;
  g_autofree char *code = fixture_add_code (fixture, fixture->store_id);
  g_autofree char *other_code = NULL;
  g_autofree char *other_id = fixture_add_store (fixture, "Other", &other_code);
  g_autoptr (JsonNode) second = fixture_pair (fixture, code, "r2", 201);
  g_autoptr (JsonNode) other = fixture_pair (fixture, other_code, "r3", 201);

  hosted->second_token = get_member (second, "token");
  hosted->second_id
    = g_strdup (json_object_get_string_member (
                  json_object_get_object_member (json_node_get_object (second), "device"), "id"));
  hosted->other_token = get_member (other, "token");
  hosted->other_epoch = get_member (other, "epoch");
}

static BpHttpServer *
start_server (Hosted    *hosted,
              BpBackend *backend,
              guint16   *port)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GPtrArray) backends = g_ptr_array_new ();
  g_autoptr (BpBackend) listener = NULL;
  g_autoptr (GError) error = NULL;
  BpHttpServer *server;
  BpHttpOptions options;

  bp_http_options_init (&options);
  options.live.max_sockets = 4;
  options.live.max_of_device = 2;
  options.live.ping_s = 1;
  listener = bp_backend_open (hosted->fixture.address, &error);
  g_assert_no_error (error);
  options.listener = listener;
  g_ptr_array_add (backends, backend);
  server = bp_http_server_new (backends, BP_CLOCK (hosted->fixture.clock), &options);
  g_assert_true (bp_http_server_listen (server, address, &error));
  g_assert_no_error (error);
  *port = bp_http_server_get_port (server);
  return server;
}

static void
set_up (Hosted       *hosted,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture_set_up (&hosted->fixture, data);
  pair_others (hosted);
  hosted->loop = g_main_loop_new (NULL, FALSE);
  hosted->own[0] = g_object_ref (hosted->fixture.backend);
  hosted->own[1] = bp_backend_open (hosted->fixture.address, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (hosted->servers); i++)
    hosted->servers[i] = start_server (hosted, hosted->own[i], &hosted->ports[i]);
}

static void
tear_down (Hosted       *hosted,
           gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (hosted->servers); i++)
    {
      g_assert_finalize_object (hosted->servers[i]);
      g_object_unref (hosted->own[i]);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_main_loop_unref (hosted->loop);
  fixture_tear_down (&hosted->fixture, data);
  g_free (hosted->second_token);
  g_free (hosted->second_id);
  g_free (hosted->other_token);
  g_free (hosted->other_epoch);
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  Hosted *hosted = data;

  g_assert_true (g_task_propagate_boolean (G_TASK (result), NULL));
  if (--hosted->n_stopping == 0)
    g_main_loop_quit (hosted->loop);
}

static gboolean
stop (gpointer data)
{
  Hosted *hosted = data;

  if (hosted->is_stopping)
    return G_SOURCE_REMOVE;
  hosted->is_stopping = TRUE;
  hosted->n_stopping = G_N_ELEMENTS (hosted->servers);
  for (guint i = 0; i < G_N_ELEMENTS (hosted->servers); i++)
    bp_http_server_stop (hosted->servers[i], on_stopped, hosted);
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

/* Returns the seq after it. */
static gint64
push_to (Hosted     *hosted,
         guint       server,
         const char *token,
         const char *epoch,
         const char *op)
{
  g_autofree char *made = product (op, op, "");
  g_autofree char *raw = g_strdup_printf ("{'epoch':'%s','attempt':%" G_GINT64_FORMAT
                                          ",'operations':[%s]}",
                                          epoch, ++hosted->fixture.attempt, made);
  g_autofree char *body = quote (raw);
  g_autofree char *headers = g_strdup_printf (JSON "Authorization: Bearer %s\r\n", token);
  g_autoptr (Answer) answer = ask (hosted->ports[server], "POST", "/v1/push", headers, body);
  g_autoptr (JsonNode) node = NULL;

  g_assert_cmpint (answer->status, ==, 200);
  return json_object_get_int_member (answer_get_json (answer, &node), "seq");
}

static gint64
push (Hosted     *hosted,
      const char *op)
{
  return push_to (hosted, 0, hosted->fixture.token, hosted->fixture.epoch, op);
}

static void
talk_of_changes (Hosted *hosted)
{
  g_autoptr (Ear) own = ear_new (hosted->ports[0], hosted->fixture.token);
  g_autoptr (Ear) second = ear_new (hosted->ports[0], hosted->second_token);
  g_autoptr (Ear) other = ear_new (hosted->ports[0], hosted->other_token);
  gint64 seq;

  g_assert_cmpint (own->status, ==, 101);
  g_assert_cmpstr (own->protocol, ==, "1");
  seq = push (hosted, "o1");
  ear_wait_seq (second, seq);
  ear_wait_seq (own, seq);
  g_assert_cmpint (second->seq, ==, seq);
  g_assert_cmpuint (second->n_hints, ==, 1);

  seq = push_to (hosted, 0, hosted->other_token, hosted->other_epoch, "o2");
  ear_wait_seq (other, seq);
  g_assert_cmpint (other->seq, ==, seq);
  g_assert_cmpuint (other->n_hints, ==, 1);
  g_assert_cmpuint (second->n_hints, ==, 1);
}

static void
tells_of_changes_of_its_store_only (Hosted       *hosted,
                                    gconstpointer data)
{
  host (hosted, talk_of_changes);
}

static void
talk_to_another (Hosted *hosted)
{
  g_autoptr (Ear) ear = ear_new (hosted->ports[1], hosted->second_token);

  g_assert_cmpint (ear->status, ==, 101);
  ear_wait_seq (ear, push (hosted, "o1"));
  ear_wait_seq (ear, push (hosted, "o2"));
}

static void
tells_of_what_another_server_committed (Hosted       *hosted,
                                        gconstpointer data)
{
  host (hosted, talk_to_another);
}

/* As by a server that died when it had committed. */
static void
talk_unheard (Hosted *hosted)
{
  g_autoptr (Ear) ear = ear_new (hosted->ports[1], hosted->second_token);
  gint64 seq = push (hosted, "o1") + 1;

  fixture_run (&hosted->fixture, "UPDATE stores SET seq = seq + 1");
  ear_wait_seq (ear, seq);
}

static void
finds_out_what_nobody_told (Hosted       *hosted,
                            gconstpointer data)
{
  host (hosted, talk_unheard);
}

static void
talk_after_loss (Hosted *hosted)
{
  g_autoptr (Ear) ear = ear_new (hosted->ports[1], hosted->second_token);
  g_autofree char *n_ended = NULL;

  ear_wait_seq (ear, push (hosted, "o1"));
  n_ended = fixture_ask (&hosted->fixture,
                         "SELECT count (pg_terminate_backend (pid)) FROM pg_stat_activity"
                         " WHERE application_name = 'bizpulse-server'"
                         " AND pid <> pg_backend_pid ()");
  g_test_message ("%s connections ended", n_ended);
  ear_wait_seq (ear, push (hosted, "o2"));
  ear_wait_seq (ear, push (hosted, "o3"));
}

static void
talk_of_nothing (Hosted *hosted)
{
}

static void
hears_again_after_the_database_was_lost (Hosted       *hosted,
                                         gconstpointer data)
{
  if (hosted->fixture.path != NULL)
    g_test_skip ("A file is not lost");
  host (hosted, hosted->fixture.path != NULL ? talk_of_nothing : talk_after_loss);
}

static void
assert_refused (Hosted     *hosted,
                const char *method,
                const char *headers,
                int         status,
                const char *code)
{
  g_autoptr (Answer) answer = ask (hosted->ports[0], method, "/v1/live", headers, NULL);
  g_autofree char *protocol = answer_get_header (answer, "Bizpulse-Protocol");

  assert_problem (answer, status, code);
  g_assert_cmpstr (protocol, ==, "1");
}

static void
shut_out (Hosted     *hosted,
          const char *device_id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpBackend) backend = bp_backend_open (hosted->fixture.address, &error);
  g_autoptr (BpDevice) device = NULL;

  g_assert_no_error (error);
  bp_backend_call (backend, begin_write, hosted->fixture.store_id, &error);
  bp_backend_call (backend, find_device_by_id, hosted->fixture.store_id, device_id, &device,
                   &error);
  device->revoked_at = 1;
  bp_backend_call (backend, write_device, device, &error);
  BP_BACKEND_GET_CLASS (backend)->commit (backend, &error);
  g_assert_no_error (error);
}

static void
talk_as_stranger (Hosted *hosted)
{
  g_autofree char *bearer = g_strdup_printf ("Authorization: Bearer %s\r\n",
                                             hosted->fixture.token);
  g_autofree char *whole = g_strconcat (bearer, UPGRADE, NULL);
  g_autofree char *newer = g_strconcat (whole, "Bizpulse-Protocol: 2\r\n", NULL);
  g_autofree char *wrong = g_strconcat (UPGRADE "Authorization: Bearer x", whole + 22, NULL);

  assert_refused (hosted, "GET", UPGRADE, 401, "unauthorized");
  assert_refused (hosted, "GET", "", 401, "unauthorized");
  assert_refused (hosted, "GET", wrong, 401, "unauthorized");
  assert_refused (hosted, "GET", newer, 426, "upgrade_required");
  assert_refused (hosted, "GET", bearer, 400, "malformed");
  assert_refused (hosted, "POST", whole, 405, "method_not_allowed");
  shut_out (hosted, hosted->fixture.device_id);
  assert_refused (hosted, "GET", whole, 403, "revoked");
}

static void
refuses_strangers_before_the_upgrade (Hosted       *hosted,
                                      gconstpointer data)
{
  host (hosted, talk_as_stranger);
}

static void
talk_until_revoked (Hosted *hosted)
{
  g_autoptr (Ear) first = ear_new (hosted->ports[0], hosted->fixture.token);
  g_autoptr (Ear) second = ear_new (hosted->ports[0], hosted->second_token);

  shut_out (hosted, hosted->second_id);
  ear_wait_closed (second);
  g_assert_cmpint (soup_websocket_connection_get_close_code (second->connection), ==,
                   SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
  ear_wait_seq (first, push (hosted, "o1"));
}

static void
shuts_out_who_was_revoked (Hosted       *hosted,
                           gconstpointer data)
{
  host (hosted, talk_until_revoked);
}

/* At most 2 of a device, and 4 in all. */
static void
talk_in_crowd (Hosted *hosted)
{
  g_autoptr (Ear) first = ear_new (hosted->ports[0], hosted->fixture.token);
  g_autoptr (Ear) second = ear_new (hosted->ports[0], hosted->fixture.token);
  g_autoptr (Ear) third = ear_new (hosted->ports[0], hosted->fixture.token);
  g_autoptr (Ear) fourth = NULL;
  g_autoptr (Ear) fifth = NULL;
  g_autoptr (Ear) sixth = NULL;
  gint64 seq;

  ear_wait_closed (first);
  fourth = ear_new (hosted->ports[0], hosted->second_token);
  fifth = ear_new (hosted->ports[0], hosted->other_token);
  g_assert_cmpint (fourth->status, ==, 101);
  g_assert_cmpint (fifth->status, ==, 101);
  sixth = ear_new (hosted->ports[0], hosted->other_token);
  g_assert_null (sixth->connection);
  g_assert_cmpint (sixth->status, ==, 503);
  g_assert_cmpstr (sixth->retry_after, ==, "60");
  seq = push (hosted, "o1");
  ear_wait_seq (second, seq);
  ear_wait_seq (third, seq);
  ear_wait_seq (fourth, seq);
}

static void
limits_sockets_of_a_device_and_in_all (Hosted       *hosted,
                                       gconstpointer data)
{
  host (hosted, talk_in_crowd);
}

static void
talk_too_much (Hosted *hosted)
{
  g_autoptr (Ear) large = ear_new (hosted->ports[0], hosted->fixture.token);
  g_autoptr (Ear) many = ear_new (hosted->ports[0], hosted->second_token);
  g_autoptr (Ear) other = NULL;
  g_autofree char *text = g_strnfill (2000, 'x');

  soup_websocket_connection_send_text (large->connection, text);
  ear_wait_closed (large);

  text[500] = '\0';
  for (guint i = 0; i < 40; i++)
    soup_websocket_connection_send_text (many->connection, text);
  ear_wait_closed (many);

  other = ear_new (hosted->ports[0], hosted->other_token);
  soup_websocket_connection_send_text (other->connection, "{\"seq\":99}");
  ear_wait_seq (other, push_to (hosted, 0, hosted->other_token, hosted->other_epoch, "o1"));
}

static void
ignores_what_devices_say_and_drops_who_says_much (Hosted       *hosted,
                                                  gconstpointer data)
{
  host (hosted, talk_too_much);
}

/* Reads nothing but the end: whoever answers no ping is as good as dead. */
static void
talk_as_dead (Hosted *hosted)
{
  g_autofree char *request = g_strdup_printf ("GET /v1/live HTTP/1.1\r\nHost: x\r\n" UPGRADE
                                              "Authorization: Bearer %s\r\n\r\n",
                                              hosted->fixture.token);
  g_autoptr (Client) client = client_new (hosted->ports[0]);
  char buffer[512];
  gboolean is_upgraded = FALSE;
  gssize length;

  client_send (client, request, -1);
  while ((length = g_input_stream_read (client->input, buffer, sizeof buffer - 1, NULL, NULL)) > 0)
    {
      buffer[length] = '\0';
      is_upgraded |= strstr (buffer, "101") != NULL;
    }
  g_assert_true (is_upgraded);
}

static void
drops_who_answers_no_ping (Hosted       *hosted,
                           gconstpointer data)
{
  host (hosted, talk_as_dead);
}

static void
talk_until_stopped (Hosted *hosted)
{
  g_autoptr (Ear) ear = ear_new (hosted->ports[0], hosted->fixture.token);

  g_idle_add (stop, hosted);
  ear_wait_closed (ear);
  g_assert_cmpint (soup_websocket_connection_get_close_code (ear->connection), ==,
                   SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
}

static void
says_goodbye_when_it_stops (Hosted       *hosted,
                            gconstpointer data)
{
  host (hosted, talk_until_stopped);
}

#define add(path, test) g_test_add (path, Hosted, NULL, set_up, test, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/server/live/tells-of-changes-of-its-store-only", tells_of_changes_of_its_store_only);
  add ("/server/live/tells-of-what-another-server-committed",
       tells_of_what_another_server_committed);
  add ("/server/live/finds-out-what-nobody-told", finds_out_what_nobody_told);
  add ("/server/live/hears-again-after-the-database-was-lost",
       hears_again_after_the_database_was_lost);
  add ("/server/live/refuses-strangers-before-the-upgrade", refuses_strangers_before_the_upgrade);
  add ("/server/live/shuts-out-who-was-revoked", shuts_out_who_was_revoked);
  add ("/server/live/limits-sockets-of-a-device-and-in-all",
       limits_sockets_of_a_device_and_in_all);
  add ("/server/live/ignores-what-devices-say-and-drops-who-says-much",
       ignores_what_devices_say_and_drops_who_says_much);
  add ("/server/live/drops-who-answers-no-ping", drops_who_answers_no_ping);
  add ("/server/live/says-goodbye-when-it-stops", says_goodbye_when_it_stops);
  return g_test_run ();
}
