#include "config.h"

#include "bp-http-call.h"

#include <string.h>

#include "bp-error.h"
#include "bp-gzip.h"
#include "bp-limits.h"
#include "bp-token.h"

/* A body that is too large is read to its end, so that the connection can be
 * kept, unless it is larger than this. */
#define DRAIN_MAX (8 * 1024 * 1024)

/* A proxy may add a few to those of a device. */
#define MAX_HEADERS 100

/* A short request stays short when unpacked. */
#define UNPACKED_FACTOR 8

/* What all requests under way may keep together: whoever sends them need not
 * have shown a valid token yet. */
#define HELD_MAX (64 * 1024 * 1024)

/**
 * bp_http_call_takes_file:
 * @self: a call
 *
 * Returns: whether its body is a file
 */
gboolean
bp_http_call_takes_file (const BpHttpCall *self)
{
  return self->endpoint != NULL && self->endpoint->takes_file;
}

static char *
find_token (SoupMessageHeaders *headers)
{
  const char *value = soup_message_headers_get_one (headers, "Authorization");
  static const char scheme[] = "Bearer ";

  if (value == NULL || g_ascii_strncasecmp (value, scheme, strlen (scheme)) != 0)
    return NULL;

  return g_strstrip (g_strdup (value + strlen (scheme)));
}

static char *
find_address (SoupServerMessage *message,
              gboolean           behind_proxy)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *forwarded = behind_proxy ? soup_message_headers_get_list (headers, "X-Forwarded-For")
                                       : NULL;
  const char *last = forwarded != NULL ? strrchr (forwarded, ',') : NULL;
  const char *host = soup_server_message_get_remote_host (message);

  if (forwarded != NULL)
    return g_strstrip (g_strdup (last != NULL ? last + 1 : forwarded));
  return g_strdup (host != NULL ? host : "");
}

/**
 * bp_http_call_refuse:
 * @self: a call
 * @code: why it is refused
 * @detail: (nullable): for a person
 *
 * The first reason counts.
 */
void
bp_http_call_refuse (BpHttpCall   *self,
                     BpProblemCode code,
                     const char   *detail)
{
  if (self->refusal == NULL)
    self->refusal = bp_problem_new (code, detail);
}

static gboolean
is_json (SoupMessageHeaders *headers)
{
  g_autoptr (GHashTable) parameters = NULL;
  const char *type = soup_message_headers_get_content_type (headers, &parameters);
  const char *charset = parameters != NULL ? g_hash_table_lookup (parameters, "charset") : NULL;

  return type != NULL && g_ascii_strcasecmp (type, "application/json") == 0
         && (charset == NULL || g_ascii_strcasecmp (charset, "utf-8") == 0);
}

static void
check_body_headers (BpHttpCall         *self,
                    SoupMessageHeaders *headers)
{
  const char *encoding = soup_message_headers_get_one (headers, "Content-Encoding");
  gboolean is_plain = encoding == NULL || g_ascii_strcasecmp (encoding, "identity") == 0;

  if (soup_message_headers_get_one (headers, "Transfer-Encoding") != NULL
      && soup_message_headers_get_one (headers, "Content-Length") != NULL)
    bp_http_call_refuse (self, BP_PROBLEM_MALFORMED, "Two lengths of one body");
  self->is_gzip = !is_plain && g_ascii_strcasecmp (encoding, "gzip") == 0;
  if (self->endpoint->takes_file && !is_plain)
    bp_http_call_refuse (self, BP_PROBLEM_UNSUPPORTED_TYPE, "A file is sent as it is");
  if (!self->endpoint->takes_file && (!is_json (headers) || (!is_plain && !self->is_gzip)))
    bp_http_call_refuse (self, BP_PROBLEM_UNSUPPORTED_TYPE,
                         "The body must be application/json in UTF-8, plain or packed with gzip");
  if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH
      && soup_message_headers_get_content_length (headers) > (goffset)self->max_body)
    bp_http_call_refuse (self, BP_PROBLEM_TOO_LARGE, NULL);
}

static gboolean
accepts_gzip (SoupMessageHeaders *headers)
{
  const char *value = soup_message_headers_get_list (headers, "Accept-Encoding");
  GSList *accepted = value != NULL ? soup_header_parse_quality_list (value, NULL) : NULL;
  GSList *found = g_slist_find_custom (accepted, "gzip", (GCompareFunc)g_ascii_strcasecmp);
  gboolean accepts = found != NULL;

  soup_header_free_list (accepted);
  return accepts;
}

