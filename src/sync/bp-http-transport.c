/* Requests and answers of the contract over HTTP. */
#include "config.h"

#include "bp-http-transport-private.h"

#include "bp-gzip.h"
#include "bp-http-download.h"
#include "bp-http-exchange.h"
#include "bp-http-put.h"
#include "bp-http-session.h"
#include "bp-limits.h"

struct _BpHttpTransport
{
  BpTransport parent_instance;

  char *url; /* (owned): without a slash at the end */
  BpHttpLine line;
};

G_DEFINE_FINAL_TYPE (BpHttpTransport, bp_http_transport, BP_TYPE_TRANSPORT)

static gboolean
put_body (BpHttpExchange   *exchange,
          const BpEndpoint *endpoint,
          GBytes           *body)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (exchange->message);
  g_autoptr (GBytes) wire = g_bytes_ref (body);

  if (g_bytes_get_size (body) > BP_MAX_UNPACKED)
    return FALSE;
  if (g_bytes_get_size (body) > BP_GZIP_FROM)
    {
      g_bytes_unref (wire);
      wire = bp_gzip_pack (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
      soup_message_headers_replace (headers, "Content-Encoding", "gzip");
    }
  if (g_bytes_get_size (wire) > endpoint->max_body)
    return FALSE;

  soup_message_set_request_body_from_bytes (exchange->message, "application/json", wire);
  exchange->bytes_sent = g_bytes_get_size (wire);
  return TRUE;
}

/* What an endpoint without a body is asked stands in the address. */
static char *
make_address (BpHttpTransport  *self,
              const BpEndpoint *endpoint,
              GBytes           *body)
{
  gsize length = 0;
  const char *query = NULL;

  if (endpoint->max_body == 0 && body != NULL)
    query = g_bytes_get_data (body, &length);

  return query == NULL ? g_strconcat (self->url, endpoint->path, NULL)
                       : g_strdup_printf ("%s%s?%.*s", self->url, endpoint->path, (int)length,
                                          query);
}

static char *
make_file_address (BpHttpTransport  *self,
                   const BpEndpoint *endpoint,
                   const char       *name,
                   const char       *query)
{
  g_autofree char *escaped = name != NULL ? g_uri_escape_string (name, NULL, FALSE) : NULL;

  return g_strconcat (self->url, endpoint->path, escaped != NULL ? escaped : "",
                      query != NULL ? "?" : "", query, NULL);
}

/* What is asked; all unowned. */
typedef struct
{
  const BpEndpoint *endpoint;
  const char *token; /* (nullable) */
  GBytes *body;      /* (nullable) */
} Request;

static BpAnswer *
send_once (BpHttpTransport *self,
           const Request   *request,
           GCancellable    *cancellable,
           gboolean        *again,
           GError         **error)
{
  g_auto (BpHttpExchange) exchange = { .line = &self->line, .endpoint = request->endpoint };
  g_autofree char *address = make_address (self, request->endpoint, request->body);
  BpAnswer *answer;

  if (!bp_http_exchange_prepare (&exchange, address, request->token, error))
    {
      *again = FALSE;
      return NULL;
    }
  if (request->body != NULL && request->endpoint->max_body > 0
      && !put_body (&exchange, request->endpoint, request->body))
    return bp_http_make_too_large (0);
  if (!bp_http_exchange_run (&exchange, cancellable, again, error))
    return NULL;

  answer = bp_http_exchange_make_answer (&exchange, error);
  if (answer == NULL || exchange.body->len == 0)
    bp_http_line_drop (&self->line);
  return answer;
}

static BpAnswer *
bp_http_transport_send (BpTransport      *transport,
                        const BpEndpoint *endpoint,
                        const char       *token,
                        GBytes           *body,
                        GCancellable     *cancellable,
                        GError          **error)
{
  BpHttpTransport *self = BP_HTTP_TRANSPORT (transport);
  Request request = { endpoint, token, body };
  gboolean again = TRUE;
  BpAnswer *answer;

  answer = send_once (self, &request, cancellable, &again, error);
  if (answer == NULL && again)
    {
      again = FALSE;
      answer = send_once (self, &request, cancellable, &again, error);
    }

  return answer;
}

