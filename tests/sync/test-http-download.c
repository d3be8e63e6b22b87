/* Files over HTTP, from a server on a bare socket that says what it is told. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bp-http-transport-private.h"

#define OURS "Bizpulse-Protocol: 1\r\nBizpulse-Epoch: e7\r\n"
#define FILE_HEADERS OURS "Content-Type: application/vnd.sqlite3\r\nETag: \"v1\"\r\n"
#define ALL "The whole of a file, whatever it is."

typedef struct
{
  GThread *thread;
  GSocketListener *listener;
  GCancellable *cancellable;
  BpTransport *transport;
  char *path;
  int fd;
  BpDownload download;

  GString *answer; /* then the connection ends, or, where it hangs, stays */
  gboolean hangs;
  GString *head;   /* of the last request */
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
      char byte;

      if (read_head (server, input))
        g_output_stream_write_all (output, server->answer->str, server->answer->len, NULL,
                                   server->cancellable, NULL);
      if (server->hangs)
        g_input_stream_read (input, &byte, 1, server->cancellable, NULL);
      g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
      g_object_unref (connection);
    }

  return NULL;
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
  server->answer = g_string_new (NULL);
  server->head = g_string_new (NULL);
  url = g_strdup_printf ("http://127.0.0.1:%u", port);
  server->transport = bp_http_transport_new (url, NULL, &error);
  g_assert_no_error (error);
  bp_http_transport_set_deadline (BP_HTTP_TRANSPORT (server->transport), 20 * 1000);
  server->fd = g_file_open_tmp ("bizpulse-download-XXXXXX", &server->path, &error);
  g_assert_no_error (error);
  server->download = (BpDownload){
    .query = "tables=products,sales", .fd = server->fd, .max_size = 1000,
  };
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
  bp_download_clear (&server->download);
  close (server->fd);
  g_unlink (server->path);
  g_free (server->path);
  g_string_free (server->answer, TRUE);
  g_string_free (server->head, TRUE);
}

static BpAnswer *
ask (Server     *server,
     const char *status,
     const char *headers,
     const char *body,
     GError    **error)
{
  g_string_printf (server->answer, "HTTP/1.1 %s\r\nConnection: close\r\n%s\r\n%s", status, headers,
                   body);
  return bp_transport_download (server->transport, bp_endpoint_get (BP_ENDPOINT_SNAPSHOT),
                                "secret", &server->download, NULL, error);
}

static void
expect_file (Server     *server,
             const char *expected)
{
  g_autofree char *text = NULL;
  gsize length;

  g_file_get_contents (server->path, &text, &length, NULL);
  g_assert_cmpmem (text, length, expected, strlen (expected));
  g_assert_cmpint (server->download.offset, ==, (gint64)length);
}

static void
expect_error (Server     *server,
              const char *status,
              const char *headers,
              const char *body,
              int         code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = ask (server, status, headers, body, &error);

  g_test_message ("%s", error != NULL ? error->message : "answered");
  g_assert_error (error, BP_SYNC_ERROR, code);
  g_assert_null (answer);
}

/* Part of it is there already. */
static void
put_part (Server     *server,
          const char *text,
          const char *etag)
{
  g_assert_cmpint (ftruncate (server->fd, 0), ==, 0);
  g_assert_cmpint (pwrite (server->fd, text, strlen (text), 0), ==, (gssize)strlen (text));
  server->download.offset = (gint64)strlen (text);
  g_free (server->download.etag);
  server->download.etag = g_strdup (etag);
}

