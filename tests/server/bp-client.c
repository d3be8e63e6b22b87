#include "config.h"

#include "bp-client.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "bp-json.h"

#define TIMEOUT_S 30

Client *
client_new (guint16 port)
{
  Client *client = g_new0 (Client, 1);
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GInputStream *base;

  g_socket_client_set_timeout (connector, TIMEOUT_S);
  client->connection = g_socket_client_connect_to_host (connector, "127.0.0.1", port, NULL,
                                                        &error);
  g_assert_no_error (error);
  base = g_io_stream_get_input_stream (G_IO_STREAM (client->connection));
  client->input = G_INPUT_STREAM (g_data_input_stream_new (base));
  g_data_input_stream_set_newline_type (G_DATA_INPUT_STREAM (client->input),
                                        G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  return client;
}

void
client_free (Client *client)
{
  if (client == NULL)
    return;

  g_object_unref (client->input);
  g_io_stream_close (G_IO_STREAM (client->connection), NULL, NULL);
  g_object_unref (client->connection);
  g_free (client);
}

/* Whoever is refused in the middle may find the connection shut. */
void
client_send (Client     *client,
             const char *data,
             gssize      length)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (client->connection));

  g_output_stream_write_all (output, data, length < 0 ? strlen (data) : (gsize)length, NULL, NULL,
                             NULL);
}

/* Returns %NULL where the server ended the connection instead. */
Answer *
client_receive (Client *client)
{
  g_autoptr (GString) headers = g_string_new (NULL);
  Answer *answer;
  g_autofree char *length = NULL;
  gsize size;
  char *body;

  for (;;)
    {
      g_autofree char *line = g_data_input_stream_read_line (G_DATA_INPUT_STREAM (client->input),
                                                             NULL, NULL, NULL);

      if (line == NULL)
        return NULL;
      if (line[0] == '\0')
        break;
      g_string_append_printf (headers, "%s\n", line);
    }

  answer = g_new0 (Answer, 1);
  answer->headers = g_strdup (headers->str);
  answer->status = atoi (headers->str + strlen ("HTTP/1.1 "));
  length = answer_get_header (answer, "Content-Length");
  size = length != NULL ? (gsize)g_ascii_strtoull (length, NULL, 10) : 0;
  body = g_malloc (size + 1);
  g_assert_true (g_input_stream_read_all (client->input, body, size, &size, NULL, NULL));
  answer->body = g_bytes_new_take (body, size);
  return answer;
}

Answer *
client_ask (Client     *client,
            const char *method,
            const char *path,
            const char *headers,
            const char *body,
            gssize      length)
{
  gsize size = body == NULL ? 0 : length < 0 ? strlen (body) : (gsize)length;
  g_autofree char *head = g_strdup_printf (
    "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n%s\r\n", method,
    path, size, headers);
  Answer *answer;

  client_send (client, head, -1);
  client_send (client, body != NULL ? body : "", (gssize)size);
  answer = client_receive (client);
  g_assert_nonnull (answer);
  return answer;
}

Answer *
ask (guint16     port,
     const char *method,
     const char *path,
     const char *headers,
     const char *body)
{
  g_autoptr (Client) client = client_new (port);

  return client_ask (client, method, path, headers, body, -1);
}

void
answer_free (Answer *answer)
{
  if (answer == NULL)
    return;

  g_free (answer->headers);
  g_bytes_unref (answer->body);
  g_free (answer);
}

char *
answer_get_header (Answer     *answer,
                   const char *name)
{
  g_auto (GStrv) lines = g_strsplit (answer->headers, "\n", -1);
  gsize length = strlen (name);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
        return g_strstrip (g_strdup (lines[i] + length + 1));
    }
  return NULL;
}

JsonObject *
answer_get_json (Answer    *answer,
                 JsonNode **node)
{
  g_autoptr (GError) error = NULL;

  *node = bp_json_parse_object (g_bytes_get_data (answer->body, NULL),
                                (gssize)g_bytes_get_size (answer->body), &error);
  g_assert_no_error (error);
  return json_node_get_object (*node);
}

void
assert_problem (Answer     *answer,
                int         status,
                const char *code)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *type = answer_get_header (answer, "Content-Type");
  g_autofree char *protocol = answer_get_header (answer, "Bizpulse-Protocol");

  g_assert_cmpint (answer->status, ==, status);
  g_assert_cmpstr (type, ==, "application/problem+json");
  g_assert_cmpstr (protocol, ==, "1");
  g_assert_cmpstr (json_object_get_string_member (answer_get_json (answer, &node), "code"), ==,
                   code);
}

void
process_set_up (Process      *process,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  process->folder = g_dir_make_tmp ("bizpulse-process-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (process->folder, "deep", "server.db", NULL);
  process->database = g_strconcat ("--database=sqlite:", path, NULL);
}

void
process_start (Process    *process,
               const char *shell)
{
  g_autoptr (GError) error = NULL;
  const char *server = g_getenv ("BIZPULSE_SERVER");
  g_autofree char *command = g_strdup_printf ("%s; exec \"$0\" \"$@\"", shell);
  g_autofree char *line = NULL;

  g_assert_nonnull (server);
  process->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "sh", "-c", command,
                                       server, process->database, "--listen", "127.0.0.1:0", NULL);
  g_assert_no_error (error);
  process->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process->process));
  line = g_data_input_stream_read_line (process->output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (line, "listening on http://127.0.0.1:"));
  process->port = (guint16)atoi (strrchr (line, ':') + 1);
}

void
process_stop (Process *process,
              int      signal)
{
  g_subprocess_send_signal (process->process, signal);
  g_assert_true (g_subprocess_wait (process->process, NULL, NULL));
  if (signal == SIGTERM)
    {
      g_assert_true (g_subprocess_get_if_exited (process->process));
      g_assert_cmpint (g_subprocess_get_exit_status (process->process), ==, 0);
    }
  g_clear_object (&process->output);
  g_clear_object (&process->process);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_folder (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

void
process_tear_down (Process      *process,
                   gconstpointer data)
{
  if (process->process != NULL)
    process_stop (process, SIGTERM);
  remove_folder (process->folder);
  g_free (process->folder);
  g_free (process->database);
}

/* Runs a command on the same database and returns what it printed. */
char *
process_run (Process    *process,
             int         status,
             const char *first,
             ...)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  g_autoptr (GSubprocess) command = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  va_list list;

  g_ptr_array_add (arguments, (gpointer)g_getenv ("BIZPULSE_SERVER"));
  g_ptr_array_add (arguments, process->database);
  va_start (list, first);
  for (const char *one = first; one != NULL; one = va_arg (list, const char *))
    g_ptr_array_add (arguments, (gpointer)one);
  va_end (list);
  g_ptr_array_add (arguments, NULL);
  command = g_subprocess_newv ((const char *const *)arguments->pdata,
                               G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                               &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (command, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (command));
  g_assert_cmpint (g_subprocess_get_exit_status (command), ==, status);
  return output;
}
