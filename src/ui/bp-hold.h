#pragma once

#include <glib.h>

G_BEGIN_DECLS

void bp_hold_application (gboolean hold);

G_END_DECLS