static void
test_whole (Server       *server,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  answer = ask (server, "200 OK", FILE_HEADERS "Content-Length: 36\r\n", ALL, &error);
  g_assert_no_error (error);
  g_assert_null (answer->problem);
  g_assert_cmpstr (answer->epoch, ==, "e7");
  g_assert_cmpstr (server->download.etag, ==, "\"v1\"");
  g_assert_cmpint (server->download.size, ==, 36);
  g_assert_cmpint (server->download.received, ==, 36);
  g_assert_false (server->download.is_packed);
  expect_file (server, ALL);

  g_assert_true (g_str_has_prefix (server->head->str,
                                   "GET /v1/snapshot?tables=products,sales HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (server->head->str, "Authorization: Bearer secret\r\n"));
  g_assert_nonnull (strstr (server->head->str, "Accept-Encoding: gzip\r\n"));
  g_assert_null (strstr (server->head->str, "Range"));
}

static void
test_packed_is_told (Server       *server,
                     gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  answer = ask (server, "200 OK", FILE_HEADERS "Content-Encoding: gzip\r\nContent-Length: 4\r\n",
                "abcd", &error);
  g_assert_no_error (error);
  g_assert_true (server->download.is_packed);
  expect_file (server, "abcd");
}

static void
test_the_rest (Server       *server,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  put_part (server, "The whole ", "\"v1\"");
  answer = ask (server, "206 Partial Content",
                FILE_HEADERS "Content-Length: 26\r\nContent-Range: bytes 10-35/36\r\n", ALL + 10,
                &error);
  g_assert_no_error (error);
  expect_file (server, ALL);
  g_assert_cmpint (server->download.received, ==, 26);
  g_assert_nonnull (strstr (server->head->str, "Range: bytes=10-\r\n"));
  g_assert_nonnull (strstr (server->head->str, "If-Range: \"v1\"\r\n"));
}

static void
test_another_file_comes_anew (Server       *server,
                              gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  put_part (server, "Something longer than all of the file, and another one", "\"v0\"");
  answer = ask (server, "200 OK", FILE_HEADERS "Content-Length: 36\r\n", ALL, &error);
  g_assert_no_error (error);
  expect_file (server, ALL);
  g_assert_cmpstr (server->download.etag, ==, "\"v1\"");
}

/* What a weak ETag says is the same need not be so byte for byte. */
static void
test_weak_etags_begin_anew (Server       *server,
                            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  put_part (server, "The whole ", "W/\"v1\"");
  answer = ask (server, "200 OK", FILE_HEADERS "Content-Length: 36\r\n", ALL, &error);
  g_assert_no_error (error);
  g_assert_null (strstr (server->head->str, "Range"));
  expect_file (server, ALL);
}

static void
test_other_parts_are_refused (Server       *server,
                              gconstpointer data)
{
  static const char *const headers[] = {
    FILE_HEADERS "Content-Length: 25\r\nContent-Range: bytes 11-35/36\r\n",
    FILE_HEADERS "Content-Length: 25\r\nContent-Range: bytes 10-34/36\r\n",
    FILE_HEADERS "Content-Length: 26\r\nContent-Range: bytes 10-35/*\r\n",
    FILE_HEADERS "Content-Length: 26\r\n",
    OURS "Content-Type: application/vnd.sqlite3\r\nETag: \"v2\"\r\nContent-Length: 26\r\n"
    "Content-Range: bytes 10-35/36\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      put_part (server, "The whole ", "\"v1\"");
      expect_error (server, "206 Partial Content", headers[i], ALL + 10,
                    BP_SYNC_ERROR_NO_CONNECTION);
      expect_file (server, "The whole ");
    }
}

static void
test_no_such_part (Server       *server,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  put_part (server, "The whole ", "\"v1\"");
  answer = ask (server, "416 Range Not Satisfiable", OURS "Content-Length: 0\r\n", "", &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->status, ==, 416);
  g_assert_nonnull (answer->problem);
}

static void
test_broken_off (Server       *server,
                 gconstpointer data)
{
  expect_error (server, "200 OK", FILE_HEADERS "Content-Length: 36\r\n", "The whole",
                BP_SYNC_ERROR_NO_CONNECTION);
  expect_file (server, "The whole");
  g_assert_cmpint (server->download.received, ==, 9);
  g_assert_true (server->download.is_begun);
}

static void
test_what_is_no_file (Server       *server,
                      gconstpointer data)
{
  static const struct
  {
    const char *status;
    const char *headers;
  } answers[] = {
    { "200 OK", "Content-Type: text/html\r\nContent-Length: 36\r\n" },
    { "200 OK", "Content-Type: application/vnd.sqlite3\r\nContent-Length: 36\r\n" },
    { "200 OK", OURS "Content-Type: text/html\r\nContent-Length: 36\r\n" },
    { "200 OK", FILE_HEADERS "Content-Encoding: br\r\nContent-Length: 36\r\n" },
    { "200 OK", FILE_HEADERS "Transfer-Encoding: chunked\r\n" },
    { "200 OK", FILE_HEADERS },
    { "204 No Content", FILE_HEADERS },
    { "302 Found", OURS "Location: http://127.0.0.1:1/\r\nContent-Length: 0\r\n" },
    { "404 Not Found", "Content-Type: text/html\r\nContent-Length: 36\r\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      put_part (server, "kept", "\"v0\"");
      expect_error (server, answers[i].status, answers[i].headers, ALL,
                    BP_SYNC_ERROR_NO_CONNECTION);
      expect_file (server, "kept");
      g_assert_false (server->download.is_begun);
    }
  g_assert_cmpint (server->download.status, ==, 404);
}

static void
test_too_large (Server       *server,
                gconstpointer data)
{
  expect_error (server, "200 OK", FILE_HEADERS "Content-Length: 1001\r\n", ALL,
                BP_SYNC_ERROR_REFUSED);
  expect_file (server, "");
}

static void
test_problems_are_answers (Server       *server,
                           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  answer = ask (server, "404 Not Found",
                OURS "Content-Type: application/problem+json\r\nContent-Length: 20\r\n",
                "{\"code\":\"not_found\"}", &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->problem->code, ==, BP_PROBLEM_NOT_FOUND);
  expect_file (server, "");
}

static gboolean
stop (BpDownload *download,
      gpointer    user_data)
{
  return FALSE;
}

static void
test_it_can_be_stopped (Server       *server,
                        gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpAnswer) answer = NULL;

  server->download.moved = stop;
  answer = ask (server, "200 OK", FILE_HEADERS "Content-Length: 36\r\n", "The whole", &error);
  g_assert_no_error (error);
  g_assert_null (answer->problem);
  expect_file (server, "The whole");
}