static void
count_header (const char *name,
              const char *value,
              gpointer    user_data)
{
  ++*(guint *)user_data;
}

/* What could be read in two ways is not read at all. */
static void
check_form (BpHttpCall         *self,
            SoupMessageHeaders *headers)
{
  static const char *const once[] = { "Content-Length", "Transfer-Encoding", "Host",
                                      "Authorization" };
  guint n_headers = 0;

  soup_message_headers_foreach (headers, count_header, &n_headers);
  if (n_headers > MAX_HEADERS)
    bp_http_call_refuse (self, BP_PROBLEM_MALFORMED, "Too many headers");
  for (guint i = 0; i < G_N_ELEMENTS (once); i++)
    {
      const char *value = soup_message_headers_get_list (headers, once[i]);

      if (value != NULL && strchr (value, ',') != NULL)
        bp_http_call_refuse (self, BP_PROBLEM_MALFORMED, "A header stands there twice");
    }
}

static void
check_headers (BpHttpCall *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->message);
  const char *path = g_uri_get_path (soup_server_message_get_uri (self->message));
  const char *protocol = soup_message_headers_get_list (headers, BP_HEADER_PROTOCOL);

  check_form (self, headers);
  self->endpoint = bp_endpoint_find (soup_server_message_get_method (self->message), path);
  if (self->endpoint == NULL)
    self->allowed = bp_endpoint_list_methods (path);
  if (self->allowed != NULL)
    bp_http_call_refuse (self, BP_PROBLEM_METHOD_NOT_ALLOWED, NULL);
  else if (self->endpoint == NULL)
    bp_http_call_refuse (self, BP_PROBLEM_NOT_FOUND, NULL);
  if (protocol != NULL && g_strcmp0 (protocol, G_STRINGIFY (BP_PROTOCOL_VERSION)) != 0)
    bp_http_call_refuse (self, BP_PROBLEM_UPGRADE_REQUIRED, NULL);

  if (self->endpoint != NULL && self->endpoint->id == BP_ENDPOINT_LIVE
      && !soup_websocket_server_check_handshake (self->message, NULL, NULL, NULL, NULL))
    bp_http_call_refuse (self, BP_PROBLEM_MALFORMED, "This call is a WebSocket's");

  self->max_body = self->endpoint != NULL ? self->endpoint->max_body : 0;
  if (self->endpoint != NULL)
    self->name = bp_endpoint_dup_name (self->endpoint, path);
  if (self->max_body > 0)
    check_body_headers (self, headers);
  self->wants_gzip = accepts_gzip (headers);
}

static void
take_part_headers (BpHttpCall         *self,
                   SoupMessageHeaders *headers)
{
  self->range = g_strdup (soup_message_headers_get_one (headers, "Range"));
  self->if_range = g_strdup (soup_message_headers_get_one (headers, "If-Range"));
  self->if_none_match = g_strdup (soup_message_headers_get_list (headers, "If-None-Match"));
}

/**
 * bp_http_call_new:
 * @message: (transfer none): its headers have been read; must outlive the call
 * @behind_proxy: whether a proxy's word is taken for the client's address
 * @held: (transfer none): counts the bytes that all calls of one thread keep
 *
 * Returns: (transfer full): what the headers ask for, or why it is refused
 */
BpHttpCall *
bp_http_call_new (SoupServerMessage *message,
                  gboolean           behind_proxy,
                  gsize             *held)
{
  BpHttpCall *self = g_new0 (BpHttpCall, 1);

  self->message = message;
  self->held = held;
  self->token = find_token (soup_server_message_get_request_headers (message));
  self->address = find_address (message, behind_proxy);
  self->body = g_byte_array_new ();
  take_part_headers (self, soup_server_message_get_request_headers (message));
  check_headers (self);
  return self;
}

static void
drop_body (BpHttpCall *self)
{
  *self->held -= self->body->len;
  g_byte_array_set_size (self->body, 0);
}

/**
 * bp_http_call_free:
 * @self: (nullable) (transfer full): a call
 */
void
bp_http_call_free (BpHttpCall *self)
{
  if (self == NULL)
    return;

  drop_body (self);
  g_free (self->token);
  g_free (self->address);
  g_free (self->allowed);
  g_free (self->name);
  bp_http_upload_unref (self->upload);
  g_free (self->range);
  g_free (self->if_range);
  g_free (self->if_none_match);
  g_byte_array_unref (self->body);
  bp_problem_free (self->refusal);
  g_free (self);
}

