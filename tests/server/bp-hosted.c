#include "config.h"

#include "bp-hosted.h"

/* With options that a test may change before it starts. */
void
hosted_set_up (Hosted       *hosted,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BpSpoolLimits limits;

  fixture_set_up (&hosted->fixture, data);
  bp_spool_limits_init (&limits);
  hosted->spool = bp_spool_new (BP_CLOCK (hosted->fixture.clock), &limits, &error);
  g_assert_no_error (error);
  bp_http_options_init (&hosted->options);
  hosted->options.spool = hosted->spool;
  hosted->loop = g_main_loop_new (NULL, FALSE);
}

/* From here on the fixture's backend is the server's, until host() is over. */
void
hosted_start (Hosted *hosted)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GPtrArray) backends = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (backends, hosted->fixture.backend);
  hosted->server
    = bp_http_server_new (backends, BP_CLOCK (hosted->fixture.clock), &hosted->options);
  g_assert_true (bp_http_server_listen (hosted->server, address, &error));
  g_assert_no_error (error);
  hosted->port = bp_http_server_get_port (hosted->server);
}

void
hosted_tear_down (Hosted       *hosted,
                  gconstpointer data)
{
  g_assert_finalize_object (hosted->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_main_loop_unref (hosted->loop);
  bp_spool_unref (hosted->spool);
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

  hosted->talk (hosted, hosted->talk_data);
  g_idle_add (stop, hosted);
  return NULL;
}

/* Serves until @talk, in a thread of its own, has said all. */
void
host (Hosted  *hosted,
      GFunc    talk,
      gpointer data)
{
  GThread *thread;

  hosted->talk = talk;
  hosted->talk_data = data;
  thread = g_thread_new ("talk", run_talk, hosted);
  g_main_loop_run (hosted->loop);
  g_thread_join (thread);
}
