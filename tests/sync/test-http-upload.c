/* Files sent over HTTP, to a server on a bare socket that takes what it likes. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bp-http-transport-private.h"
#include "bp-limits.h"

#define OURS "Bizpulse-Protocol: 1\r\nContent-Type: application/json\r\n"
#define ALL "The whole of a file, whatever it is."

/* More than the buffers of a connection hold. */
#define LONG (64 * 1024 * 1024)

typedef struct
{
  GThread *thread;
  GSocketListener *listener;
  GCancellable *cancellable;
  BpTransport *transport;
  char *path;
  int fd;
  BpUpload upload;
  GCancellable *stop; /* (nullable) */
  int n_moved;

  const char *answer; /* then the connection ends */
  gint64 takes;       /* bytes of the body */
  gboolean hangs;     /* instead of an answer */
  int n_requests;
  GString *head;      /* of the last request */
  GString *body;      /* its beginning */
} Server;

static gboolean
read_head (Server       *server,
           GInputStream *input)
{
  char byte;

  g_string_truncate (server->head, 0);
  while (strstr (server->head->str, "\r\n\r\n") == NULL)
    {
      if (g_input_stream_read (input, &byte, 1, server->cancellable, NULL) != 1)
        return FALSE;
      g_string_append_c (server->head, byte);
    }
  return TRUE;
}

static void
read_body (Server       *server,
           GInputStream *input)
{
  g_autofree char *buffer = g_malloc (64 * 1024);
  gint64 left = server->takes;

  g_string_truncate (server->body, 0);
  while (left > 0)
    {
      gssize length = g_input_stream_read (input, buffer, (gsize)MIN (left, 64 * 1024),
                                           server->cancellable, NULL);

      if (length <= 0)
        return;
      if (server->body->len < 1000)
        g_string_append_len (server->body, buffer, length);
      left -= length;
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
      GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
      GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
      GPollFD fd;

      if (read_head (server, input))
        {
          g_atomic_int_inc (&server->n_requests);
          read_body (server, input);
          if (server->hangs && g_cancellable_make_pollfd (server->cancellable, &fd))
            {
              g_poll (&fd, 1, -1);
              g_cancellable_release_fd (server->cancellable);
            }
          g_output_stream_write_all (output, server->answer, strlen (server->answer), NULL,
                                     server->cancellable, NULL);
        }
      g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
      g_object_unref (connection);
    }

  return NULL;
}

static void
on_moved (BpUpload *upload,
          gpointer  user_data)
{
  Server *server = user_data;

  server->n_moved++;
  if (server->stop != NULL)
    g_cancellable_cancel (server->stop);
}

static void
put_text (Server     *server,
          const char *text)
{
  g_assert_cmpint (ftruncate (server->fd, 0), ==, 0);
  g_assert_cmpint (pwrite (server->fd, text, strlen (text), 0), ==, (gssize)strlen (text));
  server->upload.size = (gint64)strlen (text);
  server->takes = server->upload.size;
}

/* Of nothing but zeroes: it needs no room on the disk. */
static void
put_long (Server *server)
{
  g_assert_cmpint (ftruncate (server->fd, LONG), ==, 0);
  server->upload.size = LONG;
  server->takes = LONG;
}

static void
set_up (Server       *server,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;
  guint16 port;

  server->listener = g_socket_listener_new ();
  port = g_socket_listener_add_any_inet_port (server->listener, NULL, &error);
  g_assert_no_error (error);
  server->cancellable = g_cancellable_new ();
  server->head = g_string_new (NULL);
  server->body = g_string_new (NULL);
  server->answer = "HTTP/1.1 201 Created\r\n" OURS "Content-Length: 7\r\n\r\n{\"a\":1}";
  url = g_strdup_printf ("http://127.0.0.1:%u", port);
  server->transport = bp_http_transport_new (url, NULL, &error);
  g_assert_no_error (error);
  bp_http_transport_set_deadline (BP_HTTP_TRANSPORT (server->transport), 20 * 1000);
  server->fd = g_file_open_tmp ("bizpulse-upload-XXXXXX", &server->path, &error);
  g_assert_no_error (error);
  server->upload = (BpUpload){
    .name = "day 1.db", .fd = server->fd, .moved = on_moved, .user_data = server,
  };
  put_text (server, ALL);
  server->thread = g_thread_new ("server", run_server, server);
}

static void
tear_down (Server       *server,
           gconstpointer data)
{
  g_clear_object (&server->transport);
  g_cancellable_cancel (server->cancellable);
  g_thread_join (server->thread);
  g_object_unref (server->listener);
  g_object_unref (server->cancellable);
  g_clear_object (&server->stop);
  close (server->fd);
  g_unlink (server->path);
  g_free (server->path);
  g_string_free (server->head, TRUE);
  g_string_free (server->body, TRUE);
}

static BpAnswer *
put (Server  *server,
     GError **error)
{
  return bp_transport_upload (server->transport, bp_endpoint_get (BP_ENDPOINT_PUT_BACKUP),
                              "secret", &server->upload, server->stop, error);
}

static void
expect_no_connection (Server *server)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = put (server, &error);

  g_test_message ("%s", error != NULL ? error->message : "answered");
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION);
  g_assert_null (answer);
}