static void
test_silence_ends (Server       *server,
                   gconstpointer data)
{
  bp_http_transport_set_deadline (BP_HTTP_TRANSPORT (server->transport), 100);
  server->hangs = TRUE;
  expect_error (server, "200 OK", FILE_HEADERS "Content-Length: 36\r\n", "The whole",
                BP_SYNC_ERROR_NO_CONNECTION);
  expect_file (server, "The whole");
}

#define ADD(path, func) \
  g_test_add ("/sync/http-download/" path, Server, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-whole-file", test_whole);
  ADD ("a-packed-file-stays-packed", test_packed_is_told);
  ADD ("the-rest-of-a-file", test_the_rest);
  ADD ("another-file-comes-anew", test_another_file_comes_anew);
  ADD ("weak-etags-begin-anew", test_weak_etags_begin_anew);
  ADD ("other-parts-are-refused", test_other_parts_are_refused);
  ADD ("no-such-part-is-an-answer", test_no_such_part);
  ADD ("what-came-before-a-break-is-kept", test_broken_off);
  ADD ("what-is-no-file-is-no-connection", test_what_is_no_file);
  ADD ("a-file-over-the-limit-is-refused", test_too_large);
  ADD ("problems-are-answers", test_problems_are_answers);
  ADD ("it-can-be-stopped", test_it_can_be_stopped);
  ADD ("silence-ends", test_silence_ends);

  return g_test_run ();
}
