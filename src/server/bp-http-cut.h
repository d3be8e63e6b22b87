/* Refusing a body that is still on its way. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

void bp_http_cut_off (SoupServerMessage *message);

G_END_DECLS
