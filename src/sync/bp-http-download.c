/* A file in parts: the beginning that is there is kept only where the server
 * says that its file is still the same, and the end counts only where as much
 * came as was said. */
#include "config.h"

#include "bp-http-download.h"

#include <errno.h>
#include <unistd.h>

#include "bp-limits.h"

static gboolean
refuse (GError    **error,
        const char *why)
{
  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
               "The server's file cannot be used: %s", why);
  return FALSE;
}

/* Where the part that comes begins, and how long the file is. */
static gboolean
find_part (SoupMessage *message,
           gint64      *start,
           gint64      *size,
           GError     **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  goffset first, last, total;

  if (soup_message_get_status (message) == SOUP_STATUS_OK)
    {
      *start = 0;
      *size = soup_message_headers_get_content_length (headers);
      return soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH
             || refuse (error, "its length is not known");
    }
  if (soup_message_get_status (message) != SOUP_STATUS_PARTIAL_CONTENT
      || !soup_message_headers_get_content_range (headers, &first, &last, &total)
      || total < 0 || last != total - 1)
    return refuse (error, "not the part that was asked for");

  *start = first;
  *size = total;
  return TRUE;
}

static gboolean
find_packing (SoupMessageHeaders *headers,
              gboolean           *is_packed,
              GError            **error)
{
  const char *encoding = soup_message_headers_get_one (headers, "Content-Encoding");

  *is_packed = encoding != NULL && (g_ascii_strcasecmp (encoding, "gzip") == 0
                                    || g_ascii_strcasecmp (encoding, "x-gzip") == 0);
  return *is_packed || encoding == NULL || g_ascii_strcasecmp (encoding, "identity") == 0
         || refuse (error, "packed in an unknown way");
}

static gboolean
fail_to_write (GError **error)
{
  int saved = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved), "Could not keep what came: %s",
               g_strerror (saved));
  return FALSE;
}

/* What was there before is kept, as long as nothing else is known. */
static gboolean
take_over (BpDownload *download,
           const char *etag,
           gint64      start,
           GError    **error)
{
  if (start > 0)
    return (start == download->offset && g_strcmp0 (etag, download->etag) == 0)
           || refuse (error, "not the part that was asked for");

  download->offset = 0;
  g_free (download->etag);
  download->etag = g_strdup (etag);
  return ftruncate (download->fd, 0) == 0 || fail_to_write (error);
}

static gboolean
begin (SoupMessage *message,
       gpointer     user_data,
       GError     **error)
{
  BpDownload *download = user_data;
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  const char *etag = soup_message_headers_get_one (headers, "ETag");
  gint64 start, size;
  gboolean is_packed;

  if (!find_part (message, &start, &size, error) || !find_packing (headers, &is_packed, error))
    return FALSE;
  if (size > download->max_size)
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED,
                   "The server's file is too large");
      return FALSE;
    }
  if (!take_over (download, etag, start, error))
    return FALSE;

  download->size = size;
  download->is_packed = is_packed;
  download->is_begun = TRUE;
  return download->begun == NULL || download->begun (download, download->user_data);
}

static gboolean
take (const char *data,
      gsize       length,
      gpointer    user_data,
      GError    **error)
{
  BpDownload *download = user_data;

  download->received += (gint64)length;
  if ((gint64)length > download->size - download->offset)
    return refuse (error, "more came than was said");
  while (length > 0)
    {
      gssize written = pwrite (download->fd, data, length, (off_t)download->offset);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return fail_to_write (error);
      data += written;
      length -= (gsize)written;
      download->offset += written;
    }

  return download->moved == NULL || download->moved (download, download->user_data);
}

/* Only a strong ETag can tell that bytes are the same. */
static gboolean
is_strong (const char *etag)
{
  return etag != NULL && etag[0] == '"';
}

static void
ask_for_rest (SoupMessage *message,
              BpDownload  *download)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  if (download->offset > 0 && is_strong (download->etag))
    {
      g_autofree char *range = g_strdup_printf ("bytes=%" G_GINT64_FORMAT "-", download->offset);

      soup_message_headers_replace (headers, "Range", range);
      soup_message_headers_replace (headers, "If-Range", download->etag);
    }
}

/**
 * bp_http_download:
 * @what: as of bp_transport_download()
 * @cancellable: (nullable): ends the wait
 * @again: (inout): as bp_http_exchange_run()
 * @error: as bp_transport_download()
 *
 * Returns: (transfer full) (nullable): as bp_transport_download()
 */
BpAnswer *
bp_http_download (const BpHttpDownload *what,
                  GCancellable         *cancellable,
                  gboolean             *again,
                  GError              **error)
{
  BpDownload *download = what->download;
  BpHttpSink sink = { begin, take, download };
  g_auto (BpHttpExchange) exchange
    = { .line = what->line, .endpoint = what->endpoint, .sink = &sink };
  BpAnswer *answer;
  gboolean has_run;

  if (!bp_http_exchange_prepare (&exchange, what->address, what->token, error))
    {
      *again = FALSE;
      return NULL;
    }

  ask_for_rest (exchange.message, download);
  has_run = bp_http_exchange_run (&exchange, cancellable, again, error);
  download->status = (int)soup_message_get_status (exchange.message);
  if (!has_run)
    return NULL;
  if (exchange.is_file && !exchange.is_left && download->offset < download->size)
    {
      bp_http_line_drop (what->line);
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
                   "The server's file did not arrive whole");
      return NULL;
    }

  answer = bp_http_exchange_make_answer (&exchange, error);
  if (answer == NULL || (!exchange.is_file && exchange.body->len == 0))
    bp_http_line_drop (what->line);
  return answer;
}
