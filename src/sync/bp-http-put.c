/* A file as the body of a request, piece by piece from its descriptor. It goes
 * over a connection of its own: one that was kept may just be closing, and the
 * file would have to be sent twice. */
#include "config.h"

#include "bp-http-put.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <unistd.h>

static void
on_wrote_body_data (SoupMessage *message,
                    guint        length,
                    gpointer     user_data)
{
  BpUpload *upload = user_data;

  upload->sent += length;
  if (upload->moved != NULL)
    upload->moved (upload, upload->user_data);
}

static gboolean
put_file (BpHttpExchange *exchange,
          BpUpload       *upload,
          GError        **error)
{
  g_autoptr (GInputStream) stream = NULL;

  if (lseek (upload->fd, 0, SEEK_SET) != 0)
    {
      int saved = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved),
                   "Could not read what is to be sent: %s", g_strerror (saved));
      return FALSE;
    }

  stream = g_unix_input_stream_new (upload->fd, FALSE);
  soup_message_set_request_body (exchange->message, "application/octet-stream", stream,
                                 (gssize)upload->size);
  exchange->bytes_sent = (gsize)upload->size;
  g_signal_connect (exchange->message, "wrote-body-data", G_CALLBACK (on_wrote_body_data), upload);
  return TRUE;
}

/**
 * bp_http_put:
 * @what: as of bp_transport_upload()
 * @cancellable: (nullable): ends the wait
 * @error: as bp_transport_upload()
 *
 * Returns: (transfer full) (nullable): as bp_transport_upload()
 */
BpAnswer *
bp_http_put (const BpHttpPut *what,
             GCancellable    *cancellable,
             GError         **error)
{
  g_auto (BpHttpExchange) exchange = { .line = what->line, .endpoint = what->endpoint };
  gboolean again = FALSE;
  BpAnswer *answer;

  bp_http_line_drop (what->line);
  if (!bp_http_exchange_prepare (&exchange, what->address, what->token, error)
      || !put_file (&exchange, what->upload, error)
      || !bp_http_exchange_run (&exchange, cancellable, &again, error))
    return NULL;

  answer = bp_http_exchange_make_answer (&exchange, error);
  if (answer == NULL || exchange.body->len == 0)
    bp_http_line_drop (what->line);
  return answer;
}