static BpAnswer *
bp_http_transport_download (BpTransport      *transport,
                            const BpEndpoint *endpoint,
                            const char       *token,
                            BpDownload       *download,
                            GCancellable     *cancellable,
                            GError          **error)
{
  BpHttpTransport *self = BP_HTTP_TRANSPORT (transport);
  g_autofree char *address = make_file_address (self, endpoint, download->name, download->query);
  BpHttpDownload what = { &self->line, endpoint, address, token, download };
  gboolean again = TRUE;
  BpAnswer *answer;

  answer = bp_http_download (&what, cancellable, &again, error);
  if (answer == NULL && again)
    {
      again = FALSE;
      answer = bp_http_download (&what, cancellable, &again, error);
    }

  return answer;
}

static BpAnswer *
bp_http_transport_upload (BpTransport      *transport,
                          const BpEndpoint *endpoint,
                          const char       *token,
                          BpUpload         *upload,
                          GCancellable     *cancellable,
                          GError          **error)
{
  BpHttpTransport *self = BP_HTTP_TRANSPORT (transport);
  g_autofree char *address = make_file_address (self, endpoint, upload->name, NULL);
  BpHttpPut what = { &self->line, endpoint, address, token, upload };

  return bp_http_put (&what, cancellable, error);
}

static void
bp_http_transport_finalize (GObject *object)
{
  BpHttpTransport *self = BP_HTTP_TRANSPORT (object);

  bp_http_line_clear (&self->line);
  g_free (self->url);

  G_OBJECT_CLASS (bp_http_transport_parent_class)->finalize (object);
}

static void
bp_http_transport_class_init (BpHttpTransportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bp_http_transport_finalize;
  BP_TRANSPORT_CLASS (klass)->send = bp_http_transport_send;
  BP_TRANSPORT_CLASS (klass)->download = bp_http_transport_download;
  BP_TRANSPORT_CLASS (klass)->upload = bp_http_transport_upload;
}

static void
bp_http_transport_init (BpHttpTransport *self)
{
  bp_http_line_init (&self->line);
}

/**
 * bp_http_transport_new:
 * @url: as of bp_http_check_address()
 * @trusted: (nullable): as of bp_http_session_new()
 * @error: %BP_SYNC_ERROR_REFUSED where @url is not that
 *
 * Usable from any thread, by one at a time. Keeps its connection between
 * requests.
 *
 * Returns: (transfer full): a transport to the server there
 */
BpTransport *
bp_http_transport_new (const char   *url,
                       GTlsDatabase *trusted,
                       GError      **error)
{
  BpHttpTransport *self;

  g_return_val_if_fail (url != NULL, NULL);

  if (!bp_http_check_address (url, error))
    return NULL;

  self = g_object_new (BP_TYPE_HTTP_TRANSPORT, NULL);
  self->url = bp_http_make_address (url, "");
  g_set_object (&self->line.trusted, trusted);

  return BP_TRANSPORT (self);
}

/**
 * bp_http_transport_set_deadline:
 * @self: a transport
 * @milliseconds: a request ends when nothing has moved for so long; above 0
 *
 * For tests; 30 s unless set.
 */
void
bp_http_transport_set_deadline (BpHttpTransport *self,
                                gint64           milliseconds)
{
  g_return_if_fail (BP_IS_HTTP_TRANSPORT (self));
  g_return_if_fail (milliseconds > 0);

  self->line.deadline_us = milliseconds * 1000;
}

/**
 * bp_http_transport_set_pulse:
 * @self: a transport
 * @pulse: (nullable) (transfer none): counted up, atomically, whenever
 *   something moves; must outlive @self
 */
void
bp_http_transport_set_pulse (BpHttpTransport *self,
                             int             *pulse)
{
  g_return_if_fail (BP_IS_HTTP_TRANSPORT (self));

  self->line.pulse = pulse;
}
