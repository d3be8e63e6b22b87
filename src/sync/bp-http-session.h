/* What every connection to a server has in common: where it may go, and what
 * it shows. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

gboolean bp_http_check_address (const char *url,
                                GError    **error);
char *bp_http_make_address (const char *url,
                            const char *path);
SoupSession *bp_http_session_new (GTlsDatabase *trusted);
void bp_http_prepare_message (SoupMessage *message,
                              const char  *token);
char *bp_http_describe_tls (SoupMessage *message);

G_END_DECLS