/**
 * bp_http_call_take_chunk:
 * @self: a call
 * @chunk: some bytes of its body, in order
 *
 * Keeps them, unless they are too many or of no use any more.
 */
void
bp_http_call_take_chunk (BpHttpCall *self,
                         GBytes     *chunk)
{
  gsize size = g_bytes_get_size (chunk);

  self->received += size;
  if (self->received > self->max_body && self->max_body > 0)
    bp_http_call_refuse (self, BP_PROBLEM_TOO_LARGE, NULL);
  else if (*self->held + size > HELD_MAX)
    bp_http_call_refuse (self, BP_PROBLEM_UNAVAILABLE, NULL);
  if (self->refusal != NULL || self->max_body == 0)
    {
      drop_body (self);
      return;
    }
  if (self->upload != NULL)
    {
      bp_http_upload_take_chunk (self->upload, chunk);
      return;
    }

  g_byte_array_append (self->body, g_bytes_get_data (chunk, NULL), (guint)size);
  *self->held += size;
}

/**
 * bp_http_call_is_hopeless:
 * @self: a call
 *
 * Returns: whether so much of a body came, or is announced, that reading on
 *   is not worth it
 */
gboolean
bp_http_call_is_hopeless (BpHttpCall *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->message);

  return self->received > DRAIN_MAX
         || (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH
             && soup_message_headers_get_content_length (headers) > DRAIN_MAX);
}

/**
 * bp_http_call_get_lane:
 * @self: a call
 *
 * Returns: (transfer full): what it could wait for: a store by its id, or that
 *   codes are tried one by one; where neither, empty
 */
char *
bp_http_call_get_lane (BpHttpCall *self)
{
  char *store = NULL;

  if (self->endpoint != NULL && self->endpoint->id == BP_ENDPOINT_PAIR)
    return g_strdup ("pair");
  if (self->token != NULL)
    store = bp_token_get_store (self->token);
  return store != NULL ? store : g_strdup ("");
}

static GBytes *
unpack_body (BpHttpCall *self)
{
  g_autoptr (GError) error = NULL;
  GBytes *body;

  if (!self->is_gzip || self->refusal != NULL)
    return g_bytes_new (self->body->data, self->body->len);

  body = bp_gzip_unpack ((const char *)self->body->data, self->body->len,
                         MIN (self->max_body * UNPACKED_FACTOR, BP_MAX_UNPACKED), &error);
  if (body != NULL)
    return body;

  bp_http_call_refuse (self,
                       error->code == BP_DATA_ERROR_TOO_LARGE ? BP_PROBLEM_TOO_LARGE
                                                              : BP_PROBLEM_MALFORMED,
                       error->message);
  return g_bytes_new (NULL, 0);
}

static const char *
find_query (BpHttpCall *self,
            gsize      *length)
{
  const char *query = g_uri_get_query (soup_server_message_get_uri (self->message));

  *length = query != NULL ? strlen (query) : 0;
  return query;
}

/**
 * bp_http_call_answer:
 * @self: a call whose body is there
 * @backend: not in a transaction
 * @clock: time and randomness
 * @spool: (nullable) (transfer none): where files are made
 *
 * Blocks; on the backend's thread.
 *
 * Returns: (transfer full): the answer
 */
BpReply *
bp_http_call_answer (BpHttpCall *self,
                     BpBackend  *backend,
                     BpClock    *clock,
                     BpSpool    *spool)
{
  g_autoptr (GBytes) body = unpack_body (self);
  BpCall call = { .token = self->token, .name = self->name, .spool = spool };

  if (self->upload != NULL && self->refusal == NULL)
    call.upload = bp_http_upload_finish (self->upload, &self->refusal);
  call.refusal = self->refusal;
  call.accepts_gzip = self->wants_gzip;
  call.if_range = self->range != NULL ? self->if_range : NULL;
  call.body = g_bytes_get_data (body, &call.length);
  if (self->max_body == 0)
    call.body = find_query (self, &call.length);
  if (call.body == NULL)
    call.body = "";
  /* What is not ours, or wrongly asked for, is so whoever asks. */
  call.endpoint = self->endpoint != NULL
                  && (self->refusal == NULL
                      || (self->refusal->code != BP_PROBLEM_METHOD_NOT_ALLOWED
                          && self->refusal->code != BP_PROBLEM_UPGRADE_REQUIRED))
                    ? self->endpoint->id
                    : BP_ENDPOINT_INFO;
  return bp_rules_answer (backend, clock, &call);
}
