/* Files on their way, with times of our own: who takes or sends nothing is cut
 * off, and only so many are on their way at a time. */
#include "config.h"

#include "bp-hosted.h"

#define SIZE (16 * 1024 * 1024)

static void
bring_backup (Hosted *hosted)
{
  g_autoptr (BpSpoolFile) file = bp_spool_make (hosted->spool, hosted->fixture.store_id, NULL);
  g_autofree char *bytes = g_strnfill (SIZE, 'x');
  BpCall call = { .endpoint = BP_ENDPOINT_PUT_BACKUP, .token = hosted->fixture.token, .body = "",
                  .name = "large", .upload = file, .spool = hosted->spool };
  g_autoptr (BpReply) reply = NULL;

  g_assert_true (bp_spool_file_append (file, bytes, SIZE, NULL));
  bp_spool_file_finish (file, NULL);
  reply = bp_rules_answer (hosted->fixture.backend, BP_CLOCK (hosted->fixture.clock), &call);
  g_assert_cmpint (reply->status, ==, 201);
}

static void
set_up (Hosted       *hosted,
        gconstpointer data)
{
  hosted_set_up (hosted, data);
  hosted->options.progress_ms = 1000;
  hosted->options.max_transfers_of_store = 1;
  bring_backup (hosted);
  hosted_start (hosted);
}

static Answer *
ask_for_byte (Hosted *hosted)
{
  g_autofree char *headers = g_strdup_printf ("Authorization: Bearer %s\r\nRange: bytes=0-0\r\n",
                                              hosted->fixture.token);

  return ask (hosted->port, "GET", "/v1/backups/large", headers, NULL);
}

/* While it is sent another one is refused; so when that is no longer refused,
 * the first one's end has come, though it never read a byte. */
static void
talk_and_take_nothing (gpointer data,
                       gpointer user_data)
{
  Hosted *hosted = data;
  g_autoptr (Client) client = client_new (hosted->port);
  g_autofree char *head = g_strdup_printf ("GET /v1/backups/large HTTP/1.1\r\nHost: x\r\n"
                                           "Authorization: Bearer %s\r\n\r\n",
                                           hosted->fixture.token);
  g_autoptr (Answer) refused = NULL;
  GSocket *socket = g_socket_connection_get_socket (client->connection);
  int status = 503;

  client_send (client, head, -1);
  g_assert_true (g_socket_condition_timed_wait (socket, G_IO_IN, 10 * G_USEC_PER_SEC, NULL, NULL));
  refused = ask_for_byte (hosted);
  assert_problem (refused, 503, "unavailable");
  for (gint64 end = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
       status == 503 && g_get_monotonic_time () < end;)
    {
      g_autoptr (Answer) answer = ask_for_byte (hosted);

      status = answer->status;
    }
  g_assert_cmpint (status, ==, 206);
}

static void
who_takes_nothing (Hosted       *hosted,
                   gconstpointer data)
{
  host (hosted, talk_and_take_nothing, NULL);
}

static void
talk_and_send_little (gpointer data,
                      gpointer user_data)
{
  Hosted *hosted = data;
  g_autoptr (Client) client = client_new (hosted->port);
  g_autofree char *head = g_strdup_printf ("PUT /v1/backups/large HTTP/1.1\r\nHost: x\r\n"
                                           "Content-Length: 1000000\r\n"
                                           "Authorization: Bearer %s\r\n\r\nbooks",
                                           hosted->fixture.token);
  g_autoptr (Answer) answer = NULL;

  client_send (client, head, -1);
  g_assert_null (client_receive (client));
  answer = ask_for_byte (hosted);
  g_assert_cmpint (answer->status, ==, 206);
}

static void
who_sends_little (Hosted       *hosted,
                  gconstpointer data)
{
  host (hosted, talk_and_send_little, NULL);
}

#define ADD(name, func) \
  g_test_add ("/server/transfer/" name, Hosted, NULL, set_up, func, hosted_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("who-takes-nothing-is-cut-off", who_takes_nothing);
  ADD ("who-sends-little-is-cut-off", who_sends_little);
  return g_test_run ();
}
