#include "config.h"

#include "bp-http-cut.h"

#include <string.h>

#include "bp-kept-stream.h"
#include "bp-limits.h"

#define LINGER_BYTES (64 * 1024)

static void
on_lingered (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GIOStream) stream = user_data;

  if (g_input_stream_skip_finish (G_INPUT_STREAM (source), result, NULL) > 0)
    g_input_stream_skip_async (G_INPUT_STREAM (source), LINGER_BYTES, G_PRIORITY_LOW, NULL,
                               on_lingered, g_object_ref (stream));
}

static void
on_cut_answered (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (GIOStream) stream = user_data;
  GIOStream *base = BP_IS_KEPT_STREAM (stream) ? bp_kept_stream_get_base (BP_KEPT_STREAM (stream))
                                               : stream;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL))
    return;
  if (G_IS_SOCKET_CONNECTION (base))
    g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)), FALSE, TRUE,
                       NULL);
  g_input_stream_skip_async (g_io_stream_get_input_stream (stream), LINGER_BYTES, G_PRIORITY_LOW,
                             NULL, on_lingered, g_object_ref (stream));
}

/**
 * bp_http_cut_off:
 * @message: (transfer none): a request whose body is not to be read
 * @problem: why
 *
 * Answers before the body is there, and reads on for a while without keeping
 * anything: who still sends would otherwise never see the answer. The message
 * is of no further use.
 */
void
bp_http_cut_off (SoupServerMessage *message,
                 const BpProblem   *problem)
{
  g_autofree char *body = bp_problem_to_text (problem);
  int status = bp_problem_get_status (problem->code);
  char *answer_text = g_strdup_printf ("HTTP/1.1 %d %s\r\n"
                                       "Content-Type: application/problem+json\r\n"
                                       "Content-Length: %" G_GSIZE_FORMAT "\r\n"
                                       "Connection: close\r\n"
                                       BP_HEADER_PROTOCOL ": %d\r\n\r\n%s",
                                       status, soup_status_get_phrase ((guint)status),
                                       strlen (body), BP_PROTOCOL_VERSION, body);
  GIOStream *stream;

  stream = soup_server_message_steal_connection (message);
  g_object_set_data_full (G_OBJECT (stream), "bp-answer", answer_text, g_free);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (stream), answer_text,
                                   strlen (answer_text), G_PRIORITY_DEFAULT, NULL,
                                   on_cut_answered, stream);
}
