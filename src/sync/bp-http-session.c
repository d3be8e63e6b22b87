#include "config.h"

#include "bp-http-session.h"

#include <string.h>

#include "bp-limits.h"
#include "bp-transport.h"

static gboolean
is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  if (address != NULL)
    return g_inet_address_get_is_loopback (address);
  return g_ascii_strcasecmp (host, "localhost") == 0;
}

/**
 * bp_http_check_address:
 * @url: `https://HOST[:PORT][/PATH]`; `http` only to this machine itself
 * @error: %BP_SYNC_ERROR_REFUSED where @url is not that
 *
 * Returns: whether a token may be sent there
 */
gboolean
bp_http_check_address (const char *url,
                       GError    **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0'
      || g_uri_get_userinfo (uri) != NULL || g_uri_get_query (uri) != NULL
      || g_uri_get_fragment (uri) != NULL
      || (strcmp (g_uri_get_scheme (uri), "https") != 0
          && strcmp (g_uri_get_scheme (uri), "http") != 0))
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED,
                   "“%s” is not the address of a server, such as https://shop.example", url);
      return FALSE;
    }
  if (strcmp (g_uri_get_scheme (uri), "http") == 0 && !is_loopback (g_uri_get_host (uri)))
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED,
                   "“%s” is not safe: use https", url);
      return FALSE;
    }

  return TRUE;
}

/**
 * bp_http_make_address:
 * @url: of a server, with or without slashes at its end
 * @path: of a call
 *
 * Returns: (transfer full): the address of the call
 */
char *
bp_http_make_address (const char *url,
                      const char *path)
{
  gsize length = strlen (url);

  while (length > 0 && url[length - 1] == '/')
    length--;
  return g_strdup_printf ("%.*s%s", (int)length, url, path);
}

/**
 * bp_http_session_new:
 * @trusted: (nullable): whose certificates are taken, instead of the system's
 *   authorities
 *
 * Returns: (transfer full): a session that adds, unpacks and tries nothing by
 *   itself
 */
SoupSession *
bp_http_session_new (GTlsDatabase *trusted)
{
  SoupSession *session = soup_session_new_with_options ("user-agent", "BizPulse/" PACKAGE_VERSION,
                                                        "timeout", 0,
                                                        "max-conns-per-host", 1,
                                                        NULL);

  if (trusted != NULL)
    soup_session_set_tls_database (session, trusted);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_MANAGER);
  return session;
}

/**
 * bp_http_prepare_message:
 * @message: a request to an address that was checked
 * @token: (nullable): the device's bearer token
 *
 * Shows who asks, in `Authorization` only, and follows no redirect.
 */
void
bp_http_prepare_message (SoupMessage *message,
                         const char  *token)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_set_flags (message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT
                          | SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE);
  soup_message_headers_replace (headers, BP_HEADER_PROTOCOL, G_STRINGIFY (BP_PROTOCOL_VERSION));
  if (token != NULL)
    {
      g_autofree char *bearer = g_strconcat ("Bearer ", token, NULL);

      soup_message_headers_replace (headers, "Authorization", bearer);
    }
}

/**
 * bp_http_describe_tls:
 * @message: a request that was not sent because of the server's certificate
 *
 * Returns: (transfer full) (nullable): for a person, what is wrong with the
 *   certificate; %NULL where that is not what went wrong
 */
char *
bp_http_describe_tls (SoupMessage *message)
{
  GTlsCertificateFlags flags = soup_message_get_tls_peer_certificate_errors (message);
  const char *host = g_uri_get_host (soup_message_get_uri (message));

  if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return g_strdup ("nobody this device trusts has signed the server's certificate");
  if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return g_strdup_printf ("the server's certificate is not for %s", host);
  if (flags & G_TLS_CERTIFICATE_EXPIRED)
    return g_strdup ("the server's certificate has expired");
  if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return g_strdup ("the server's certificate is not valid yet: is the clock right?");
  if (flags & G_TLS_CERTIFICATE_REVOKED)
    return g_strdup ("the server's certificate was revoked");

  return flags != 0 ? g_strdup ("the server's certificate is not safe") : NULL;
}
