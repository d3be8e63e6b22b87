/* New books of what can be read of damaged ones. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void bp_repair_async (const char         *folder,
                      GAsyncReadyCallback callback,
                      gpointer            user_data);
char *bp_repair_finish (GAsyncResult *result,
                        GError      **error);

G_END_DECLS
