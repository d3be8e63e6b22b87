/* What names the server's own types, kept apart from the device's. */
#pragma once

#include "bp-clock.h"

G_BEGIN_DECLS

GPtrArray *sim_server_find_faults (const char *path);
void sim_server_forget_deletions (const char *path,
                                  BpClock    *clock);

G_END_DECLS