/* From its beginning, wherever the descriptor is. */
static void
test_whole (Server       *server,
            gconstpointer data)
{
  for (int i = 1; i <= 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BpAnswer) answer = put (server, &error);

      g_assert_no_error (error);
      g_assert_null (answer->problem);
      g_assert_cmpint (answer->status, ==, 201);
      g_assert_cmpuint (answer->bytes_sent, ==, strlen (ALL));
      g_assert_cmpmem (g_bytes_get_data (answer->body, NULL), g_bytes_get_size (answer->body),
                       "{\"a\":1}", 7);
      g_assert_cmpstr (server->body->str, ==, ALL);
      g_assert_cmpint (server->upload.sent, ==, (gint64)strlen (ALL));
      g_assert_cmpint (server->n_moved, >=, i);
      g_assert_cmpint (server->n_requests, ==, i);
    }

  g_assert_true (g_str_has_prefix (server->head->str,
                                   "PUT /v1/backups/day%201.db HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (server->head->str, "\r\nAuthorization: Bearer secret\r\n"));
  g_assert_nonnull (strstr (server->head->str, "\r\nBizpulse-Protocol: 1\r\n"));
  g_assert_nonnull (strstr (server->head->str, "\r\nContent-Type: application/octet-stream\r\n"));
  g_assert_nonnull (strstr (server->head->str, "\r\nContent-Length: 36\r\n"));
  g_assert_null (strstr (server->head->str, "Content-Encoding"));
  g_assert_null (strstr (server->head->str, "Transfer-Encoding"));
}

static glong
get_peak (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

static void
test_little_memory (Server       *server,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;
  glong before = get_peak ();

  put_long (server);
  answer = put (server, &error);
  g_assert_no_error (error);
  g_assert_null (answer->problem);
  g_assert_cmpint (server->upload.sent, ==, LONG);
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpint (get_peak () - before, <, LONG / 1024 / 4);
#else
  g_test_message ("%ld KiB more", get_peak () - before);
#endif
}

static void
test_too_large (Server       *server,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  server->upload.size = (gint64)BP_MAX_BACKUP + 1;
  answer = put (server, &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->problem->code, ==, BP_PROBLEM_TOO_LARGE);
  g_assert_cmpint (server->n_requests, ==, 0);
}

static void
test_problems_are_answers (Server       *server,
                           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  server->answer = "HTTP/1.1 422 Whatever\r\nBizpulse-Protocol: 1\r\nContent-Length: 18\r\n"
                   "Content-Type: application/problem+json\r\n\r\n{\"code\":\"invalid\"}";
  answer = put (server, &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->status, ==, 422);
  g_assert_cmpint (answer->problem->code, ==, BP_PROBLEM_INVALID);
}

static void
test_other_answers (Server       *server,
                    gconstpointer data)
{
  static const char *const answers[] = {
    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 201 Created\r\n" OURS "Content-Length: 7\r\n\r\n{}",
    "HTTP/1.1 201 Created\r\n" OURS "Content-Length: 2\r\n\r\n{\"",
    "HTTP/1.1 200 OK\r\nBizpulse-Protocol: 2\r\nContent-Type: application/json\r\n"
    "Content-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nBizpulse-Protocol: 1\r\nContent-Type: text/html\r\n"
    "Content-Length: 2\r\n\r\n{}",
    "HTTP/1.1 307 Moved\r\n" OURS "Location: /v1/backups/other\r\nContent-Length: 2\r\n\r\n{}",
    "",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      server->answer = answers[i];
      expect_no_connection (server);
      g_assert_cmpint (server->n_requests, ==, (int)i + 1);
    }
}

static void
test_cut_in_the_middle (Server       *server,
                        gconstpointer data)
{
  put_long (server);
  server->takes = LONG / 4;
  server->answer = "";
  expect_no_connection (server);
  g_assert_cmpint (server->upload.sent, <, LONG);
  g_assert_cmpint (server->n_requests, ==, 1);
}

static void
test_nothing_is_taken (Server       *server,
                       gconstpointer data)
{
  bp_http_transport_set_deadline (BP_HTTP_TRANSPORT (server->transport), 200);
  put_long (server);
  server->takes = 0;
  server->hangs = TRUE;
  expect_no_connection (server);
}

static void
test_silence_ends (Server       *server,
                   gconstpointer data)
{
  bp_http_transport_set_deadline (BP_HTTP_TRANSPORT (server->transport), 200);
  server->hangs = TRUE;
  expect_no_connection (server);
  g_assert_cmpint (server->upload.sent, ==, (gint64)strlen (ALL));
}

static void
test_it_can_be_cancelled (Server       *server,
                          gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  put_long (server);
  server->stop = g_cancellable_new ();
  answer = put (server, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (answer);
  g_assert_cmpint (server->upload.sent, >, 0);
  g_assert_cmpint (server->upload.sent, <, LONG);
}

#define ADD(path, func) \
  g_test_add ("/sync/http-upload/" path, Server, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-whole-file-again-and-again", test_whole);
  ADD ("a-long-file-in-little-memory", test_little_memory);
  ADD ("a-file-over-the-limit-is-not-sent", test_too_large);
  ADD ("problems-are-answers", test_problems_are_answers);
  ADD ("other-answers-are-no-connection", test_other_answers);
  ADD ("a-line-cut-in-the-middle-is-no-connection", test_cut_in_the_middle);
  ADD ("a-server-that-takes-nothing-is-left", test_nothing_is_taken);
  ADD ("silence-ends", test_silence_ends);
  ADD ("it-can-be-cancelled", test_it_can_be_cancelled);

  return g_test_run ();
}
