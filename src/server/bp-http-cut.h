/* Refusing a body that is still on its way. */
#pragma once

#include <libsoup/soup.h>

#include "bp-problem.h"

G_BEGIN_DECLS

void bp_http_cut_off (SoupServerMessage *message,
                      const BpProblem   *problem);

G_END_DECLS
